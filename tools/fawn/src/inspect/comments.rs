//! Comments that document: what stands directly above a line of Starlark.

/// The `#` lines directly above the first line that `found` accepts, without their marks; empty when there are none.
pub fn above(text: &str, found: impl Fn(&str) -> bool) -> String {
    let mut comment: Vec<&str> = Vec::new();
    for line in text.lines() {
        if found(line) {
            return comment.join(" ");
        }
        match line.trim_start().strip_prefix('#') {
            Some(words) => comment.push(words.trim()),
            None => comment.clear(),
        }
    }
    String::new()
}

/// The comment above the field `field` of the provider `provider`, which is defined in `text`.
pub fn of_field(text: &str, provider: &str, field: &str) -> String {
    let start = format!("{provider} = provider(");
    let key = format!("\"{field}\":");
    let body: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with(&start))
        .skip(1)
        .take_while(|line| !line.starts_with([')', '}']))
        .collect();
    above(&body.join("\n"), |line| line.trim_start().starts_with(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
# Not this.

# What a slot
# hands on.
SlotInfo = provider(fields = {
    # Its name.
    "id": provider_field(str),
    "plain": provider_field(str),
})
OtherInfo = provider(fields = {
    # Another.
    "later": provider_field(str),
})
"#;

    #[test]
    fn only_what_stands_directly_above() {
        let provider = |name: &'static str| above(FILE, move |line| line.starts_with(name));
        assert_eq!(provider("SlotInfo"), "What a slot hands on.");
        assert_eq!(provider("OtherInfo"), "");
        assert_eq!(provider("Nothing"), "");
        assert_eq!(of_field(FILE, "SlotInfo", "id"), "Its name.");
        assert_eq!(of_field(FILE, "SlotInfo", "plain"), "");
        assert_eq!(of_field(FILE, "SlotInfo", "later"), "");
    }
}
