//! Command lines of Windows. A program there is started with one text, which it takes apart by itself; nearly all do it by
//! the rules of `CommandLineToArgvW` and of the C runtime, which agree on what is written here.
//!
//! * Blanks and tabs separate arguments, outside of double quotes.
//! * `2n` backslashes before a double quote are `n` backslashes, and the quote opens or closes.
//! * `2n + 1` backslashes before a double quote are `n` backslashes and the quote itself.
//! * Other backslashes stand for themselves.
//! * The name of the program, which comes first, knows no backslashes: it ends at the quote that it began with.

const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;
const BLANK: u16 = b' ' as u16;

/// The longest command line, with the zero at its end.
pub const MAX_LEN: usize = 32_767;

/// Writes `words`, the program's name first, so that the program finds them unchanged. A double quote in the name, which no
/// file has, is left out.
pub fn join(words: &[Vec<u16>]) -> Vec<u16> {
    let mut line = Vec::new();
    if let Some((name, arguments)) = words.split_first() {
        line.push(QUOTE);
        line.extend(name.iter().filter(|unit| **unit != QUOTE));
        line.push(QUOTE);
        for argument in arguments {
            line.push(BLANK);
            push(&mut line, argument);
        }
    }
    line
}

fn push(line: &mut Vec<u16>, argument: &[u16]) {
    let is_plain = |unit: &u16| !matches!(*unit, QUOTE | BLANK | 9..=13);
    if !argument.is_empty() && argument.iter().all(is_plain) {
        line.extend(argument);
        return;
    }
    line.push(QUOTE);
    let mut backslashes = 0;
    for &unit in argument {
        match unit {
            BACKSLASH => backslashes += 1,
            // One for each before it, and one for the quote itself.
            QUOTE => line.extend(std::iter::repeat_n(BACKSLASH, std::mem::take(&mut backslashes) + 1)),
            _ => backslashes = 0,
        }
        line.push(unit);
    }
    // The quote that closes must not be taken for one of the argument.
    line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
    line.push(QUOTE);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Takes a command line apart by the documented rules of `CommandLineToArgvW`. With `doubled` by those of the C
    /// runtime since 2008, where two quotes inside of quotes are one that stands for itself.
    fn split(line: &[u16], doubled: bool) -> Vec<Vec<u16>> {
        let mut units = line.iter().copied().peekable();
        let mut name = Vec::new();
        if units.next_if_eq(&QUOTE).is_some() {
            name.extend(units.by_ref().take_while(|unit| *unit != QUOTE));
        } else {
            while let Some(unit) = units.next_if(|unit| *unit > BLANK) {
                name.push(unit);
            }
        }
        let mut words = vec![name];
        loop {
            while units.next_if(|unit| matches!(*unit, BLANK | 9)).is_some() {}
            if units.peek().is_none() {
                return words;
            }
            let (mut word, mut quoted) = (Vec::new(), false);
            while let Some(unit) = units.next_if(|unit| quoted || !matches!(*unit, BLANK | 9)) {
                if unit == QUOTE {
                    match quoted && doubled && units.next_if_eq(&QUOTE).is_some() {
                        true => word.push(QUOTE),
                        false => quoted = !quoted,
                    }
                    continue;
                }
                if unit != BACKSLASH {
                    word.push(unit);
                    continue;
                }
                let mut count = 1;
                while units.next_if_eq(&BACKSLASH).is_some() {
                    count += 1;
                }
                match units.peek() {
                    Some(&QUOTE) => {
                        word.extend(std::iter::repeat_n(BACKSLASH, count / 2));
                        if count % 2 == 1 {
                            word.push(QUOTE);
                            units.next();
                        }
                    }
                    _ => word.extend(std::iter::repeat_n(BACKSLASH, count)),
                }
            }
            words.push(word);
        }
    }

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn examples() {
        for (words, expected) in [
            (&["app"][..], r#""app""#),
            (&["a b", "", "x y", "z"], r#""a b" "" "x y" z"#),
            (
                &["app", r#"say "hi""#, r"C:\dir\", r"C:\a b\"],
                r#""app" "say \"hi\"" C:\dir\ "C:\a b\\""#,
            ),
            (&["app", r#"\""#, r#"\\"x"#], r#""app" "\\\"" "\\\\\"x""#),
            (
                &["app", "%PATH%", "a&b|c^d", "ü\u{1f600}"],
                r#""app" %PATH% a&b|c^d ü😀"#,
            ),
            (&["a\"b", "c"], r#""ab" c"#),
            (&[], ""),
        ] {
            let words: Vec<_> = words.iter().map(|word| units(word)).collect();
            assert_eq!(String::from_utf16(&join(&words)).unwrap(), expected);
        }
    }

    /// The examples of the C runtime's documentation, for the reader that the property below relies on.
    #[test]
    fn the_reader_knows_the_rules() {
        for (line, expected) in [
            (r#"x "a b c" d e"#, &["a b c", "d", "e"][..]),
            (r#"x "ab\"c" "\\" d"#, &[r#"ab"c"#, r"\", "d"]),
            (r#"x a\\\b d"e f"g h"#, &[r"a\\\b", "de fg", "h"]),
            (r#"x a\\\"b c d"#, &[r#"a\"b"#, "c", "d"]),
            (r#"x a\\\\"b c" d e"#, &[r"a\\b c", "d", "e"]),
        ] {
            let found = split(&units(line), false);
            let found: Vec<_> = found[1..]
                .iter()
                .map(|word| String::from_utf16(word).unwrap())
                .collect();
            assert_eq!(found, expected);
        }
        let found = split(&units(r#"x a"b"" c d"#), true);
        assert_eq!(String::from_utf16(&found[1]).unwrap(), r#"ab" c d"#);
    }

    /// Mostly the characters that matter, and any others.
    fn word() -> impl Strategy<Value = Vec<u16>> {
        let unit = prop_oneof![
            4 => prop::sample::select(units("\\\" \tab\r\n'")),
            1 => 1..=u16::MAX,
        ];
        prop::collection::vec(unit, 0..12)
    }

    proptest! {
        #[test]
        fn a_program_finds_what_was_meant(name in word(), arguments in prop::collection::vec(word(), 0..6)) {
            let mut words = vec![name];
            words.extend(arguments);
            let line = join(&words);
            words[0].retain(|unit| *unit != QUOTE);
            prop_assert_eq!(&split(&line, false), &words);
            prop_assert_eq!(&split(&line, true), &words);
        }
    }
}
