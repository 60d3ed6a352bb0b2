//! Errors of the interpreter as errors for people.

use anyhow::Error;
use starlark::values::FreezeError;

/// The message of an evaluation error, with the place and the way there.
pub(crate) fn starlark_error(error: starlark::Error) -> Error {
    let location = error.span().map(|span| {
        let place = span.resolve_span();
        format!("{}:{}", span.filename(), place.begin.line + 1)
    });
    let message = format!("{error}");
    let inner = error.without_diagnostic().to_string();
    let inner = inner.trim_end().to_owned();
    match location {
        // First the sentence, then what the interpreter has to show: call stack, line and caret.
        Some(location) => Error::msg(format!("{location}: {inner}\n{}", snippet(&message, &inner))),
        None => Error::msg(inner),
    }
}

/// The interpreter's report without the message that it repeats.
fn snippet(report: &str, message: &str) -> String {
    let lines = report.lines().filter(|line| {
        let bare = line.trim_start_matches("error: ");
        !message.lines().any(|repeated| repeated == bare) || bare.is_empty()
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The message of a failure at the end of a file or rule, where values become constant.
pub(crate) fn freeze_error(error: FreezeError) -> Error {
    Error::msg(error.err_msg)
}
