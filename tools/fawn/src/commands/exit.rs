//! How a command ends: the exit codes are Buck2's.

use std::io::ErrorKind;
use std::process::ExitCode;

/// Bad input, or something that did not build.
pub const BAD: u8 = 3;
/// Everything was built, but a test failed.
pub const TESTS_FAILED: u8 = 32;

/// Says what went wrong, and turns the outcome into an exit code.
///
/// A closed pipe is not an error: whoever reads us has read enough.
pub fn finish(outcome: anyhow::Result<u8>) -> ExitCode {
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) if error.chain().any(is_closed_pipe) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("{}", story(&error));
            ExitCode::from(BAD)
        }
    }
}

fn is_closed_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// `fawn: error: …`, and one `caused by:` per source.
pub fn story(error: &anyhow::Error) -> String {
    let mut text = format!("fawn: error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    text
}
