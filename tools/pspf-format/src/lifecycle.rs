/// When a slot is needed (section 1.5). Launchers extract all of them; only attestation differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the format's words and say all there is")]
pub enum Lifecycle {
    Init = 0,
    Startup = 1,
    Runtime = 2,
    Shutdown = 3,
    Cache = 4,
    Temporary = 5,
    Lazy = 6,
    Eager = 7,
    Dev = 8,
    Config = 9,
    Platform = 10,
    Attestation = 11,
}

impl Lifecycle {
    /// Every lifecycle with its word, by code.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::Init, "init"),
        (Self::Startup, "startup"),
        (Self::Runtime, "runtime"),
        (Self::Shutdown, "shutdown"),
        (Self::Cache, "cache"),
        (Self::Temporary, "temporary"),
        (Self::Lazy, "lazy"),
        (Self::Eager, "eager"),
        (Self::Dev, "dev"),
        (Self::Config, "config"),
        (Self::Platform, "platform"),
        (Self::Attestation, "attestation"),
    ];

    /// The lifecycle of a word in the JSON; `None` for a word outside the list.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(lifecycle, _)| *lifecycle)
    }

    /// The word in the JSON.
    pub fn word(self) -> &'static str {
        Self::ALL[usize::from(self as u8)].1
    }

    /// The byte in the descriptor.
    pub fn code(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_positions() {
        for (position, (lifecycle, word)) in Lifecycle::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(lifecycle.code()), position);
            assert_eq!(Lifecycle::from_word(word), Some(lifecycle));
            assert_eq!(lifecycle.word(), word);
        }
        assert_eq!(Lifecycle::from_word("forever"), None);
    }
}
