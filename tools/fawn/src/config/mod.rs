//! Configuration files: `.buckconfig`, its companions, and `-c` on the command line.
//!
//! The format and the order of files are Buck2's. Later files win over earlier ones, the command line over all:
//! `/etc/buckconfig.d`, `/etc/buckconfig`, `~/.buckconfig.d`, `~/.buckconfig.local`, then in the cell `.buckconfig.d`,
//! `.buckconfig`, `.buckconfig.local`.

mod error;
mod overrides;
mod parse;
mod resolve;
mod sources;
mod value;

pub use error::ConfigError;
pub use overrides::{Override, Overrides};
pub use value::{Origin, Value};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Whether `<file:…>` lines are obeyed. Buck2 finds the cells without them and everything else with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Includes {
    /// Read included files.
    Follow,
    /// Step over the lines.
    Ignore,
}

/// The configuration of one cell: sections of keys, references resolved.
#[derive(Clone, Debug, Default)]
pub struct Config {
    sections: BTreeMap<String, BTreeMap<String, Value>>,
    looked: Vec<PathBuf>,
}

impl Config {
    /// Reads the configuration of the cell in the directory `cell` (below `root`, or `root` itself for the root cell).
    ///
    /// # Errors
    /// A file that cannot be read or parsed, a missing include, a cycle of references, or an override of `[cells]`.
    pub fn load(root: &Path, cell: &Path, overrides: &Overrides, includes: Includes) -> Result<Self, ConfigError> {
        let mut parser = parse::Parser::new(root, includes);
        let mut sources = sources::Sources::find(cell)?;
        for file in &sources.files {
            parser.file(file)?;
        }
        overrides.apply(&mut parser, cell)?;
        sources.looked.append(&mut parser.included);
        Ok(Self {
            sections: resolve::resolve(parser.finish())?,
            looked: sources.looked,
        })
    }

    /// Parses a text that is no file of a project, such as the configuration inside the bundled prelude.
    ///
    /// # Errors
    /// The same as [`Config::load`]; `name` stands for the file in the message.
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let mut parser = parse::Parser::new(Path::new(""), Includes::Ignore);
        parser.text(Path::new(name), text)?;
        Ok(Self {
            sections: resolve::resolve(parser.finish())?,
            looked: Vec::new(),
        })
    }

    /// Where its files are, or might have been.
    pub fn looked(&self) -> &[PathBuf] {
        &self.looked
    }

    /// The value of a key, references resolved.
    pub fn get(&self, section: &str, key: &str) -> Option<&str> {
        self.value(section, key).map(Value::as_str)
    }

    /// The value of a key with the place it came from.
    pub fn value(&self, section: &str, key: &str) -> Option<&Value> {
        self.sections.get(section)?.get(key)
    }

    /// The keys of a section in alphabetical order; none when the section does not exist.
    pub fn section(&self, section: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.sections
            .get(section)
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value))
    }

    /// Whether the section exists, be it empty.
    pub fn has_section(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    /// All section names in alphabetical order.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_files_win_and_sections_are_joined() {
        let world = tempfile::tempdir().unwrap();
        std::fs::write(world.path().join(".buckconfig"), "[a]\nx = 1\ny = 2\n").unwrap();
        std::fs::write(world.path().join(".buckconfig.local"), "[a]\ny = 3\n").unwrap();
        std::fs::create_dir(world.path().join(".buckconfig.d")).unwrap();
        std::fs::write(world.path().join(".buckconfig.d/one"), "[a]\nx = 0\nz = 4\n").unwrap();
        let config = Config::load(world.path(), world.path(), &Overrides::default(), Includes::Follow).unwrap();
        let all: Vec<_> = config.section("a").map(|(key, value)| (key, value.as_str())).collect();
        assert_eq!(all, [("x", "1"), ("y", "3"), ("z", "4")]);
        assert_eq!(
            config.value("a", "y").unwrap().origin().to_string(),
            ".buckconfig.local:2"
        );
    }

    #[test]
    fn command_line_wins_and_an_empty_value_unsets() {
        let world = tempfile::tempdir().unwrap();
        std::fs::write(world.path().join(".buckconfig"), "[a]\nx = 1\ny = 2\n").unwrap();
        let overrides = Overrides::parse(&["a.x=7".into(), "a.y=".into()], |_| None).unwrap();
        let config = Config::load(world.path(), world.path(), &overrides, Includes::Follow).unwrap();
        assert_eq!(config.get("a", "x"), Some("7"));
        assert_eq!(config.get("a", "y"), None);
        assert_eq!(config.value("a", "x").unwrap().origin(), &Origin::CommandLine);
    }
}
