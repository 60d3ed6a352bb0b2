//! Names that Windows cannot hold, or takes for something else than a file of that name.

/// Names of devices. They mean the device in every directory, and before Windows 11 with any extension, too.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Devices that carry a digit.
const NUMBERED: [&str; 2] = ["COM", "LPT"];

/// What is wrong with one part of a path, as the end of a sentence; `None` for a name that Windows takes as it is.
///
/// A colon would name a drive or a hidden stream of another file, and an end in a dot or blank would be cut off.
pub fn flaw(name: &str) -> Option<&'static str> {
    if name
        .chars()
        .any(|character| character.is_control() || r#"<>:"|?*\"#.contains(character))
    {
        return Some("holds a character that no name has on Windows");
    }
    if name.ends_with(['.', ' ']) {
        return Some("ends in a dot or a blank, which Windows cuts off");
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let is = |device: &&str| stem.eq_ignore_ascii_case(device);
    let numbered = |device: &&str| {
        let digit = stem
            .get(..3)
            .filter(|start| start.eq_ignore_ascii_case(device))
            .and(stem.get(3..));
        digit.is_some_and(|digit| digit.chars().count() == 1 && digit.contains(|c| "0123456789¹²³".contains(c)))
    };
    let is_device = DEVICES.iter().any(is) || NUMBERED.iter().any(numbered);
    is_device.then_some("is the name of a device on Windows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        for name in [
            "a", "a b.txt", ".hidden", "ünï", "console", "com", "COM10", "lptx", "nul_", "a..b", "{x}'$",
        ] {
            assert_eq!(flaw(name), None, "{name}");
        }
    }

    #[test]
    fn names_that_mean_something_else() {
        for (name, what) in [
            ("a:b", "character"),
            ("C:", "character"),
            (r"a\..\b", "character"),
            ("a\tb", "character"),
            ("what?", "character"),
            ("a.", "dot"),
            ("a ", "blank"),
            ("...", "dot"),
            ("NUL", "device"),
            ("con.txt", "device"),
            ("Aux .c", "device"),
            ("com1", "device"),
            ("LPT²", "device"),
            ("conin$", "device"),
        ] {
            assert!(flaw(name).is_some_and(|found| found.contains(what)), "{name}");
        }
    }
}
