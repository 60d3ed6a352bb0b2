use serde::Serialize;
use serde::de::Error as _;
use serde_json::{Error, Value};

use crate::json::{Fields, FromJson, deserialize_from_json, unknown};
use crate::strict_json;

/// One command that runs once after extraction (section 5.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SetupCommand {
    /// Runs a program.
    Execute {
        /// Words with placeholders.
        command: String,
    },
    /// Runs a program once for each file that matches.
    EnumerateAndExecute {
        /// Words with placeholders; the path is appended as one more word.
        command: String,
        /// Which files.
        enumerate: Enumerate,
    },
    /// Writes a file of the extracted tree.
    WriteFile {
        /// Path with placeholders.
        path: String,
        /// Its content, with placeholders.
        content: String,
        /// Permission bits; the umask decides when missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
    },
    /// Changes permissions of a file, or of the files that match a `*` pattern.
    Chmod {
        /// Path or pattern with placeholders.
        path: String,
        /// Octal text.
        mode: String,
    },
}

/// Files below a directory whose names match a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enumerate {
    /// Directory with placeholders.
    pub path: String,
    /// Pattern with `*` and `?` for the file name.
    pub pattern: String,
}

impl SetupCommand {
    /// Every text that may hold placeholders.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Execute { command } => vec![command],
            Self::EnumerateAndExecute { command, enumerate } => vec![command, &enumerate.path, &enumerate.pattern],
            Self::WriteFile { path, content, .. } => vec![path, content],
            Self::Chmod { path, mode } => vec![path, mode],
        }
    }
}

impl FromJson for Enumerate {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            path: fields.field("path")?,
            pattern: match fields.take("pattern") {
                Some(pattern) => String::from_json(pattern)?,
                None => "*".to_owned(),
            },
        })
    }
}

impl FromJson for SetupCommand {
    /// Accepts the objects of both launchers, and a plain string or an object without `type` as the
    /// command that Go makes of it. Another type is refused: Go would run it, Rust would not start.
    fn from_json(value: Value) -> Result<Self, Error> {
        if let Value::String(command) = value {
            return Ok(Self::Execute { command });
        }
        let mut fields = Fields::of(value)?;
        let kind = match fields.take("type") {
            Some(kind) => String::from_json(kind)?,
            None => "execute".to_owned(),
        };
        Ok(match kind.as_str() {
            "execute" => Self::Execute {
                command: fields.field("command")?,
            },
            "enumerate_and_execute" => Self::EnumerateAndExecute {
                command: fields.field("command")?,
                enumerate: fields.field("enumerate")?,
            },
            "write_file" => Self::WriteFile {
                path: fields.field("path")?,
                content: fields.optional("content")?,
                mode: match fields.take("mode") {
                    None | Some(Value::Null) => None,
                    Some(mode) => Some(file_mode(&mode)?),
                },
            },
            "chmod" => Self::Chmod {
                path: fields.field("path")?,
                mode: fields.field("mode")?,
            },
            other => {
                let known = ["execute", "enumerate_and_execute", "write_file", "chmod"];
                return Err(unknown("variant", other, &known));
            }
        })
    }
}

deserialize_from_json!(SetupCommand);

/// A mode is a number in Go's form, octal text in ours.
fn file_mode(value: &Value) -> Result<u32, Error> {
    let bits = match value {
        Value::Number(number) => number.as_u64().and_then(|bits| u32::try_from(bits).ok()),
        Value::String(text) => u32::from_str_radix(text.strip_prefix("0o").unwrap_or(text), 8).ok(),
        _ => None,
    };
    bits.filter(|bits| *bits <= 0o777).ok_or_else(|| {
        let found = strict_json::write(value);
        Error::custom(format_args!("expected a file mode from 0 to 0777, found {found}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SetupCommand, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn all_forms() {
        let run = SetupCommand::Execute { command: "true".into() };
        assert_eq!(read(r#""true""#), Ok(run.clone()));
        assert_eq!(read(r#"{"command":"true"}"#), Ok(run.clone()));
        assert_eq!(read(r#"{"type":"execute","command":"true"}"#), Ok(run));
        assert_eq!(
            read(r#"{"type":"write_file","path":"p","content":"c","mode":"0640"}"#),
            Ok(SetupCommand::WriteFile {
                path: "p".into(),
                content: "c".into(),
                mode: Some(0o640)
            })
        );
        assert_eq!(
            read(r#"{"type":"enumerate_and_execute","command":"c","enumerate":{"path":"p"}}"#),
            Ok(SetupCommand::EnumerateAndExecute {
                command: "c".into(),
                enumerate: Enumerate {
                    path: "p".into(),
                    pattern: "*".into()
                }
            })
        );
    }

    #[test]
    fn unknown_types_and_modes_are_refused() {
        assert!(
            read(r#"{"type":"sing","command":"x"}"#)
                .unwrap_err()
                .contains("unknown variant `sing`")
        );
        assert!(
            read(r#"{"type":"write_file","path":"p","mode":2541}"#)
                .unwrap_err()
                .contains("0777")
        );
        assert!(read("7").is_err());
    }

    #[test]
    fn written_form_reads_back() {
        let command = SetupCommand::Chmod {
            path: "{workenv}/bin/*".into(),
            mode: "755".into(),
        };
        assert_eq!(read(&serde_json::to_string(&command).unwrap()), Ok(command));
    }
}
