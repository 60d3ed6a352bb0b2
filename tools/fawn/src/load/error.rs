//! Errors of the interpreter as errors for people.

use anyhow::Error;
use starlark::ErrorKind;
use starlark::values::FreezeError;

/// The message of an evaluation error, with the place and the way there.
pub(crate) fn starlark_error(error: starlark::Error) -> Error {
    let location = error.span().map(|span| {
        let place = span.resolve_span();
        format!("{}:{}", span.filename(), place.begin.line + 1)
    });
    let report = format!("{error}");
    let message = match error.kind() {
        // These carry a chain of contexts, of which the interpreter shows only the first.
        ErrorKind::Other(inner) | ErrorKind::Native(inner) | ErrorKind::Value(inner) => format!("{inner:#}"),
        _ => error.without_diagnostic().to_string(),
    };
    let message = message.trim_end();
    match location {
        // First the sentence, then what the interpreter has to show: call stack, line and caret.
        Some(location) => Error::msg(format!("{location}: {message}{}", snippet(&report))),
        None => Error::msg(message.to_owned()),
    }
}

/// The part of the interpreter's report that shows the source: the calls that led there, and the line with a caret.
fn snippet(report: &str) -> String {
    let shown = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("* ")
            || line.starts_with("--> ")
            || line.starts_with('|')
            || line.starts_with(|c: char| c.is_ascii_digit())
    };
    let lines = report
        .lines()
        .skip_while(|line| !line.starts_with("Traceback") && !line.trim_start().starts_with("-->"));
    let lines: Vec<_> = lines.filter(shown).collect();
    lines.iter().map(|line| format!("\n  {}", line.trim_end())).collect()
}

/// The message of a failure at the end of a file or rule, where values become constant.
pub(crate) fn freeze_error(error: FreezeError) -> Error {
    Error::msg(error.err_msg)
}
