/// The purpose byte of a descriptor as the Rust and Go builders write it (section 1.5).
///
/// The three builders disagree about the byte and nobody reads it; the word in the JSON counts.
pub fn purpose_code(word: &str) -> u8 {
    match word {
        "runtime" => 1,
        "tool" => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_builders() {
        assert_eq!(["data", "runtime", "tool", "anything"].map(purpose_code), [0, 1, 2, 0]);
    }
}
