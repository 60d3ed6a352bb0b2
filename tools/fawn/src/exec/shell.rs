//! Words for a POSIX shell.

use std::borrow::Cow;

/// One word that the shell reads as `text`.
pub fn quote(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

/// A whole command.
pub fn join<'a>(words: impl IntoIterator<Item = &'a String>) -> String {
    words.into_iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_gives_the_words_back() {
        let words = ["a b", "", "it's", "$HOME;*", "plain/-x=1", "line\nbreak"].map(str::to_owned);
        let script = format!("printf '%s|' {}", join(&words));
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            words.map(|word| word + "|").concat()
        );
    }
}
