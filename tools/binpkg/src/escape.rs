//! The escaping of manifests and statements (section 4.1): every field is printable and without a blank.

/// Writes every byte outside `0x21`–`0x7e`, and `%`, as `%XX`.
pub fn escape(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if is_plain(*byte) {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    text
}

/// The bytes that `text` stands for; `None` when [`escape`] would not have written it so. One field has one spelling.
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = if *first == b'%' {
            let [high, low, tail @ ..] = tail else { return None };
            let byte = nibble(*high)? << 4 | nibble(*low)?;
            if is_plain(byte) {
                return None;
            }
            bytes.push(byte);
            tail
        } else {
            if !is_plain(*first) {
                return None;
            }
            bytes.push(*first);
            tail
        };
    }
    Some(bytes)
}

fn is_plain(byte: u8) -> bool {
    (0x21..=0x7e).contains(&byte) && byte != b'%'
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blanks_percent_newlines_and_other_bytes() {
        assert_eq!(escape(b"a b%c.txt"), "a%20b%25c.txt");
        assert_eq!(escape("ü\n\x7f~".as_bytes()), "%C3%BC%0A%7F~");
    }

    #[test]
    fn one_spelling_only() {
        for text in ["%", "%2", "%2g", "%c3", "%41", "a b", "ü", "\n"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(bytes: Vec<u8>) {
            prop_assert_eq!(unescape(&escape(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_has_one_meaning_or_none(text in ".{0,40}") {
            if let Some(bytes) = unescape(&text) {
                prop_assert_eq!(escape(&bytes), text);
            }
        }
    }
}
