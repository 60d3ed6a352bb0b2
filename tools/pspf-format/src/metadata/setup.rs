use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enumerate {
    /// Directory with placeholders.
    pub path: String,
    /// Pattern with `*` and `?` for the file name.
    #[serde(default = "any_name")]
    pub pattern: String,
}

fn any_name() -> String {
    "*".into()
}

/// As [`SetupCommand`], for `serde` to read the object forms with a known type.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Typed {
    Execute {
        command: String,
    },
    EnumerateAndExecute {
        command: String,
        enumerate: Enumerate,
    },
    WriteFile {
        path: String,
        #[serde(default)]
        content: String,
        #[serde(default)]
        mode: Option<Value>,
    },
    Chmod {
        path: String,
        mode: String,
    },
}

impl<'de> Deserialize<'de> for SetupCommand {
    /// Accepts the objects of both launchers, and a plain string or an object without `type` as the
    /// command that Go makes of it. Another type is refused: Go would run it, Rust would not start.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = match Value::deserialize(deserializer)? {
            Value::String(command) => return Ok(Self::Execute { command }),
            value => value,
        };
        if let Some(object) = value.as_object_mut().filter(|object| !object.contains_key("type")) {
            object.insert("type".into(), "execute".into());
        }
        Ok(match Typed::deserialize(value).map_err(D::Error::custom)? {
            Typed::Execute { command } => Self::Execute { command },
            Typed::EnumerateAndExecute { command, enumerate } => Self::EnumerateAndExecute { command, enumerate },
            Typed::WriteFile { path, content, mode } => {
                let mode = mode
                    .map(|mode| file_mode(&mode))
                    .transpose()
                    .map_err(D::Error::custom)?;
                Self::WriteFile { path, content, mode }
            }
            Typed::Chmod { path, mode } => Self::Chmod { path, mode },
        })
    }
}

/// A mode is a number in Go's form, octal text in ours.
fn file_mode(value: &Value) -> Result<u32, String> {
    let bits = match value {
        Value::Number(number) => number.as_u64().and_then(|bits| u32::try_from(bits).ok()),
        Value::String(text) => u32::from_str_radix(text.strip_prefix("0o").unwrap_or(text), 8).ok(),
        _ => None,
    };
    bits.filter(|bits| *bits <= 0o777)
        .ok_or_else(|| format!("expected a file mode from 0 to 0777, found {value}"))
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
