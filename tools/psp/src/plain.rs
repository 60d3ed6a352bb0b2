//! Text from a package on a terminal.

/// Text with its control characters made visible: a package must not move the cursor.
pub fn plain(text: &str) -> String {
    let show = |character: char| {
        if character.is_control() {
            character.escape_debug().to_string()
        } else {
            character.to_string()
        }
    };
    text.chars().map(show).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_are_shown() {
        assert_eq!(super::plain("a \"b\" \u{1b}[2J\n"), "a \"b\" \\u{1b}[2J\\n");
    }
}
