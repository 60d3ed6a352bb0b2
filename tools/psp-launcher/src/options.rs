//! What the environment asks of the launcher.

use std::ffi::OsString;
use std::path::PathBuf;

use pspf_verify::Level;

/// Which messages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the usual names")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

/// The launcher's own variables; those of cache and policy are read where they are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `FLAVOR_VALIDATION`: the level asked for; the operator's floor may raise it.
    pub level: Level,
    /// `FLAVOR_WORKENV_CACHE`: false unpacks afresh even if an unpacked package is there.
    pub use_cache: bool,
    /// `FLAVOR_EXEC_MODE`: true runs the program as a child.
    pub spawn: bool,
    /// `FLAVOR_LAUNCHER_CLI`: true gives the arguments to the launcher instead of to the program.
    pub cli: bool,
    /// `FLAVOR_LAUNCHER_LOG_LEVEL`, else `FLAVOR_LOG_LEVEL`; errors and warnings by default.
    pub log_level: LogLevel,
    /// The same variables with the value `json`: one JSON object a line.
    pub log_json: bool,
    /// `FLAVOR_LOG_PATH`: a file instead of stderr.
    pub log_path: Option<PathBuf>,
}

impl Options {
    /// Reads the variables through `get`. Values that are not understood mean the default: a start must not fail
    /// because some other program's setting reads differently, and the default is the strict one.
    pub fn read(get: impl Fn(&str) -> Option<OsString>) -> Self {
        let word = |name: &str| {
            let value = get(name)?.to_str()?.trim().to_ascii_lowercase();
            (!value.is_empty()).then_some(value)
        };
        let log = word("FLAVOR_LAUNCHER_LOG_LEVEL").or_else(|| word("FLAVOR_LOG_LEVEL"));
        Options {
            level: word("FLAVOR_VALIDATION")
                .and_then(|word| word.parse().ok())
                .unwrap_or(Level::Strict),
            use_cache: !matches!(word("FLAVOR_WORKENV_CACHE").as_deref(), Some("0" | "false")),
            spawn: word("FLAVOR_EXEC_MODE").as_deref() == Some("spawn"),
            cli: matches!(
                word("FLAVOR_LAUNCHER_CLI").as_deref(),
                Some("1" | "true" | "yes" | "on")
            ),
            log_level: log.as_deref().map_or(LogLevel::Warn, log_level),
            log_json: log.as_deref() == Some("json"),
            log_path: get("FLAVOR_LOG_PATH")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
        }
    }

    /// Reads the variables of this process.
    pub fn of_process() -> Self {
        Self::read(|name| std::env::var_os(name))
    }
}

fn log_level(word: &str) -> LogLevel {
    match word {
        "off" | "none" => LogLevel::Off,
        "error" | "critical" | "fatal" => LogLevel::Error,
        "info" | "json" => LogLevel::Info,
        "debug" | "trace" => LogLevel::Debug,
        _ => LogLevel::Warn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Options {
        Options::read(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        })
    }

    #[test]
    fn defaults_are_strict_and_quiet() {
        let options = read(&[]);
        assert_eq!(options.level, Level::Strict);
        assert!(options.use_cache && !options.spawn && !options.cli && !options.log_json);
        assert_eq!((options.log_level, options.log_path), (LogLevel::Warn, None));
    }

    #[test]
    fn words_in_any_case() {
        let options = read(&[
            ("FLAVOR_VALIDATION", "Relaxed"),
            ("FLAVOR_WORKENV_CACHE", "FALSE"),
            ("FLAVOR_EXEC_MODE", "spawn"),
            ("FLAVOR_LAUNCHER_CLI", "1"),
            ("FLAVOR_LOG_LEVEL", "error"),
            ("FLAVOR_LAUNCHER_LOG_LEVEL", "json"),
        ]);
        assert_eq!(options.level, Level::Relaxed);
        assert!(!options.use_cache && options.spawn && options.cli && options.log_json);
        assert_eq!(options.log_level, LogLevel::Info);
    }

    #[test]
    fn what_is_not_understood_means_the_default() {
        let odd = [
            ("FLAVOR_VALIDATION", "lax"),
            ("FLAVOR_EXEC_MODE", "x"),
            ("FLAVOR_LOG_LEVEL", "loud"),
        ];
        assert_eq!(read(&odd), read(&[]));
        assert_eq!(read(&[("FLAVOR_VALIDATION", "")]).level, Level::Strict);
    }
}
