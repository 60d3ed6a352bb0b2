use std::fmt;
use std::path::{Component, Path, PathBuf};

/// A path that stays below where it is joined: relative, without `..`, drive or root.
///
/// `./` and doubled slashes are removed; the path may be empty, meaning the directory itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelativePath(PathBuf);

/// A path that could lead elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a relative path without `..`{SYSTEM}, found `{found}`")]
pub struct PathError {
    found: String,
}

/// What this system asks of names besides.
const SYSTEM: &str = if cfg!(windows) {
    " and of names that Windows can hold"
} else {
    ""
};

impl RelativePath {
    /// Checks the bytes of a name.
    pub fn from_bytes(name: &[u8]) -> Result<Self, PathError> {
        let refuse = || PathError { found: display(name) };
        if name.contains(&0) {
            return Err(refuse());
        }
        Self::check(native(name).ok_or_else(refuse)?).ok_or_else(refuse)
    }

    /// Checks a text.
    pub fn parse(name: &str) -> Result<Self, PathError> {
        Self::from_bytes(name.as_bytes())
    }

    fn check(path: &Path) -> Option<Self> {
        let mut clean = PathBuf::new();
        for component in path.components() {
            match component {
                Component::Normal(part) => clean.push(part),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(Self(clean))
    }

    /// The path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// True when the path means the directory that it is relative to.
    pub fn is_empty(&self) -> bool {
        self.0.as_os_str().is_empty()
    }

    /// Number of components.
    pub fn depth(&self) -> usize {
        self.0.components().count()
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_string_lossy().escape_debug().to_string())
    }
}

/// A name from an archive, fit for a terminal.
pub(crate) fn display(name: &[u8]) -> String {
    String::from_utf8_lossy(name)
        .chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect()
}

/// A name from an archive as this system spells paths.
#[cfg(unix)]
pub(crate) fn native(name: &[u8]) -> Option<&Path> {
    use std::os::unix::ffi::OsStrExt;
    Some(Path::new(std::ffi::OsStr::from_bytes(name)))
}

#[cfg(not(unix))]
pub(crate) fn native(name: &[u8]) -> Option<&Path> {
    let text = std::str::from_utf8(name).ok()?;
    let good = |part: &str| matches!(part, "." | "..") || crate::windows_name::flaw(part).is_none();
    text.split('/').all(good).then(|| Path::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clean_forms() {
        for (name, clean) in [
            ("a/b", "a/b"),
            ("./a//b/", "a/b"),
            (".", ""),
            ("", ""),
            ("a..b/...", "a..b/..."),
        ] {
            assert_eq!(RelativePath::parse(name).unwrap().as_path(), Path::new(clean), "{name}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere() {
        for name in ["/etc", "..", "../x", "a/../../x", "a/../x", "a\0b"] {
            let error = RelativePath::parse(name).unwrap_err().to_string();
            assert!(
                error.starts_with("expected a relative path without `..`, found `"),
                "{error}"
            );
        }
    }

    proptest! {
        #[test]
        fn an_accepted_path_never_leaves(name: Vec<u8>) {
            if let Ok(path) = RelativePath::from_bytes(&name) {
                let inside = path.as_path().components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(inside);
            }
        }
    }
}
