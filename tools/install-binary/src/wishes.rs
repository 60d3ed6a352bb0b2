//! `--use +flag,-flag,flag=word`: which of several builds is wanted.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use binpkg::recipe::UseValue;

/// Flags and the values that a build must have been made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes(BTreeMap<String, UseValue>);

/// A text that is no wish.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `+flag`, `-flag` or `flag=word`, separated by commas, found `{}`", found.escape_debug())]
pub struct WishError {
    found: String,
}

impl Wishes {
    /// The flags of a build as wishes.
    pub fn of(flags: &BTreeMap<String, UseValue>) -> Self {
        Self(flags.clone())
    }

    /// Whether nothing is wished.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a build with these flags meets all wishes. A flag that it does not know is not met either way: a misspelt wish must
    /// not look like one that came true.
    pub fn are_met_by(&self, flags: &BTreeMap<String, UseValue>) -> bool {
        self.0.iter().all(|(flag, value)| flags.get(flag) == Some(value))
    }

    /// Adds those of a further option; the later one of two about a flag counts.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

impl FromStr for Wishes {
    type Err = WishError;

    fn from_str(text: &str) -> Result<Self, WishError> {
        let wish = |text: &str| -> Option<(String, UseValue)> {
            let (flag, value) = if let Some(flag) = text.strip_prefix('+') {
                (flag, UseValue::Switch(true))
            } else if let Some(flag) = text.strip_prefix('-') {
                (flag, UseValue::Switch(false))
            } else {
                let (flag, word) = text.split_once('=')?;
                (flag, UseValue::Choice(word.to_owned()))
            };
            (!flag.is_empty() && !flag.starts_with(['+', '-'])).then(|| (flag.to_owned(), value))
        };
        let found = |text: &str| WishError {
            found: text.chars().take(80).collect(),
        };
        text.split(',')
            .map(|part| wish(part.trim()).ok_or_else(|| found(part)))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Flags as they are written for `--use`; nothing for none.
pub struct Flags<'a>(pub &'a BTreeMap<String, UseValue>);

impl fmt::Display for Flags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (flag, value)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            match value {
                UseValue::Switch(true) => write!(f, "{comma}+{flag}")?,
                UseValue::Switch(false) => write!(f, "{comma}-{flag}")?,
                UseValue::Choice(word) => write!(f, "{comma}{flag}={word}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Wishes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Flags(&self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(text: &str) -> Wishes {
        text.parse().unwrap()
    }

    #[test]
    fn met_and_not_met() {
        let flags = wishes("+ssl,-nls,tls=openssl");
        for (wish, met) in [
            ("+ssl", true),
            ("-ssl", false),
            ("+ssl, -nls", true),
            ("tls=openssl", true),
            ("tls=rustls", false),
            ("+ssl,+x", false),
            ("-x", false),
        ] {
            assert_eq!(wishes(wish).are_met_by(&flags.0), met, "{wish}");
        }
        assert!(Wishes::default().are_met_by(&flags.0));
        assert_eq!(flags.to_string(), "-nls,+ssl,tls=openssl");
        assert_eq!(flags.to_string().parse(), Ok(flags));
    }

    #[test]
    fn refused() {
        for text in ["", "ssl", "+", "+a,,+b", "=x", "+-a"] {
            assert!(text.parse::<Wishes>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_later_one_counts() {
        let mut all = wishes("+a,+b");
        all.extend(wishes("-b"));
        assert_eq!(all, wishes("+a,-b"));
    }
}
