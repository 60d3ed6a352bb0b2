use std::fmt;

/// The permission bits of a slot's file: 16 bits on disk, octal text in the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMode(u16);

/// A permission text that is not octal, or asks for more than 0777.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`permissions` must be octal text from 0000 to 0777, found `{found}`")]
pub struct ModeError {
    found: String,
}

impl FileMode {
    /// What a slot without permissions gets: 0600.
    pub const DEFAULT: Self = Self(0o600);

    /// Takes the bits as stored.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The bits as stored, set-id bits included.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The mode to give a file: without set-id and sticky bits, 0600 for zero (section 5.7).
    pub const fn effective(self) -> u32 {
        match self.0 & 0o777 {
            0 => 0o600,
            bits => bits as u32,
        }
    }

    /// Reads octal text as a builder accepts it: `644`, `0644`, `0o644`; never more than 0777.
    pub fn parse(text: &str) -> Result<Self, ModeError> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
        match u16::from_str_radix(digits, 8) {
            Ok(bits) if plain && bits <= 0o777 => Ok(Self(bits)),
            _ => Err(ModeError {
                found: text.chars().take(40).collect(),
            }),
        }
    }
}

impl fmt::Display for FileMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_text() {
        for text in ["755", "0755", "0o755"] {
            assert_eq!(FileMode::parse(text).unwrap().to_string(), "0755");
        }
        for text in ["", "0o", "rwx", "+755", "04755", "1777", "9", "99999999"] {
            let error = FileMode::parse(text).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("`permissions` must be octal text from 0000 to 0777, found `{text}`")
            );
        }
    }

    #[test]
    fn set_id_bits_never_reach_a_file() {
        assert_eq!(FileMode::from_bits(0o4711).effective(), 0o711);
        assert_eq!(FileMode::from_bits(0).effective(), 0o600);
    }
}
