//! Splitting a command into words, as a shell would and without one.
//!
//! Blanks separate words. Single quotes keep everything; double quotes keep everything but a backslash before `"`,
//! `\`, `$` or a backquote; a backslash outside of quotes keeps the next character. Quotes may stand inside a word, and empty quotes
//! make an empty word. Nothing is expanded: `$`, `*`, `~`, `;` and `|` stand for themselves.

/// Splits `command`.
///
/// # Errors
/// A quote that is never closed, a backslash at the end, or no word at all; the sentence names the place.
pub fn split(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = command.char_indices();
    while let Some((place, character)) = rest.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => single_quoted(&mut rest, word.get_or_insert_default())
                .ok_or_else(|| unclosed(command, "single quote", place))?,
            '"' => double_quoted(&mut rest, word.get_or_insert_default())
                .ok_or_else(|| unclosed(command, "double quote", place))?,
            '\\' => match rest.next() {
                Some((_, kept)) => word.get_or_insert_default().push(kept),
                None => {
                    return Err(format!(
                        "the command `{command}` ends with a backslash that escapes nothing"
                    ));
                }
            },
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    match words.first() {
        None => Err("the command is empty, expected a program and its arguments".to_owned()),
        Some(program) if program.is_empty() => Err(format!("the command `{command}` names an empty program")),
        Some(_) => Ok(words),
    }
}

fn unclosed(command: &str, what: &str, place: usize) -> String {
    format!("the command `{command}` opens a {what} at byte {place} and never closes it")
}

type Rest<'a> = std::str::CharIndices<'a>;

/// `None` when the quote is not closed.
fn single_quoted(rest: &mut Rest<'_>, word: &mut String) -> Option<()> {
    loop {
        match rest.next()?.1 {
            '\'' => return Some(()),
            kept => word.push(kept),
        }
    }
}

/// `None` when the quote is not closed.
fn double_quoted(rest: &mut Rest<'_>, word: &mut String) -> Option<()> {
    loop {
        match rest.next()?.1 {
            '"' => return Some(()),
            '\\' => {
                let (_, next) = rest.next()?;
                if !matches!(next, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(next);
            }
            kept => word.push(kept),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (command, expected) in [
            ("a b\tc\n d ", &["a", "b", "c", "d"][..]),
            (r#""{workenv}/bin/x y" z"#, &["{workenv}/bin/x y", "z"]),
            (r#"a 'b "c" $d' e"#, &["a", r#"b "c" $d"#, "e"]),
            (r#"a "b 'c' \" \\ \$ \n""#, &["a", r#"b 'c' " \ $ \n"#]),
            (r"a\ b c\\d \'", &["a b", r"c\d", "'"]),
            (r#"a "" '' b"#, &["a", "", "", "b"]),
            (r#"x"y z"'w'"#, &["xy zw"]),
            ("sh -c 'a; b | c > $HOME/*'", &["sh", "-c", "a; b | c > $HOME/*"]),
            ("naïve ✓", &["naïve", "✓"]),
        ] {
            assert_eq!(split(command).unwrap(), expected, "{command}");
        }
    }

    #[test]
    fn what_cannot_be_split_is_named() {
        for (command, expected) in [
            (
                "a 'b",
                "the command `a 'b` opens a single quote at byte 2 and never closes it",
            ),
            (
                r#"a "b\""#,
                r#"the command `a "b\"` opens a double quote at byte 2 and never closes it"#,
            ),
            (r"a \", r"the command `a \` ends with a backslash that escapes nothing"),
            (" \t", "the command is empty, expected a program and its arguments"),
            ("'' a", "the command `'' a` names an empty program"),
        ] {
            assert_eq!(split(command).unwrap_err(), expected);
        }
    }
}
