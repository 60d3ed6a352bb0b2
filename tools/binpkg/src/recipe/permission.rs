use std::fmt;

use serde::{Deserialize, Serialize};

use crate::manifest::{Grants, PathError, PayloadPath};

/// One line of the permission list (section 4.2): what a payload entry gets beyond the executable bit.
///
/// Set-id bits, owners and capabilities come from here and nowhere else: stores keep only the executable bit, so what lies
/// on the disk is neither complete nor reproducible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// Path relative to the package's own directory.
    pub path: String,
    /// Mode in four octal digits; by default what the executable bit says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// File capabilities in text form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<String>,
    /// A protected configuration file.
    #[serde(default, skip_serializing_if = "is_false")]
    pub config: bool,
    /// Numeric group.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gid: u32,
    /// Group by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Numeric owner.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uid: u32,
    /// Owner by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl Permission {
    /// The path, checked.
    ///
    /// # Errors
    /// A path that may not stand in a package.
    pub fn payload_path(&self) -> Result<PayloadPath, PathError> {
        PayloadPath::new(self.path.as_bytes())
    }

    /// The extra fields of the manifest line.
    pub fn grants(&self) -> Grants {
        let Self {
            cap,
            config,
            gid,
            group,
            uid,
            user,
            ..
        } = self.clone();
        Grants {
            cap,
            config,
            gid,
            group,
            uid,
            user,
        }
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// Permission bits, written as four octal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mode(u32);

/// A text that is no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a mode of four octal digits such as `4755`, found `{}`", found.escape_debug())]
pub struct ModeError {
    found: String,
}

impl Mode {
    /// The bits.
    pub fn bits(self) -> u32 {
        self.0
    }
}

impl TryFrom<String> for Mode {
    type Error = ModeError;

    fn try_from(text: String) -> Result<Self, ModeError> {
        let octal = text.len() == 4 && text.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
        match u32::from_str_radix(&text, 8) {
            Ok(bits) if octal => Ok(Self(bits)),
            _ => Err(ModeError { found: text }),
        }
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> Self {
        mode.to_string()
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_leave_no_trace() {
        let text = r#"{"path":"usr/bin/su","mode":"4755"}"#;
        let permission: Permission = serde_json::from_str(text).unwrap();
        assert_eq!(permission.mode.unwrap().bits(), 0o4755);
        assert_eq!(permission.grants(), Grants::default());
        assert_eq!(serde_json::to_string(&permission).unwrap(), text);
    }

    #[test]
    fn refused_modes_and_keys() {
        for mode in ["755", "+755", "0955", "47555", ""] {
            let text = format!(r#"{{"path":"x","mode":"{mode}"}}"#);
            let error = serde_json::from_str::<Permission>(&text).unwrap_err().to_string();
            assert!(error.contains("four octal digits"), "{error}");
        }
        let error = serde_json::from_str::<Permission>(r#"{"path":"x","owner":"root"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `owner`"), "{error}");
    }
}
