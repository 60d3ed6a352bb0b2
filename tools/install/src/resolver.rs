//! Follows the links of a target, as the target itself would see them: a link to `/x` means `x` in the root, and `..` at the
//! root is the root. What a transaction is about to change counts as changed.

use std::collections::HashMap;
use std::io;

use rustix::fs::FileType;

use crate::target_path::TargetPath;
use crate::tree::{Tree, file_type};

/// As many links as a system follows for one path; more is a circle.
const MAX_FOLLOWED: usize = 40;

/// Turns paths into places: the same, but without links on the way.
pub(crate) struct Resolver<'a> {
    tree: &'a Tree,
    /// What the transaction makes of a path: a link to there, or no link any more.
    planned: HashMap<TargetPath, Option<Vec<u8>>>,
    known: HashMap<TargetPath, TargetPath>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(tree: &'a Tree) -> Self {
        Self {
            tree,
            planned: HashMap::new(),
            known: HashMap::new(),
        }
    }

    /// From now on there is a link at `place`, or with `None` no link.
    pub(crate) fn plan(&mut self, place: TargetPath, link: Option<Vec<u8>>) {
        self.planned.insert(place, link);
        self.known.clear();
    }

    /// The place of a directory, itself followed if it is a link. What is missing counts as directories to be made.
    pub(crate) fn directory(&mut self, path: &TargetPath) -> io::Result<TargetPath> {
        if let Some(place) = self.known.get(path) {
            return Ok(place.clone());
        }
        let Some((parent, name)) = path.split() else {
            return Ok(TargetPath::root());
        };
        let parent = self.directory(&TargetPath::root().join(parent))?;
        let place = self.walk(parent, name)?;
        self.known.insert(path.clone(), place.clone());
        Ok(place)
    }

    /// The place of anything else: its directory is resolved, its own name is not.
    pub(crate) fn entry(&mut self, path: &TargetPath) -> io::Result<TargetPath> {
        match path.parent() {
            Some(parent) => Ok(self.directory(&parent)?.join(path.name())),
            None => Ok(TargetPath::root()),
        }
    }

    fn walk(&self, mut place: TargetPath, name: &[u8]) -> io::Result<TargetPath> {
        // The parts still to walk, the next one last.
        let mut parts = vec![name.to_vec()];
        let mut followed = 0;
        while let Some(part) = parts.pop() {
            if part.is_empty() || part == b"." {
                continue;
            }
            if part == b".." {
                place = place.parent().unwrap_or_default();
                continue;
            }
            let next = place.join(&part);
            let Some(target) = self.link(&next)? else {
                place = next;
                continue;
            };
            followed += 1;
            if followed > MAX_FOLLOWED {
                return Err(rustix::io::Errno::LOOP.into());
            }
            if target.starts_with(b"/") {
                place = TargetPath::root();
            }
            parts.extend(target.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec));
        }
        Ok(place)
    }

    fn link(&self, path: &TargetPath) -> io::Result<Option<Vec<u8>>> {
        if let Some(planned) = self.planned.get(path) {
            return Ok(planned.clone());
        }
        match self.tree.stat(path)? {
            Some(found) if file_type(&found) == FileType::Symlink => self.tree.read_link(path).map(Some),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    fn resolve(resolver: &mut Resolver<'_>, path: &str) -> String {
        let path = TargetPath::absolute(Path::new(path)).unwrap();
        match resolver.directory(&path) {
            Ok(place) => place.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn links_stay_in_the_root() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("usr/lib")).unwrap();
        for (link, target) in [
            ("lib", "usr/lib"),
            ("lib64", "/lib"),
            ("up", "../../../etc"),
            ("usr/up", ".."),
            ("circle", "circle"),
        ] {
            symlink(target, root.path().join(link)).unwrap();
        }
        let tree = Tree::open(root.path()).unwrap();
        let mut resolver = Resolver::new(&tree);
        for (path, place) in [
            ("/", "/"),
            ("/lib", "/usr/lib"),
            ("/lib64/x", "/usr/lib/x"),
            ("/up/x", "/etc/x"),
            ("/usr/up/lib", "/usr/lib"),
            ("/new/dir", "/new/dir"),
            ("/circle/x", "Too many levels of symbolic links (os error 40)"),
        ] {
            assert_eq!(resolve(&mut resolver, path), place, "{path}");
        }
    }

    #[test]
    fn what_is_planned_counts() {
        let root = tempfile::tempdir().unwrap();
        symlink("old", root.path().join("gone")).unwrap();
        let tree = Tree::open(root.path()).unwrap();
        let mut resolver = Resolver::new(&tree);
        let path = |text: &str| TargetPath::absolute(Path::new(text)).unwrap();
        resolver.plan(path("/gone"), None);
        resolver.plan(path("/lib"), Some(b"usr/lib".to_vec()));
        assert_eq!(resolve(&mut resolver, "/gone/x"), "/gone/x");
        assert_eq!(resolve(&mut resolver, "/lib/x"), "/usr/lib/x");
    }
}
