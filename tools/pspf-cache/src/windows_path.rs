//! The two spellings of an absolute path on Windows: the usual one, which most calls accept up to 259 characters, and the
//! verbatim one (`\\?\C:\…`), which has no such limit and which few programs understand.
//!
//! The standard library turns long paths into verbatim ones by itself. These functions are for calls that it does
//! not wrap, and for paths that programs get to see. They look at text alone, on every system.

/// The verbatim spelling of an absolute path without `.` and `..`. Paths of other kinds stay as they are.
pub fn verbatim(path: &[u16]) -> Vec<u16> {
    let spelt = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    let separators = |rest: &[u16]| -> Vec<u16> {
        let separator = |&unit: &u16| {
            if unit == u16::from(b'/') {
                u16::from(b'\\')
            } else {
                unit
            }
        };
        rest.iter().map(separator).collect()
    };
    let path = separators(path);
    let is_drive = |path: &[u16]| {
        let letter = path.first().and_then(|&unit| u8::try_from(unit).ok());
        letter.is_some_and(|letter| letter.is_ascii_alphabetic()) && path[1..].starts_with(&spelt(r":\"))
    };
    if path.starts_with(&spelt(r"\\?\")) || path.starts_with(&spelt(r"\\.\")) {
        path
    } else if let Some(share) = path.strip_prefix(spelt(r"\\").as_slice()) {
        [spelt(r"\\?\UNC\"), share.to_vec()].concat()
    } else if is_drive(&path) {
        [spelt(r"\\?\"), path].concat()
    } else {
        path
    }
}

/// The usual spelling of a verbatim path; `None` for a path that is none or has no other spelling.
pub fn plain(path: &str) -> Option<String> {
    let rest = path.strip_prefix(r"\\?\")?;
    if let Some(share) = rest.strip_prefix(r"UNC\") {
        return Some(format!(r"\\{share}"));
    }
    let is_drive = rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) && rest[1..].starts_with(r":\");
    is_drive.then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (usual, long) in [
            (r"C:\a b\c", r"\\?\C:\a b\c"),
            (r"c:\", r"\\?\c:\"),
            (r"\\server\share\ü", r"\\?\UNC\server\share\ü"),
        ] {
            let units: Vec<u16> = usual.encode_utf16().collect();
            assert_eq!(String::from_utf16(&verbatim(&units)).unwrap(), long);
            assert_eq!(plain(long).as_deref(), Some(usual));
        }
    }

    #[test]
    fn slashes_turn_and_other_paths_stay() {
        for (path, expected) in [
            ("C:/a/b", r"\\?\C:\a\b"),
            ("a/b", r"a\b"),
            ("C:a", "C:a"),
            (r"\\?\C:\x", r"\\?\C:\x"),
            (r"\\.\NUL", r"\\.\NUL"),
            ("", ""),
        ] {
            let units: Vec<u16> = path.encode_utf16().collect();
            assert_eq!(String::from_utf16(&verbatim(&units)).unwrap(), expected);
        }
        for path in [r"C:\x", r"\\?\Volume{1}\x", r"\\?\", "x"] {
            assert_eq!(plain(path), None, "{path}");
        }
    }
}
