use std::str::FromStr;

/// How strictly a launcher checks (section 5.3).
///
/// Metadata and slot digests hold at every level. Below [`Level::Standard`], which equals
/// [`Level::Strict`], a wrong signature, seal, fingerprint or package size is a warning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// FlavorPack's `none`.
    None,
    /// FlavorPack's `minimal`.
    Minimal,
    /// FlavorPack's `relaxed`.
    Relaxed,
    /// Equal to strict.
    Standard,
    /// Every check refuses.
    #[default]
    Strict,
}

impl Level {
    /// True when a wrong signature, seal, fingerprint or package size refuses.
    pub fn enforces_signature(self) -> bool {
        self >= Self::Standard
    }
}

impl FromStr for Level {
    type Err = String;

    /// Reads FlavorPack's words, whatever their case. What to do with another word is the caller's
    /// choice; a launcher takes it as strict.
    fn from_str(word: &str) -> Result<Self, String> {
        match word.to_ascii_lowercase().as_str() {
            "strict" => Ok(Self::Strict),
            "standard" => Ok(Self::Standard),
            "relaxed" => Ok(Self::Relaxed),
            "minimal" => Ok(Self::Minimal),
            "none" => Ok(Self::None),
            _ => Err(format!(
                "expected a validation level (strict, standard, relaxed, minimal, none), found `{word}`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_any_case() {
        assert_eq!("RELAXED".parse(), Ok(Level::Relaxed));
        assert!("lax".parse::<Level>().is_err());
        assert!(Level::Standard.enforces_signature() && !Level::Relaxed.enforces_signature());
    }
}
