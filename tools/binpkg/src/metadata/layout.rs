use serde::{Deserialize, Serialize};

/// What the paths of a payload mean (section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LayoutKind {
    /// A staged root: paths as on the target system.
    Root,
    /// Paths relative to the prefix.
    Prefix,
}

/// Directories that make a tree a staged root.
const ROOT_DIRECTORIES: [&[u8]; 9] = [
    b"usr", b"bin", b"sbin", b"lib", b"lib64", b"etc", b"var", b"opt", b"boot",
];

impl LayoutKind {
    /// The kind of a directory, when nobody says: a staged root if one of its own directories is called as in one.
    pub fn of_tree<'a>(mut directories: impl Iterator<Item = &'a [u8]>) -> Self {
        if directories.any(|name| ROOT_DIRECTORIES.contains(&name)) {
            Self::Root
        } else {
            Self::Prefix
        }
    }

    /// The word in recipes and metadata.
    pub fn word(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Prefix => "prefix",
        }
    }
}

/// Where a package's files go (the field `layout`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// What the paths mean.
    pub kind: LayoutKind,
    /// The prefix that was built for.
    pub prefix: String,
    /// Name of the library directory.
    pub libdir: String,
    /// True when the package works below any prefix.
    #[serde(default)]
    pub relocatable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_trees() {
        let kind = |names: &[&str]| LayoutKind::of_tree(names.iter().map(|name| name.as_bytes()));
        assert_eq!(kind(&["usr"]), LayoutKind::Root);
        assert_eq!(kind(&["share", "bin"]), LayoutKind::Root);
        assert_eq!(kind(&["share", "usr2", "Usr"]), LayoutKind::Prefix);
        assert_eq!(kind(&[]), LayoutKind::Prefix);
    }
}
