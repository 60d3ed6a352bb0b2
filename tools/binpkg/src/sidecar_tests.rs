use super::*;
use proptest::prelude::*;

const FILE: &str = "bash-5.3-86884539-bin.tar.gz";

/// The example of section 6, with the digest of section 10.2.
const BASH: &str = "\
db4b4d0d1cb480bf9aeea253771c00febe627f236765fa37d6a5614f079a3aa0  bash-5.3-86884539-bin.tar.gz
# Config Hash: 86884539
# Content Hash: f44b10b1
# Package: bash
# Version: 5.3
# Target: //packages/linux/core/bash:bash
# Size: 1048576
# Config Hash Full: 868845397d188ff1b608a67161a0f48c33fc44e696bf4828059d4b789dc0da61
# Content Hash Full: f44b10b1b114dccc83c518c961de2a709ba1e79b7f6d1056b6040baef94428d9
# Signature: 139e3940e64b5491 hha3diSBROPqopcaeedRSTWVlTVJNTRoTeatiXV1OvtXr7BNnANuf7H9tN5HjApOx2C3JzmLdvpip9utnyINBQ==
";

fn parse(text: &str) -> Result<Sidecar, String> {
    Sidecar::parse(text.as_bytes(), FILE).map_err(|error| error.to_string())
}

#[test]
fn example() {
    let sidecar = parse(BASH).unwrap();
    assert_eq!((sidecar.size, sidecar.signatures.len()), (Some(1_048_576), 1));
    assert_eq!(sidecar.to_string(), BASH);
}

/// What older tools wrote: the first six lines.
#[test]
fn six_lines() {
    let text: String = BASH.split_inclusive('\n').take(6).collect();
    let sidecar = parse(&text).unwrap();
    assert_eq!((sidecar.size, sidecar.config_hash_full), (None, None));
    assert_eq!(sidecar.to_string(), text);
}

#[test]
fn unknown_comments_and_the_binary_mark() {
    let text = BASH
        .replace("  bash-", " *bash-")
        .replace("# Size", "# Colour: red\n# Size");
    assert_eq!(parse(&text).unwrap().to_string(), BASH);
}

#[test]
fn refused_sidecars() {
    let comments: String = BASH.split_inclusive('\n').skip(1).collect();
    let two: String = format!("{}{BASH}", BASH.lines().next().unwrap().to_owned() + "\n");
    for (text, words) in [
        (String::new(), "found an empty file"),
        (BASH.trim_end().into(), "found a last line without one"),
        (comments, "line 1: expected 64 lower-case hex digits"),
        ("\n".into(), "line 1: expected 64"),
        (
            BASH.replace("  bash-5.3", "  zsh-5.3"),
            "expected the checksum of `bash-5.3-86884539-bin.tar.gz`, found that of `zsh-",
        ),
        (BASH.replace("  bash-", "  ./bash-"), "found that of `./bash-"),
        (BASH.replace("  bash-", "   bash-"), "found that of ` bash-"),
        (BASH.replace("  bash-", " bash-"), "line 1: expected 64"),
        (BASH.replace("db4b4d0d", "DB4B4D0D"), "line 1: expected 64"),
        (BASH.replace('\n', "\r\n"), "bin.tar.gz\\r`"),
        (
            BASH.replacen("# Config Hash: 86884539\n", "# Config Hash: 86884539\r\n", 1),
            "line 2: expected `# Key: value`",
        ),
        (two, "line 2: expected `# Key: value`"),
        (
            BASH.replace("# Size: 1", "# Size: 1\n# Size: 1"),
            "line 8: `Size` is there twice",
        ),
        (
            BASH.replace("# Config Hash: 86884539\n", ""),
            "expected a line `# Config Hash: …`, found none",
        ),
        (
            BASH.replace("# Config Hash: 86884539", "# Config Hash: 86884530"),
            "expected `Config Hash` to be the beginning of `Config Hash Full`",
        ),
        (
            BASH.replace("# Content Hash: f44b10b1", "# Content Hash: f44b10b1ff"),
            "expected `Content Hash` to be the beginning",
        ),
        (
            BASH.replace("86884539\n", "e5f6g7h8\n"),
            "`Config Hash`: expected 8 to 64 lower-case hex digits, found `e5f6g7h8`",
        ),
        (BASH.replace("# Size: 1", "# Size: -1"), "`Size`: "),
        (BASH.replace("139e3940", "139E3940"), "`Signature`: "),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(Sidecar::parse(b"\xff\n", FILE).is_err());
}

proptest! {
    /// A changed byte is refused, or is a value of its own; it never reads as two things.
    #[test]
    fn a_changed_byte_is_refused_or_kept(at in 0..BASH.len(), byte: u8) {
        let mut bytes = BASH.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(sidecar) = Sidecar::parse(&bytes, FILE) {
            prop_assert_eq!(Sidecar::parse(sidecar.to_string().as_bytes(), FILE), Ok(sidecar));
        }
    }

    #[test]
    fn any_text_parses_or_refuses(text in "([0-9a-f]{64}  x\n)?(# [A-Z][a-z]{3}: [ -~]{0,9}\n){0,9}") {
        let _ = Sidecar::parse(text.as_bytes(), "x");
    }
}
