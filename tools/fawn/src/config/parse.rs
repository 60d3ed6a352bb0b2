//! The line format of configuration files.
//!
//! Lines are trimmed; a `\` at the end joins the next line; `#` and `;` start a comment only at the beginning of a line
//! (after a section header also behind ` #`). An included file goes on in the section of the line that includes it.

use super::value::{Origin, Value};
use super::{ConfigError, Includes};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Sections before references are resolved.
pub(super) type Sections = BTreeMap<String, BTreeMap<String, Value>>;

/// Keys that stand before the first section header.
const NO_SECTION: &str = "__unspecified__";

/// Collects values from files; the last one written wins.
pub(super) struct Parser<'a> {
    root: &'a Path,
    includes: Includes,
    sections: Sections,
    section: String,
    open: Vec<PathBuf>,
    /// Files that a line includes, there or not.
    pub(super) included: Vec<PathBuf>,
}

impl<'a> Parser<'a> {
    /// `root` shortens the file names in messages.
    pub(super) fn new(root: &'a Path, includes: Includes) -> Self {
        Self {
            root,
            includes,
            sections: Sections::new(),
            section: NO_SECTION.to_owned(),
            open: Vec::new(),
            included: Vec::new(),
        }
    }

    /// Reads a file that must exist.
    pub(super) fn file(&mut self, path: &Path) -> Result<(), ConfigError> {
        self.section = NO_SECTION.to_owned();
        let text = read(path)?.ok_or_else(|| ConfigError::MissingFile(path.to_owned()))?;
        self.text(path, &text)
    }

    /// Parses the text of the file at `path`.
    pub(super) fn text(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        self.open.push(path.to_owned());
        for (number, line) in logical_lines(text) {
            let name = path.strip_prefix(self.root).unwrap_or(path);
            let at = Origin::File {
                path: name.to_owned(),
                line: number,
            };
            self.line(path, &line, at)?;
        }
        self.open.pop();
        Ok(())
    }

    fn line(&mut self, path: &Path, line: &str, at: Origin) -> Result<(), ConfigError> {
        if let Some(rest) = line.strip_prefix('[') {
            let header = rest.split_once(" #").map_or(rest, |(header, _)| header);
            let Some(section) = header.strip_suffix(']') else {
                return Err(ConfigError::Section {
                    at,
                    line: line.to_owned(),
                });
            };
            section.clone_into(&mut self.section);
            self.sections.entry(self.section.clone()).or_default();
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim(), value.trim());
            if key.is_empty() {
                return Err(ConfigError::EmptyKey {
                    at,
                    line: line.to_owned(),
                });
            }
            let section = self.section.clone();
            self.set(&section, key, Some(Value::new(value, at)));
        } else if let Some((include, optional)) = include(line) {
            if self.includes == Includes::Follow {
                self.include(path, include, optional, at)?;
            }
        } else {
            return Err(ConfigError::Line {
                at,
                line: line.to_owned(),
            });
        }
        Ok(())
    }

    fn include(&mut self, from: &Path, include: &str, optional: bool, at: Origin) -> Result<(), ConfigError> {
        let target = normalize(&from.parent().unwrap_or(Path::new("")).join(include));
        if self.open.contains(&target) {
            return Err(ConfigError::IncludeCycle {
                at,
                path: include.to_owned(),
            });
        }
        self.included.push(target.clone());
        match read(&target)? {
            Some(text) => self.text(&target, &text),
            None if optional => Ok(()),
            None => Err(ConfigError::MissingInclude {
                at,
                path: include.to_owned(),
            }),
        }
    }

    /// Sets a value, or removes it.
    pub(super) fn set(&mut self, section: &str, key: &str, value: Option<Value>) {
        let keys = self.sections.entry(section.to_owned()).or_default();
        match value {
            Some(value) => keys.insert(key.to_owned(), value),
            None => keys.remove(key),
        };
    }

    /// Everything read so far.
    pub(super) fn finish(self) -> Sections {
        self.sections
    }
}

/// `None` when the file does not exist.
fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Trimmed lines with continuations joined, comments and empty lines dropped, numbered from 1.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match lines.last_mut() {
            Some((_, previous)) if previous.ends_with('\\') => {
                previous.pop();
                previous.push_str(line.trim());
            }
            _ => lines.push((index + 1, line.trim().to_owned())),
        }
    }
    lines.retain(|(_, line)| !line.is_empty() && !line.starts_with(['#', ';']));
    lines
}

/// The path of an include line, and whether it may be absent.
fn include(line: &str) -> Option<(&str, bool)> {
    let (rest, optional) = match line.strip_prefix("<?file:") {
        Some(rest) => (rest, true),
        None => (line.strip_prefix("<file:")?, false),
    };
    let path = &rest[..rest.rfind('>')?];
    (!path.is_empty()).then_some((path, optional))
}

/// Takes `.` and `..` out of a path by name, as Buck2 does for includes.
fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn comments_continuations_and_equals_signs() {
        let text = "# c\n; c\n[a] # c\nk = v # part of it\nlong = one \\\n   two\n\n e = x = y\nempty =\n";
        let config = Config::parse("f", text).unwrap();
        let all: Vec<_> = config.section("a").map(|(key, value)| (key, value.as_str())).collect();
        assert_eq!(
            all,
            [
                ("e", "x = y"),
                ("empty", ""),
                ("k", "v # part of it"),
                ("long", "one two")
            ]
        );
        assert_eq!(config.value("a", "e").unwrap().origin().to_string(), "f:8");
    }

    #[test]
    fn an_include_goes_on_in_the_open_section() {
        let world = tempfile::tempdir().unwrap();
        std::fs::create_dir(world.path().join("d")).unwrap();
        std::fs::write(world.path().join("d/more"), "x = 1\n<file:../other>\n[b]\ny = 2\n").unwrap();
        std::fs::write(world.path().join("other"), "o = 3\n").unwrap();
        std::fs::write(world.path().join("main"), "[a]\n<file:d/more>\n<?file:none>\nz = 4\n").unwrap();
        let mut parser = Parser::new(world.path(), Includes::Follow);
        parser.file(&world.path().join("main")).unwrap();
        let sections = parser.finish();
        assert_eq!(sections["a"].keys().collect::<Vec<_>>(), ["o", "x"]);
        assert_eq!(sections["b"].keys().collect::<Vec<_>>(), ["y", "z"]);
        assert_eq!(sections["a"]["x"].origin().to_string(), "d/more:1");
    }

    #[test]
    fn every_refusal_names_the_line() {
        let cases = [
            ("[a\n", "f:1: expected `[section]`, found `[a`; close the bracket"),
            ("[a]\n= v\n", "f:2: expected `key = value`, found no key in `= v`"),
            (
                "[a]\nword\n",
                "f:2: expected `[section]`, `key = value` or `<file:path>`, found `word`",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(Config::parse("f", text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn includes_that_fail() {
        let world = tempfile::tempdir().unwrap();
        std::fs::write(world.path().join("a"), "<file:b>\n").unwrap();
        let attempt = || {
            let mut parser = Parser::new(world.path(), Includes::Follow);
            parser.file(&world.path().join("a")).unwrap_err().to_string()
        };
        assert_eq!(
            attempt(),
            "a:1: included file `b` does not exist; create it, or write `<?file:b>` if it may be absent"
        );
        std::fs::write(world.path().join("b"), "\n<file:a>\n").unwrap();
        assert_eq!(attempt(), "b:2: `a` includes itself");
    }
}
