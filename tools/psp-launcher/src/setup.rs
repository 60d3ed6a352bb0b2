//! Setup commands: what a package wants done once, after it was unpacked and before it first runs.
//!
//! They run in the workenv's final place, in order, in the caller's directory, with the program's environment, without
//! input. What they print goes to `setup.log` beside the workenv, and into the error when one fails. Programs that they run
//! may do what the user may; the files that they write and the modes that they set by themselves stay in the workenv.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use pspf_format::metadata::SetupCommand;

use crate::environ::Environment;
use crate::failure::{Code, Failure};
use crate::lookup;
use crate::pattern;
use crate::placeholders::Placeholders;
use crate::system::{self, Program, confine};
use crate::target::Target;
use crate::words;

/// How much of a failed command's output is shown.
const SHOWN: u64 = 4096;

/// What setup commands run with.
pub struct Setup<'a> {
    /// The placeholders, with the workenv's final place.
    pub fill: &'a Placeholders<'a>,
    /// The program's environment.
    pub environment: &'a Environment,
    /// Where output goes.
    pub log: &'a Path,
}

impl Setup<'_> {
    /// Runs all commands.
    ///
    /// # Errors
    /// The first that fails: exit code 104, or 103 for a path outside of the workenv.
    pub fn run(&self, commands: &[SetupCommand]) -> Result<(), Failure> {
        for (number, command) in commands.iter().enumerate() {
            self.one(command).map_err(|failure| Failure {
                message: format!(
                    "setup command {} of {}: {}",
                    number + 1,
                    commands.len(),
                    failure.message
                ),
                ..failure
            })?;
        }
        Ok(())
    }

    fn one(&self, command: &SetupCommand) -> Result<(), Failure> {
        match command {
            SetupCommand::Execute { command } => self.execute(command, None),
            SetupCommand::EnumerateAndExecute { command, enumerate } => {
                let directory = PathBuf::from(self.fill.fill(&enumerate.path));
                for path in matching(&directory, enumerate.pattern.as_bytes())? {
                    self.execute(command, Some(path.as_os_str()))?;
                }
                Ok(())
            }
            SetupCommand::WriteFile { path, content, mode } => self.write_file(path, content, *mode),
            SetupCommand::Chmod { path, mode } => self.chmod(path, mode),
        }
    }

    /// Runs a program and waits for it; `last` is appended as one word.
    fn execute(&self, command: &str, last: Option<&OsStr>) -> Result<(), Failure> {
        let words = words::split(command).map_err(|what| Failure::new(Code::Execution, what))?;
        let mut words: Vec<OsString> = words.iter().map(|word| self.fill.fill(word)).collect();
        words.extend(last.map(OsStr::to_owned));
        let failed = |what: String| Failure::new(Code::Execution, format!("`{command}` {what}"));
        let path = lookup::find(&words[0], self.environment.get("PATH"))?;
        let mut log = self.open_log()?;
        let start = log.seek(SeekFrom::End(0)).unwrap_or(0);
        let program = Program::new(&path, words, self.environment)?;
        let status = system::run_logged(&program, &log)?;
        if status.success() {
            Ok(())
        } else {
            Err(failed(format!("failed ({status}){}", self.tail(log, start))))
        }
    }

    fn open_log(&self) -> Result<File, Failure> {
        system::open_log(self.log, true)
            .map_err(|error| Failure::caused(Code::Io, format!("cannot open {}", self.log.display()), &error))
    }

    /// The end of what was printed since `start`.
    fn tail(&self, mut log: File, start: u64) -> String {
        let end = log.seek(SeekFrom::End(0)).unwrap_or(start);
        let mut text = Vec::new();
        let from = start.max(end.saturating_sub(SHOWN));
        let read = log
            .seek(SeekFrom::Start(from))
            .and_then(|_| log.take(SHOWN).read_to_end(&mut text));
        let text = String::from_utf8_lossy(&text);
        match read {
            Ok(_) if !text.trim().is_empty() => format!("; it printed:\n{}", text.trim_end()),
            _ => " and printed nothing".to_owned(),
        }
    }

    fn write_file(&self, path: &str, content: &str, mode: Option<u32>) -> Result<(), Failure> {
        let target = self.inside(path)?;
        let failed = |error: &std::io::Error| {
            Failure::caused(
                Code::Execution,
                format!("cannot write {} in the workenv", target.display()),
                error,
            )
        };
        let mut file = confine::create(self.fill.workenv, &target).map_err(|error| failed(&error))?;
        file.write_all(self.fill.fill(content).as_encoded_bytes())
            .map_err(|error| failed(&error))?;
        system::set_mode(&file, mode.unwrap_or(0o600) & 0o777).map_err(|error| failed(&error))
    }

    fn chmod(&self, path: &str, mode: &str) -> Result<(), Failure> {
        let refuse = |what: String| Failure::new(Code::Execution, format!("chmod of `{path}`: {what}"));
        let bits = pspf_format::FileMode::parse(mode).map_err(|error| refuse(error.to_string()))?;
        let target = self.inside(path)?;
        let (parent, name) = (
            target.parent().unwrap_or(Path::new("")),
            target.file_name().unwrap_or_default(),
        );
        let names = match name.as_encoded_bytes().contains(&b'*') {
            false => vec![name.to_owned()],
            true => {
                // Opened without following links first, so that the listing is of the same directory.
                confine::check_directory(self.fill.workenv, parent).map_err(|error| refuse(error.to_string()))?;
                let files = matching(&self.fill.workenv.join(parent), name.as_encoded_bytes())?;
                files
                    .iter()
                    .filter_map(|file| file.file_name().map(OsStr::to_owned))
                    .collect()
            }
        };
        for name in names {
            let file = confine::open(self.fill.workenv, &parent.join(&name));
            let changed = file.and_then(|file| system::set_mode(&file, u32::from(bits.bits())));
            changed.map_err(|error| refuse(format!("{}: {error}", name.display())))?;
        }
        Ok(())
    }

    /// The path of a file in the workenv, relative to it.
    fn inside(&self, path: &str) -> Result<PathBuf, Failure> {
        let refuse = |what: String| Failure::new(Code::Extraction, what);
        let relative = path
            .strip_prefix("{workenv}")
            .map_or(path, |rest| rest.trim_start_matches('/'));
        let relative = self.fill.fill(relative);
        let text = relative
            .to_str()
            .ok_or_else(|| refuse(format!("`{path}` is no text")))?;
        // A path may also spell the workenv out, as a placeholder inside of another value does.
        let text = match Path::new(text).strip_prefix(self.fill.workenv) {
            Ok(rest) => rest.to_str().unwrap_or(text),
            Err(_) => text,
        };
        Ok(Target::parse(text).map_err(refuse)?.as_path().to_owned())
    }
}

/// The files in `directory` whose names match, in order.
fn matching(directory: &Path, pattern: &[u8]) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::caused(Code::Execution, format!("cannot list {}", directory.display()), error)
    };
    let mut files = Vec::new();
    for file in fs::read_dir(directory).map_err(|error| failed(&error))? {
        let file = file.map_err(|error| failed(&error))?;
        if pattern::matches(pattern, file.file_name().as_encoded_bytes()) {
            files.push(file.path());
        }
    }
    files.sort_unstable();
    Ok(files)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct World {
        _dir: tempfile::TempDir,
        top: PathBuf,
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let top = dir.path().canonicalize().unwrap();
            fs::create_dir(top.join("work env")).unwrap();
            World { _dir: dir, top }
        }

        fn workenv(&self) -> PathBuf {
            self.top.join("work env")
        }

        fn run(&self, commands: serde_json::Value) -> Result<(), Failure> {
            let commands: Vec<SetupCommand> = serde_json::from_value(commands).unwrap();
            let workenv = self.workenv();
            let fill = Placeholders {
                workenv: &workenv,
                name: "app",
                version: "1.0",
                slots: &[],
            };
            let log = self.top.join("setup.log");
            Setup {
                fill: &fill,
                environment: &Environment::of_process(),
                log: &log,
            }
            .run(&commands)
        }
    }

    #[test]
    fn every_kind_of_command() {
        let world = World::new();
        world
            .run(serde_json::json!([
                {"type": "write_file", "path": "{workenv}/a/b c", "content": "{package_name} {version}\n"},
                {"type": "write_file", "path": "a/x.whl", "content": "", "mode": 0o644},
                {"type": "write_file", "path": "a/y.whl", "content": ""},
                {"type": "execute", "command": "/bin/sh -c 'cp \"$1\" \"$2\"' sh '{workenv}/a/b c' {workenv}/copy"},
                {"type": "enumerate_and_execute", "command": "/bin/sh -c 'echo \"$1\"' sh",
                 "enumerate": {"path": "{workenv}/a", "pattern": "*.whl"}},
                {"type": "chmod", "path": "{workenv}/a/*.whl", "mode": "700"},
            ]))
            .unwrap();
        assert_eq!(fs::read_to_string(world.workenv().join("copy")).unwrap(), "app 1.0\n");
        let log = fs::read_to_string(world.top.join("setup.log")).unwrap();
        let paths = ["x", "y"]
            .map(|name| format!("{}/a/{name}.whl\n", world.workenv().display()))
            .concat();
        assert_eq!(log, paths, "one run per match, in order, one word each");
        let mode = |name: &str| fs::metadata(world.workenv().join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("a/x.whl"), mode("a/b c")), (0o700, 0o600));
    }

    #[test]
    fn write_file_and_chmod_stay_in_the_workenv() {
        let world = World::new();
        fs::write(world.top.join("outside"), "kept").unwrap();
        std::os::unix::fs::symlink("..", world.workenv().join("up")).unwrap();
        for path in [
            "../outside",
            "{workenv}/../outside",
            "/etc/x",
            "up/outside",
            "{workenv}",
        ] {
            for command in [
                serde_json::json!([{"type": "write_file", "path": path, "content": "changed"}]),
                serde_json::json!([{"type": "chmod", "path": path, "mode": "777"}]),
            ] {
                assert!(world.run(command).is_err(), "{path}");
            }
        }
        assert_eq!(fs::read_to_string(world.top.join("outside")).unwrap(), "kept");
        assert!(
            world
                .run(serde_json::json!([{"type": "chmod", "path": "x", "mode": "4755"}]))
                .is_err()
        );
    }

    #[test]
    fn a_failure_shows_what_was_printed() {
        let world = World::new();
        let failure = world
            .run(serde_json::json!([{"type": "execute", "command": "/bin/sh -c 'echo because; exit 3'"}]))
            .unwrap_err();
        assert_eq!(failure.code, Code::Execution);
        assert_eq!(
            failure.to_string(),
            "setup command 1 of 1: `/bin/sh -c 'echo because; exit 3'` failed (exit status: 3); it printed:\nbecause"
        );
    }

    #[test]
    fn a_missing_packaged_program_is_not_replaced_by_the_hosts() {
        let world = World::new();
        let failure = world
            .run(serde_json::json!([{"type": "execute", "command": "\"{workenv}/bin/ls\""}]))
            .unwrap_err();
        assert!(
            failure.to_string().contains("work env/bin/ls: No such file"),
            "{failure}"
        );
    }
}
