//! Which files Windows runs, by their names.

/// Endings of programs.
const PROGRAMS: [&str; 2] = ["exe", "com"];

/// Endings of batch files. They are run by the command interpreter, which reads arguments by rules of its own: what is quoted
/// for a program may be a command there.
const BATCHES: [&str; 2] = ["bat", "cmd"];

/// The names of files that `name` may mean, the likeliest first: itself if it ends as programs do, else with each ending.
pub fn candidates(name: &str) -> Vec<String> {
    match ends_with(name, &PROGRAMS) {
        true => vec![name.to_owned()],
        false => PROGRAMS.iter().map(|ending| format!("{name}.{ending}")).collect(),
    }
}

/// Whether the file is a batch file. Dots and blanks at the end are no part of a name.
pub fn is_batch(name: &str) -> bool {
    ends_with(name.trim_end_matches(['.', ' ']), &BATCHES)
}

/// The names of batch files that `name` may mean where it means no program.
pub fn batches(name: &str) -> Vec<String> {
    match is_batch(name) {
        true => vec![name.to_owned()],
        false => BATCHES.iter().map(|ending| format!("{name}.{ending}")).collect(),
    }
}

fn ends_with(name: &str, endings: &[&str]) -> bool {
    let found = name.rsplit_once('.').map(|(_, ending)| ending);
    found.is_some_and(|found| endings.iter().any(|ending| found.eq_ignore_ascii_case(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings() {
        assert_eq!(candidates("tool"), ["tool.exe", "tool.com"]);
        assert_eq!(candidates("tool.EXE"), ["tool.EXE"]);
        assert_eq!(candidates("python3.12"), ["python3.12.exe", "python3.12.com"]);
        assert_eq!(candidates("run.cmd"), ["run.cmd.exe", "run.cmd.com"]);
        assert_eq!(batches("run"), ["run.bat", "run.cmd"]);
    }

    #[test]
    fn batch_files() {
        for name in ["a.bat", "a.CMD", "a.b.cmd", "a.bat.", "a.cmd . "] {
            assert!(is_batch(name), "{name}");
        }
        for name in ["a", "bat", "a.bat.exe", "a.batch", "cmd.exe", ""] {
            assert!(!is_batch(name), "{name}");
        }
    }
}
