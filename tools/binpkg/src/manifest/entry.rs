use std::fmt;

use digest::Sha256;

use super::PayloadPath;
use crate::escape::escape;

/// One entry of a payload, as its manifest line says (section 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it lies, relative to the package's own directory.
    pub path: PayloadPath,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, with the set-id bits that were granted. 0777 for links.
    pub mode: u32,
    /// Owner and further properties, granted by the permission list.
    pub grants: Grants,
}

/// What a payload entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Length in bytes.
        size: u64,
        /// Digest of its bytes.
        sha256: Sha256,
    },
    /// A symbolic link.
    Link {
        /// Its target, raw bytes.
        target: Vec<u8>,
    },
}

/// The extra fields of a manifest line (section 4.2). What is absent has the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// File capabilities in text form.
    pub cap: Option<String>,
    /// A protected configuration file.
    pub config: bool,
    /// Numeric group, 0 by default.
    pub gid: u32,
    /// Group by name, resolved where it is installed; wins over the number.
    pub group: Option<String>,
    /// Numeric owner, 0 by default.
    pub uid: u32,
    /// Owner by name, resolved where it is installed; wins over the number.
    pub user: Option<String>,
}

impl EntryKind {
    /// Longest target of a link in bytes.
    pub const MAX_TARGET: usize = 4095;

    /// The word of messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File { .. } => "file",
            Self::Link { .. } => "link",
        }
    }
}

impl Entry {
    /// Length of a file; 0 for what has no bytes of its own.
    pub fn size(&self) -> u64 {
        match self.kind {
            EntryKind::File { size, .. } => size,
            EntryKind::Directory | EntryKind::Link { .. } => 0,
        }
    }
}

impl fmt::Display for Entry {
    /// The manifest line, without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            kind,
            mode,
            grants,
        } = self;
        match kind {
            EntryKind::Directory => write!(f, "d {mode:04o} - - {path}")?,
            EntryKind::File { size, sha256 } => write!(f, "f {mode:04o} {size} {sha256} {path}")?,
            EntryKind::Link { target } => write!(f, "l {mode:04o} - {} {path}", escape(target))?,
        }
        grants.fmt(f)
    }
}

impl fmt::Display for Grants {
    /// ` key=value` for each field that has not its default, sorted by key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |f: &mut fmt::Formatter<'_>, key, value: &Option<String>| match value {
            Some(value) => write!(f, " {key}={}", escape(value.as_bytes())),
            None => Ok(()),
        };
        let number = |f: &mut fmt::Formatter<'_>, key, value: u32| match value {
            0 => Ok(()),
            value => write!(f, " {key}={value}"),
        };
        text(f, "cap", &self.cap)?;
        if self.config {
            f.write_str(" config=1")?;
        }
        number(f, "gid", self.gid)?;
        text(f, "group", &self.group)?;
        number(f, "uid", self.uid)?;
        text(f, "user", &self.user)
    }
}
