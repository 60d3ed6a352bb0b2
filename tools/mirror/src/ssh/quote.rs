/// A text as one word of a shell, whatever is in it: nothing has a meaning within single quotes but their end.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// What a shell makes of it.
    fn through_a_shell(text: &str) -> String {
        let script = format!("printf %s {}", quote(text));
        let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn what_shells_like_to_read() {
        for text in [
            "",
            "a b",
            "'",
            "a'b''c",
            "$HOME `id` $(id)",
            "-n",
            "*",
            "a\\",
            "\\'",
            "a\nb",
            "; exit 1",
            "!x",
            "~",
            "ä",
        ] {
            assert_eq!(through_a_shell(text), text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn anything(text in "[^\\x00]{0,40}") {
            prop_assert_eq!(through_a_shell(&text), text);
        }
    }
}
