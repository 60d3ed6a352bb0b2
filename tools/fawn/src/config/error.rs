//! What can be wrong with a configuration.

use super::Origin;
use std::path::PathBuf;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that exists cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A line that is neither a section, nor a key with a value, nor an include.
    #[error("{at}: expected `[section]`, `key = value` or `<file:path>`, found `{line}`")]
    Line {
        /// The line's place.
        at: Origin,
        /// Its text.
        line: String,
    },
    /// A section without its closing bracket.
    #[error("{at}: expected `[section]`, found `{line}`; close the bracket")]
    Section {
        /// The line's place.
        at: Origin,
        /// Its text.
        line: String,
    },
    /// Nothing before the equals sign.
    #[error("{at}: expected `key = value`, found no key in `{line}`")]
    EmptyKey {
        /// The line's place.
        at: Origin,
        /// Its text.
        line: String,
    },
    /// An include without `?` of a file that does not exist.
    #[error("{at}: included file `{path}` does not exist; create it, or write `<?file:{path}>` if it may be absent")]
    MissingInclude {
        /// The include line.
        at: Origin,
        /// The path as written.
        path: String,
    },
    /// Files that include one another.
    #[error("{at}: `{path}` includes itself")]
    IncludeCycle {
        /// The include line.
        at: Origin,
        /// The path as written.
        path: String,
    },
    /// `$(config a.b)` references that lead back to themselves.
    #[error("{at}: `$(config …)` references go in a circle: {}", cycle.join(" -> "))]
    ReferenceCycle {
        /// The first value of the circle.
        at: Origin,
        /// `section.key` of each value, the first one repeated at the end.
        cycle: Vec<String>,
    },
    /// A reference that is not `section.key`.
    #[error("{at}: expected `$(config section.key)`, found `$(config {text})`")]
    Reference {
        /// The value's place.
        at: Origin,
        /// The text of the reference.
        text: String,
    },
    /// A `-c` argument that is not `section.key=value`.
    #[error("command line: expected `-c section.key=value`, found `-c {0}`")]
    Override(String),
    /// A `-c cell//section.key=value` with a cell that does not exist.
    #[error("command line: `-c {argument}` names the cell `{cell}`, which is not in `[cells]`")]
    OverrideCell {
        /// The whole argument.
        argument: String,
        /// The unknown cell.
        cell: String,
    },
    /// An attempt to move cells from the command line.
    #[error("command line: `-c {0}.…` is not allowed; cells are declared in `.buckconfig` only")]
    OverrideCells(String),
    /// `--config-file` names nothing.
    #[error("command line: configuration file {} does not exist", .0.display())]
    MissingFile(PathBuf),
}
