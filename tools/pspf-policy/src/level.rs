use std::fmt;
use std::str::FromStr;

/// How much of the verification may turn out wrong before a package is refused (`FLAVOR_VALIDATION`).
///
/// The digests of metadata and slots are enforced at every level; there is nothing below them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(
    missing_docs,
    reason = "the names are FlavorPack's; the text above says what they mean"
)]
pub enum Level {
    None,
    Minimal,
    Relaxed,
    Standard,
    #[default]
    Strict,
}

impl Level {
    const ALL: [(Level, &'static str); 5] = [
        (Level::None, "none"),
        (Level::Minimal, "minimal"),
        (Level::Relaxed, "relaxed"),
        (Level::Standard, "standard"),
        (Level::Strict, "strict"),
    ];

    /// True when a wrong signature, fingerprint or size refuses the package; below, it warns.
    pub fn refuses_all(self) -> bool {
        self >= Level::Standard
    }

    /// The level that a value of `FLAVOR_VALIDATION` asks for: any case, and strict for what is unknown.
    pub fn of_variable(value: Option<&str>) -> Self {
        value
            .and_then(|text| text.to_ascii_lowercase().parse().ok())
            .unwrap_or_default()
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Level::ALL.into_iter().find(|(_, name)| *name == text);
        let level = known.map(|(level, _)| level);
        level.ok_or_else(|| format!("expected one of strict, standard, relaxed, minimal, none, found `{text}`"))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) = Level::ALL[*self as usize];
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_variable() {
        for (level, name) in Level::ALL {
            assert_eq!(Level::of_variable(Some(&name.to_uppercase())), level);
            assert_eq!(level.to_string(), name);
        }
        assert_eq!(Level::of_variable(None), Level::Strict);
        assert_eq!(Level::of_variable(Some("")), Level::Strict);
        assert_eq!(Level::of_variable(Some("lax")), Level::Strict);
    }

    #[test]
    fn standard_is_strict_and_relaxed_is_not() {
        assert!(Level::Standard.refuses_all() && Level::Strict.refuses_all());
        assert!(!Level::Relaxed.refuses_all());
    }
}
