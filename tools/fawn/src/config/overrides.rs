//! `-c section.key=value` and `--config-file`.

use super::ConfigError;
use super::parse::Parser;
use super::value::{Origin, Value};
use std::path::{Path, PathBuf};

/// One argument of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Override {
    /// `-c [cell//]section.key=value`.
    Value {
        /// Root directory of the only cell it is for.
        cell: Option<PathBuf>,
        /// Section name.
        section: String,
        /// Key name.
        key: String,
        /// `None` unsets the key (an empty value was given).
        value: Option<String>,
    },
    /// `--config-file PATH`.
    File(PathBuf),
}

/// The overrides of a command, in order; later ones win.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(pub Vec<Override>);

impl Overrides {
    /// Parses the values of `-c`; `cell_root` gives the directory of a cell by its name.
    ///
    /// # Errors
    /// An argument that is not `section.key=value`, or that names an unknown cell.
    pub fn parse(arguments: &[String], cell_root: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, ConfigError> {
        arguments
            .iter()
            .map(|argument| parse(argument, &cell_root))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(super) fn apply(&self, parser: &mut Parser<'_>, cell: &Path) -> Result<(), ConfigError> {
        for item in &self.0 {
            match item {
                Override::File(path) => parser.file(path)?,
                Override::Value { cell: Some(only), .. } if only != cell => {}
                Override::Value {
                    section, key, value, ..
                } => {
                    let value = value.as_ref().map(|value| Value::new(value, Origin::CommandLine));
                    parser.set(section, key, value);
                }
            }
        }
        Ok(())
    }
}

fn parse(argument: &str, cell_root: &impl Fn(&str) -> Option<PathBuf>) -> Result<Override, ConfigError> {
    let bad = || ConfigError::Override(argument.to_owned());
    let (name, value) = argument.split_once('=').ok_or_else(bad)?;
    let (cell, name) = match name.split_once("//") {
        Some((cell, name)) => {
            let unknown = || ConfigError::OverrideCell {
                argument: argument.to_owned(),
                cell: cell.trim().to_owned(),
            };
            (Some(cell_root(cell.trim()).ok_or_else(unknown)?), name)
        }
        None => (None, name),
    };
    let (section, key) = name.trim_start().split_once('.').ok_or_else(bad)?;
    if section.is_empty()
        || key.is_empty()
        || section.contains(char::is_whitespace)
        || key.contains(char::is_whitespace)
    {
        return Err(bad());
    }
    if ["cells", "repositories"].contains(&section) {
        return Err(ConfigError::OverrideCells(section.to_owned()));
    }
    let value = (!value.is_empty()).then(|| value.to_owned());
    Ok(Override::Value {
        cell,
        section: section.to_owned(),
        key: key.to_owned(),
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(argument: &str) -> String {
        Overrides::parse(&[argument.to_owned()], |_| None)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn whitespace_counts_only_in_values() {
        let parsed = Overrides::parse(&["  a.k= v ".to_owned()], |_| None).unwrap();
        let expected = Override::Value {
            cell: None,
            section: "a".into(),
            key: "k".into(),
            value: Some(" v ".into()),
        };
        assert_eq!(parsed.0, [expected]);
    }

    #[test]
    fn a_cell_narrows_it() {
        let parsed = Overrides::parse(&["lib//a.k=v".to_owned()], |cell| Some(PathBuf::from(cell))).unwrap();
        assert!(matches!(&parsed.0[..], [Override::Value { cell: Some(cell), .. }] if cell == Path::new("lib")));
        assert_eq!(
            message("lib//a.k=v"),
            "command line: `-c lib//a.k=v` names the cell `lib`, which is not in `[cells]`"
        );
    }

    #[test]
    fn refusals() {
        for bad in ["a.k", "k=v", "a.=v", ".k=v", "a. k=v"] {
            assert_eq!(
                message(bad),
                format!("command line: expected `-c section.key=value`, found `-c {bad}`")
            );
        }
        assert!(message("cells.x=y").contains("cells are declared in `.buckconfig` only"));
    }
}
