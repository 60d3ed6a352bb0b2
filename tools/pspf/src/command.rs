/// Quotes words that hold `{workenv}`, because launchers fill placeholders before they split the
/// command: a cache directory with a space in its path would otherwise tear the word apart.
///
/// A command that quotes anything itself is left as it is.
pub(crate) fn quote_workenv(command: &str) -> String {
    if command.contains(['"', '\'', '\\']) {
        return command.to_owned();
    }
    let quote = |word: &str| {
        if word.contains("{workenv}") {
            format!("\"{word}\"")
        } else {
            word.to_owned()
        }
    };
    command.split_whitespace().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_the_placeholder_are_quoted_once() {
        assert_eq!(
            quote_workenv("{workenv}/bin/x -c {workenv}/c y"),
            "\"{workenv}/bin/x\" -c \"{workenv}/c\" y"
        );
        for command in ["\"{workenv}/bin/x\" y", "sh -c '{workenv}/x'", "/bin/true"] {
            assert_eq!(quote_workenv(command), command);
        }
    }
}
