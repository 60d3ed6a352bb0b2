use std::fmt;
use std::str::FromStr;

use super::{SecretKey, SignatureLine, SignatureLineError, TrustList, TrustedKey, UntrustedError};

/// What is signed of an index or its root: these bytes, then the file.
const HEAD: &[u8] = b"binpkg-index/1\n";

/// The signatures of `index.json` or `index/root.json`: the file beside it, with `.sig` after its name (section 10.3).
///
/// A reader takes two files, one after the other, while a publisher may replace both. So the signatures of new bytes are put in place
/// *before* these bytes, together with those of the old ones, and stay: at any moment, the signatures cover the file that is there.
/// Only a reader whom two publications overtake between the two files finds none that fits, and reads both once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexSignatures {
    lines: Vec<SignatureLine>,
}

impl IndexSignatures {
    /// The signatures of `new`, which takes the place of the file `old`; of the signatures so far, those of `old` stay.
    pub fn renewed(&self, keys: &[SecretKey], old: Option<&[u8]>, new: &[u8]) -> Self {
        let mut lines: Vec<_> = keys.iter().map(|key| key.sign_index(new)).collect();
        let ours: Vec<_> = keys.iter().map(SecretKey::public).collect();
        let of_old = |line: &&SignatureLine| old.is_some_and(|old| line.signer(&signed_index(old), &ours).is_some());
        let kept: Vec<_> = if self.lines.iter().any(|line| of_old(&line)) {
            self.lines.iter().filter(of_old).collect()
        } else {
            // By keys that are not at hand: which of them are of the old file cannot be seen, so all of them stay this once.
            self.lines.iter().collect()
        };
        for line in kept {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
        Self { lines }
    }

    /// Whether nobody signed.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The trusted key that signed the file.
    ///
    /// # Errors
    /// None did.
    pub fn check<'a>(&self, file: &[u8], trusted: &'a TrustList) -> Result<&'a TrustedKey, UntrustedError> {
        trusted.check_bytes(&signed_index(file), &self.lines)
    }

    /// Whether one of them is this key's, of this file.
    pub fn covers(&self, file: &[u8], key: &SecretKey) -> bool {
        let ours = [key.public()];
        self.lines
            .iter()
            .any(|line| line.signer(&signed_index(file), &ours).is_some())
    }

    /// Who is said to have signed, in order.
    pub fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }
}

/// The bytes of an index or its root that are signed.
pub fn signed_index(file: &[u8]) -> Vec<u8> {
    [HEAD, file].concat()
}

impl FromStr for IndexSignatures {
    type Err = SignatureLineError;

    fn from_str(text: &str) -> Result<Self, SignatureLineError> {
        let lines = text.lines().map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { lines })
    }
}

impl fmt::Display for IndexSignatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    fn trusts(key: &SecretKey) -> TrustList {
        TrustList::parse([key.public().to_string().as_str()]).unwrap()
    }

    #[test]
    fn a_reader_between_two_files_finds_the_signature() {
        let (ours, trusted) = (key(1), trusts(&key(1)));
        let one = IndexSignatures::default().renewed(&[key(1)], None, b"one");
        let two = one.renewed(&[ours], Some(b"one"), b"two");
        for file in [&b"one"[..], b"two"] {
            assert!(two.check(file, &trusted).is_ok());
        }
        assert!(two.check(b"three", &trusted).is_err());
        // Killed before the file was replaced: it is `one` that counts on, not `two`.
        let other = two.renewed(&[key(1)], Some(b"one"), b"three");
        assert_eq!(other.lines().len(), 2);
        assert!(other.check(b"one", &trusted).is_ok() && other.check(b"two", &trusted).is_err());
        // The next one forgets it.
        let next = other.renewed(&[key(1)], Some(b"three"), b"four");
        assert!(next.check(b"one", &trusted).is_err() && next.check(b"three", &trusted).is_ok());
        assert_eq!(next.to_string().parse(), Ok(next));
    }

    #[test]
    fn keys_are_rotated() {
        let (old, new) = (trusts(&key(1)), trusts(&key(2)));
        let one = IndexSignatures::default().renewed(&[key(1)], None, b"one");
        let both = one.renewed(&[key(1), key(2)], Some(b"one"), b"two");
        assert!(both.check(b"two", &old).is_ok() && both.check(b"two", &new).is_ok());
        let alone = one.renewed(&[key(2)], Some(b"one"), b"two");
        assert!(
            alone.check(b"one", &old).is_ok(),
            "whoever reads the old file still can"
        );
        assert!(alone.check(b"two", &old).is_err());
        let later = alone.renewed(&[key(2)], Some(b"two"), b"three");
        assert_eq!(later.lines().len(), 2, "the old key is forgotten");
    }

    #[test]
    fn refused() {
        assert!("139e3940e64b5491".parse::<IndexSignatures>().is_err());
        assert!("".parse::<IndexSignatures>().unwrap().is_empty());
    }
}
