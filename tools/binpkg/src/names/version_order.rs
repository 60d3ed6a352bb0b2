use std::cmp::Ordering;

/// Compares versions as section 2.4 says: for sorting and for "newest", never for identity.
///
/// An optional leading `N:` is an epoch, compared first. The rest is split into `~`, runs of digits and runs of letters;
/// everything else only separates.
pub fn compare_versions(one: &str, two: &str) -> Ordering {
    let (one_epoch, one) = split_epoch(one);
    let (two_epoch, two) = split_epoch(two);
    compare_numbers(one_epoch, two_epoch).then_with(|| compare_tokens(Tokens(one.as_bytes()), Tokens(two.as_bytes())))
}

fn split_epoch(version: &str) -> (&[u8], &str) {
    match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit()) => {
            (epoch.as_bytes(), rest)
        }
        _ => (b"0", version),
    }
}

fn compare_tokens(mut one: Tokens<'_>, mut two: Tokens<'_>) -> Ordering {
    loop {
        let (a, b) = (one.next(), two.next());
        if (a, b) == (Token::End, Token::End) {
            return Ordering::Equal;
        }
        let order = a.compare(b);
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Tilde,
    /// `dev`, `alpha`, `beta`, `pre` or `rc`, by rank.
    Before(usize),
    End,
    Letters(&'a [u8]),
    Digits(&'a [u8]),
}

/// Words that come before the release, in their order.
const BEFORE_RELEASE: [&[u8]; 5] = [b"dev", b"alpha", b"beta", b"pre", b"rc"];

impl Token<'_> {
    fn rank(self) -> usize {
        match self {
            Self::Tilde => 0,
            Self::Before(_) => 1,
            Self::End => 2,
            Self::Letters(_) => 3,
            Self::Digits(_) => 4,
        }
    }

    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Before(one), Self::Before(two)) => one.cmp(&two),
            (Self::Letters(one), Self::Letters(two)) => one.cmp(two),
            (Self::Digits(one), Self::Digits(two)) => compare_numbers(one, two),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// Numbers of any length: without leading zeros the longer one is the larger.
fn compare_numbers(one: &[u8], two: &[u8]) -> Ordering {
    let strip = |digits: &[u8]| digits.iter().take_while(|digit| **digit == b'0').count();
    let (one, two) = (&one[strip(one)..], &two[strip(two)..]);
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

struct Tokens<'a>(&'a [u8]);

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Token<'a> {
        let starts_token = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'~';
        let Some(start) = self.0.iter().position(starts_token) else {
            self.0 = &[];
            return Token::End;
        };
        self.0 = &self.0[start..];
        match self.0[0] {
            b'~' => {
                self.0 = &self.0[1..];
                Token::Tilde
            }
            b'0'..=b'9' => Token::Digits(self.run(u8::is_ascii_digit)),
            _ => {
                let letters = self.run(u8::is_ascii_alphabetic);
                match BEFORE_RELEASE.iter().position(|word| *word == letters) {
                    Some(rank) => Token::Before(rank),
                    None => Token::Letters(letters),
                }
            }
        }
    }

    fn run(&mut self, belongs: fn(&u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|byte| !belongs(byte)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The vector of section 2.4.
    #[test]
    fn ascending() {
        let versions = [
            "1.0~git1",
            "1.0dev1",
            "1.0alpha2",
            "1.0_beta1",
            "1.0-pre1",
            "1.0-rc1",
            "1.0rc2",
            "1.0",
            "1.0a",
            "1.0p1",
            "1.0.1",
            "1.2",
            "2.0",
            "9.1",
            "9.1.0",
            "10.0",
        ];
        for (i, one) in versions.iter().enumerate() {
            for (j, two) in versions.iter().enumerate() {
                assert_eq!(compare_versions(one, two), i.cmp(&j), "{one} {two}");
            }
        }
    }

    #[test]
    fn epochs_and_long_numbers() {
        for (less, more) in [
            ("9.9", "1:0.1"),
            ("2:1", "10:1"),
            ("1.99999999999999999999998", "1.99999999999999999999999"),
            ("x:1", "x:2"),
        ] {
            assert_eq!(compare_versions(less, more), Ordering::Less, "{less} {more}");
        }
        assert_eq!(compare_versions("0:1.01", "1.1"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn it_is_an_order(one in "[0-9a-z.:~-]{0,8}", two in "[0-9a-z.:~-]{0,8}", three in "[0-9a-z.:~-]{0,8}") {
            prop_assert_eq!(compare_versions(&one, &two), compare_versions(&two, &one).reverse());
            if compare_versions(&one, &two).is_le() && compare_versions(&two, &three).is_le() {
                prop_assert!(compare_versions(&one, &three).is_le());
            }
        }
    }
}
