use std::fmt;

use crate::escape::escape;

/// Path of a payload entry, relative to the package's own directory: raw bytes, checked part by part.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadPath(Vec<u8>);

/// Why a path may not stand in a package (section 3.3). The path is escaped as in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Starts with `/`.
    #[error("expected a relative path, found the absolute path `{0}`")]
    Absolute(String),
    /// Has a part `..`.
    #[error("expected a path without the part `..`, found `{0}`")]
    Parent(String),
    /// Has a part `.`.
    #[error("expected a path without the part `.`, found `{0}`")]
    Dot(String),
    /// Is empty, or has two slashes in a row or one at an end.
    #[error("expected a path without an empty part, found `{0}`")]
    EmptyPart(String),
    /// Has a NUL byte.
    #[error("expected a path without a NUL byte, found `{0}`")]
    Nul(String),
    /// Longer than [`PayloadPath::MAX`].
    #[error(
        "expected a path of at most {} bytes, found one of {length} bytes: `{start}…`",
        PayloadPath::MAX
    )]
    Long {
        /// Its length in bytes.
        length: usize,
        /// Its first bytes.
        start: String,
    },
    /// A part longer than [`PayloadPath::MAX_PART`].
    #[error(
        "expected parts of at most {} bytes in a path, found one of {length} bytes in `{start}…`",
        PayloadPath::MAX_PART
    )]
    LongPart {
        /// Its length in bytes.
        length: usize,
        /// The first bytes of the path.
        start: String,
    },
}

impl PayloadPath {
    /// Longest path in bytes.
    pub const MAX: usize = 4096;
    /// Longest part between two slashes in bytes.
    pub const MAX_PART: usize = 255;

    /// Checks the raw bytes of a path.
    ///
    /// # Errors
    /// One variant for each rule of section 3.3 that concerns a single path.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, PathError> {
        let bytes = bytes.into();
        let whole = || escape(&bytes);
        let start = || escape(&bytes[..bytes.len().min(80)]);
        if bytes.len() > Self::MAX {
            return Err(PathError::Long {
                length: bytes.len(),
                start: start(),
            });
        }
        if bytes.contains(&0) {
            return Err(PathError::Nul(whole()));
        }
        if bytes.starts_with(b"/") {
            return Err(PathError::Absolute(whole()));
        }
        for part in bytes.split(|byte| *byte == b'/') {
            match part {
                b"" => return Err(PathError::EmptyPart(whole())),
                b"." => return Err(PathError::Dot(whole())),
                b".." => return Err(PathError::Parent(whole())),
                part if part.len() > Self::MAX_PART => {
                    return Err(PathError::LongPart {
                        length: part.len(),
                        start: start(),
                    });
                }
                _ => {}
            }
        }
        Ok(Self(bytes))
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The parts between the slashes.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/')
    }

    /// The directory that holds it; `None` for one at the top.
    pub fn parent(&self) -> Option<Self> {
        let slash = self.0.iter().rposition(|byte| *byte == b'/')?;
        Some(Self(self.0[..slash].to_vec()))
    }

    /// The last part.
    pub fn file_name(&self) -> &[u8] {
        self.parts().last().unwrap_or_default()
    }

    /// The path of `part` in the directory `parent`, or at the top.
    ///
    /// # Errors
    /// A part that may not stand in a path.
    pub fn join(parent: Option<&Self>, part: &[u8]) -> Result<Self, PathError> {
        match parent {
            Some(parent) => Self::new([&parent.0[..], b"/", part].concat()),
            None => Self::new(part),
        }
    }
}

impl fmt::Display for PayloadPath {
    /// The escaped form of section 4.1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.0))
    }
}

impl fmt::Debug for PayloadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PayloadPath({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_rule_has_its_error() {
        let long = [b"a/".repeat(2048), b"b".to_vec()].concat();
        for (bytes, words) in [
            (
                &b"/etc/passwd"[..],
                "expected a relative path, found the absolute path `/etc/passwd`",
            ),
            (b"a/../b", "expected a path without the part `..`, found `a/../b`"),
            (b"./a", "expected a path without the part `.`, found `./a`"),
            (b"a//b", "expected a path without an empty part, found `a//b`"),
            (b"a/", "expected a path without an empty part, found `a/`"),
            (b"", "expected a path without an empty part, found ``"),
            (b"a\0b", "expected a path without a NUL byte, found `a%00b`"),
            (&long, "expected a path of at most 4096 bytes, found one of 4097 bytes"),
            (
                &b"a".repeat(256),
                "expected parts of at most 255 bytes in a path, found one of 256 bytes",
            ),
        ] {
            let error = PayloadPath::new(bytes).unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
    }

    #[test]
    fn parents_and_names() {
        let path = PayloadPath::new(&b"usr/bin/..."[..]).unwrap();
        assert_eq!(path.parent().unwrap().as_bytes(), b"usr/bin");
        assert_eq!(path.file_name(), b"...");
        assert_eq!(PayloadPath::new(&b"usr"[..]).unwrap().parent(), None);
    }

    proptest! {
        #[test]
        fn an_accepted_path_never_leaves(bytes: Vec<u8>) {
            if let Ok(path) = PayloadPath::new(bytes) {
                prop_assert!(path.parts().all(|part| !matches!(part, b"" | b"." | b"..") && !part.contains(&0)));
            }
        }
    }
}
