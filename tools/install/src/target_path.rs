use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use binpkg::escape::{escape, unescape};
use binpkg::manifest::{PathError, PayloadPath};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A place below the root, as raw bytes without a slash in front: no part of it is `.` or `..`. The root itself is empty.
///
/// In the database it is written escaped like the paths of a manifest; for people with the slash in front.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetPath(Vec<u8>);

impl TargetPath {
    /// The root.
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads an absolute path of the target, such as a prefix or what a person asks for: `/`, or parts that may stand in a
    /// package, a slash before each. One slash at the end is allowed.
    ///
    /// # Errors
    /// A part that may not stand in a path.
    pub fn absolute(path: &Path) -> Result<Self, PathError> {
        let bytes = path.as_os_str().as_bytes();
        let bytes = bytes.strip_prefix(b"/").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"/").unwrap_or(bytes);
        if bytes.is_empty() {
            return Ok(Self::root());
        }
        Ok(PayloadPath::new(bytes)?.into())
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// True for the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The directory that holds it; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        self.split().map(|(parent, _)| Self(parent.to_vec()))
    }

    /// The bytes of its directory and its name there; `None` for the root.
    pub(crate) fn split(&self) -> Option<(&[u8], &[u8])> {
        if self.is_root() {
            return None;
        }
        Some(match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&self.0[..slash], &self.0[slash + 1..]),
            None => (&[], &self.0),
        })
    }

    /// Its last part; empty for the root.
    pub fn name(&self) -> &[u8] {
        self.split().map_or(&[], |(_, name)| name)
    }

    /// The parts between the slashes.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
    }

    /// The place `below` this one.
    #[must_use]
    pub fn join(&self, below: &[u8]) -> Self {
        let slash: &[u8] = if self.is_root() || below.is_empty() { b"" } else { b"/" };
        Self([&self.0, slash, below].concat())
    }

    /// The same place with `suffix` at the end of its name.
    #[must_use]
    pub(crate) fn with_suffix(&self, suffix: &str) -> Self {
        Self([&self.0, suffix.as_bytes()].concat())
    }

    /// True for `directory` itself and whatever is in it.
    pub fn is_within(&self, directory: &Self) -> bool {
        directory.is_root()
            || self
                .0
                .strip_prefix(&directory.0[..])
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// Where it is on this machine.
    pub fn under(&self, root: &Path) -> PathBuf {
        root.join(Path::new(std::ffi::OsStr::from_bytes(&self.0)))
    }

    /// The spelling of the database.
    pub(crate) fn escaped(&self) -> String {
        escape(&self.0)
    }
}

impl From<PayloadPath> for TargetPath {
    fn from(path: PayloadPath) -> Self {
        Self(path.as_bytes().to_vec())
    }
}

impl fmt::Display for TargetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.escaped())
    }
}

impl Serialize for TargetPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.escaped())
    }
}

impl<'de> Deserialize<'de> for TargetPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = unescape(&text).ok_or_else(|| D::Error::custom("expected an escaped path"))?;
        if bytes.is_empty() {
            return Ok(Self::root());
        }
        PayloadPath::new(bytes).map(Self::from).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_and_the_root() {
        let path = |text: &str| TargetPath::absolute(Path::new(text)).unwrap();
        assert_eq!(path("/"), TargetPath::root());
        assert_eq!(path("/usr/bin/"), path("/usr/bin"));
        assert_eq!(path("/usr/a b").to_string(), "/usr/a%20b");
        assert_eq!(path("/usr/bin").parent().unwrap(), path("/usr"));
        assert_eq!(path("/usr").parent().unwrap(), TargetPath::root());
        assert_eq!(TargetPath::root().parent(), None);
        assert!(TargetPath::absolute(Path::new("/usr/../etc")).is_err());
    }

    #[test]
    fn what_is_within() {
        let path = |text: &str| TargetPath::absolute(Path::new(text)).unwrap();
        assert!(path("/usr/bin").is_within(&path("/usr")));
        assert!(path("/usr").is_within(&path("/usr")));
        assert!(path("/usr").is_within(&TargetPath::root()));
        assert!(!path("/usr2").is_within(&path("/usr")));
    }

    #[test]
    fn the_spelling_of_the_database_comes_back() {
        let path = TargetPath::absolute(Path::new("/opt/a b\n%")).unwrap();
        let text = serde_json::to_string(&path).unwrap();
        assert_eq!(text, r#""opt/a%20b%0A%25""#);
        assert_eq!(serde_json::from_str::<TargetPath>(&text).unwrap(), path);
        assert!(serde_json::from_str::<TargetPath>(r#""../etc""#).is_err());
    }
}
