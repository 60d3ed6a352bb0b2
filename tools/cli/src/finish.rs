//! The last words of a command.

use std::io::ErrorKind;
use std::process::ExitCode;

use crate::Exit;
use crate::exit::Coded;

/// Says what went wrong, `tool: error: …` and a `caused by:` line a source, and turns the outcome into an exit code.
///
/// A closed pipe is not an error: whoever reads us has read enough.
pub fn finish(tool: &str, outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    if error.chain().any(is_closed_pipe) {
        return ExitCode::SUCCESS;
    }
    eprint!("{}", story(tool, &error));
    ExitCode::from(exit_of(&error) as u8)
}

fn is_closed_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause
        .downcast_ref::<std::io::Error>()
        .is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
}

fn exit_of(error: &anyhow::Error) -> Exit {
    // Not `chain()`: a `Coded` under a context is found by downcasting, one that is itself a source by walking.
    match error.downcast_ref::<Coded>() {
        Some(coded) => coded.exit,
        None => error
            .chain()
            .find_map(|cause| cause.downcast_ref::<Coded>())
            .map_or(Exit::Failed, |coded| coded.exit),
    }
}

fn story(tool: &str, error: &anyhow::Error) -> String {
    let mut text = format!("{tool}: error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;
    use crate::WithExit;

    fn broken() -> Result<(), std::io::Error> {
        Err(std::io::Error::other("disk on fire"))
    }

    #[test]
    fn tells_each_cause_once() {
        let error = broken().exit(Exit::Conflict).context("cannot write a.psp").unwrap_err();
        assert_eq!(
            story("psp", &error),
            "psp: error: cannot write a.psp\n  caused by: disk on fire\n"
        );
    }

    #[test]
    fn finds_the_code_below_and_above_a_context() {
        assert_eq!(
            exit_of(&broken().exit(Exit::NotFound).context("x").unwrap_err()),
            Exit::NotFound
        );
        assert_eq!(
            exit_of(&broken().context("x").exit(Exit::Locked).unwrap_err()),
            Exit::Locked
        );
        assert_eq!(exit_of(&broken().context("x").unwrap_err()), Exit::Failed);
    }
}
