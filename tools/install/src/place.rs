//! Where the files of a package go (section 13.4).

use std::path::{Path, PathBuf};

use binpkg::manifest::PayloadPath;
use binpkg::metadata::{LayoutKind, Metadata};

use crate::error::InstallError;
use crate::target_path::TargetPath;

/// An installation: the root that everything stays in, the prefix that packages go to, and where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    root: PathBuf,
    prefix: TargetPath,
    state_dir: Option<PathBuf>,
}

impl Place {
    /// The usual prefix.
    pub const USR: &'static str = "/usr";

    /// Packages go to `prefix`, seen from `root`. The database is where section 14.1 says, or in `state_dir`, which is a path
    /// of this machine.
    ///
    /// # Errors
    /// A prefix that is not absolute or has parts such as `..`.
    pub fn new(root: impl Into<PathBuf>, prefix: &Path, state_dir: Option<PathBuf>) -> Result<Self, InstallError> {
        let refused = |reason| InstallError::Prefix {
            prefix: prefix.to_owned(),
            reason,
        };
        if !prefix.is_absolute() {
            return Err(refused(None));
        }
        let root = root.into();
        Ok(Self {
            root,
            prefix: TargetPath::absolute(prefix).map_err(|error| refused(Some(error)))?,
            state_dir,
        })
    }

    /// The root; nothing outside of it is written but the database, if that was placed elsewhere.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The prefix, seen from the root.
    pub fn prefix(&self) -> &TargetPath {
        &self.prefix
    }

    /// Where the database was placed by hand.
    pub(crate) fn chosen_state_dir(&self) -> Option<&Path> {
        self.state_dir.as_deref()
    }

    /// Where the database is, seen from the root, unless it was placed by hand.
    pub(crate) fn usual_state_dir(&self) -> TargetPath {
        if self.is_usr() {
            TargetPath::root().join(b"var/lib/binpkg")
        } else {
            self.prefix.join(b".binpkg")
        }
    }

    fn is_usr(&self) -> bool {
        self.prefix.as_bytes() == b"usr"
    }

    /// Where a path of a payload goes, links on the target not yet looked at.
    pub fn map(&self, kind: LayoutKind, path: &PayloadPath) -> TargetPath {
        let bytes = path.as_bytes();
        match kind {
            LayoutKind::Prefix => self.prefix.join(bytes),
            LayoutKind::Root if self.is_usr() => path.clone().into(),
            LayoutKind::Root if bytes == b"usr" => self.prefix.clone(),
            LayoutKind::Root => self.prefix.join(bytes.strip_prefix(b"usr/").unwrap_or(bytes)),
        }
    }

    /// The prefix that a package was built for, when this one does not do.
    pub(crate) fn unfit_prefix<'a>(&self, metadata: &'a Metadata) -> Option<&'a str> {
        let layout = metadata.layout.as_ref()?;
        let built_for = TargetPath::absolute(Path::new(&layout.prefix)).ok();
        (!layout.relocatable && built_for.as_ref() != Some(&self.prefix)).then_some(layout.prefix.as_str())
    }
}

/// What the paths of a package mean; older metadata do not say, and those packages were staged roots.
pub(crate) fn kind_of(metadata: &Metadata) -> LayoutKind {
    metadata.layout.as_ref().map_or(LayoutKind::Root, |layout| layout.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(kind: LayoutKind, prefix: &str, path: &str) -> String {
        let place = Place::new("/r", Path::new(prefix), None).unwrap();
        place.map(kind, &PayloadPath::new(path).unwrap()).to_string()
    }

    #[test]
    fn every_row_of_the_table() {
        use LayoutKind::{Prefix, Root};
        for (kind, prefix, path, place) in [
            (Root, "/usr", "usr/bin/x", "/usr/bin/x"),
            (Root, "/usr", "etc/x", "/etc/x"),
            (Root, "/opt/p", "usr/bin/x", "/opt/p/bin/x"),
            (Root, "/opt/p", "usr", "/opt/p"),
            (Root, "/opt/p", "etc/x", "/opt/p/etc/x"),
            (Root, "/", "usr/bin/x", "/bin/x"),
            (Root, "/usr", "usr2/x", "/usr2/x"),
            (Prefix, "/usr", "bin/x", "/usr/bin/x"),
            (Prefix, "/usr", "usr/x", "/usr/usr/x"),
            (Prefix, "/opt/p", "bin/x", "/opt/p/bin/x"),
            (Prefix, "/", "bin/x", "/bin/x"),
        ] {
            assert_eq!(map(kind, prefix, path), place, "{kind:?} {prefix} {path}");
        }
    }

    #[test]
    fn the_database_is_beside_what_it_describes() {
        let of = |prefix: &str| Place::new("/r", Path::new(prefix), None).unwrap().usual_state_dir();
        assert_eq!(of("/usr").to_string(), "/var/lib/binpkg");
        assert_eq!(of("/opt/p").to_string(), "/opt/p/.binpkg");
    }

    #[test]
    fn a_prefix_is_absolute_and_plain() {
        for (prefix, words) in [
            (
                "opt",
                "expected the prefix to be an absolute path such as /usr, found `opt`",
            ),
            ("/opt/../etc", "the prefix `/opt/../etc` cannot be used"),
        ] {
            let error = Place::new("/r", Path::new(prefix), None).unwrap_err();
            assert_eq!(error.to_string(), words);
        }
    }
}
