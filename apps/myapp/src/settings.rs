//! The settings file: `key = value` lines, `#` starts a comment.

use std::path::Path;

/// What the settings file says.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// Tables in the order of answers.
    pub tables: Vec<String>,
    /// Answers per word.
    pub limit: usize,
}

impl Settings {
    /// Reads `path`; an unknown key or a bad value is an error that names the line.
    pub fn read(path: &Path) -> Result<Settings, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Settings::parse(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn parse(text: &str) -> Result<Settings, String> {
        let mut settings = Settings {
            tables: Vec::new(),
            limit: 20,
        };
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let at = |what: String| format!("line {}: {what}", index + 1);
            let (key, value) = line
                .split_once('=')
                .ok_or_else(|| at(format!("expected `key = value`, found `{line}`")))?;
            match (key.trim(), value.trim()) {
                ("tables", names) => settings.tables = names.split_whitespace().map(str::to_owned).collect(),
                ("limit", count) => {
                    settings.limit = count
                        .parse()
                        .map_err(|_| at(format!("`limit` must be a whole number, found `{count}`")))?;
                }
                (key, _) => return Err(at(format!("unknown key `{key}`; there are `tables` and `limit`"))),
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_and_comments() {
        let settings = Settings::parse("# tables\ntables = http signal\nlimit = 3 # per word\n").unwrap();
        assert_eq!(
            settings,
            Settings {
                tables: vec!["http".into(), "signal".into()],
                limit: 3
            }
        );
    }

    #[test]
    fn names_the_line_and_what_it_expected() {
        assert_eq!(
            Settings::parse("\nlimit = many").unwrap_err(),
            "line 2: `limit` must be a whole number, found `many`"
        );
        assert_eq!(
            Settings::parse("colour = red").unwrap_err(),
            "line 1: unknown key `colour`; there are `tables` and `limit`"
        );
    }
}
