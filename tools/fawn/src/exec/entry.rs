//! What stands at a path, by content: the value of an artifact.

use digest::{Hasher, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A regular file by content. Of its mode only the executable bit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileEntry {
    /// Digest of the bytes.
    pub digest: Sha256,
    /// Size in bytes.
    pub size: u64,
    /// Whether the owner may execute it.
    pub executable: bool,
}

/// A file, a symbolic link or a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A regular file.
    File(FileEntry),
    /// A link with its target as written.
    Link(Arc<str>),
    /// A directory, possibly empty.
    Dir(Arc<Tree>),
}

/// A directory by content; its digest covers everything below it.
#[derive(Debug, PartialEq, Eq)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
    digest: Sha256,
    links: bool,
}

impl Tree {
    /// A directory of these entries; names hold no `/`.
    pub fn new(entries: BTreeMap<String, Entry>) -> Self {
        let mut hasher = Hasher::new();
        let links = entries.values().any(Entry::has_links);
        for (name, entry) in &entries {
            hasher.update(entry.fingerprint().as_bytes());
            hasher.update(b"\0");
            hasher.update(name.as_bytes());
            hasher.update(b"\0");
        }
        Self {
            entries,
            digest: hasher.finish(),
            links,
        }
    }

    /// A directory of these entries whose digest is known: [`Tree::new`] has worked it out before.
    pub fn stored(entries: BTreeMap<String, Entry>, digest: Sha256) -> Self {
        Self {
            links: entries.values().any(Entry::has_links),
            entries,
            digest,
        }
    }

    /// The entries in name order.
    pub fn entries(&self) -> &BTreeMap<String, Entry> {
        &self.entries
    }

    /// Digest of all names, kinds and contents.
    pub fn digest(&self) -> Sha256 {
        self.digest
    }
}

impl Entry {
    /// A directory of these entries.
    pub fn dir(entries: BTreeMap<String, Entry>) -> Self {
        Entry::Dir(Arc::new(Tree::new(entries)))
    }

    /// A short text that is equal for equal content and for nothing else.
    pub fn fingerprint(&self) -> String {
        match self {
            Entry::File(file) => {
                format!(
                    "{} {} {}",
                    if file.executable { 'x' } else { 'f' },
                    file.digest,
                    file.size
                )
            }
            Entry::Link(target) => format!("l {target}"),
            Entry::Dir(tree) => format!("d {}", tree.digest),
        }
    }

    /// Whether it is a link or holds one.
    pub fn has_links(&self) -> bool {
        match self {
            Entry::File(_) => false,
            Entry::Link(_) => true,
            Entry::Dir(tree) => tree.links,
        }
    }

    /// What stands at a `/`-separated path inside; the entry itself for an empty path.
    pub fn descend(&self, path: &str) -> Option<&Entry> {
        path.split('/')
            .filter(|name| !name.is_empty())
            .try_fold(self, |entry, name| match entry {
                Entry::Dir(tree) => tree.entries.get(name),
                _ => None,
            })
    }

    /// Calls `visit` with the path of every file below (the empty path for a file itself), in name order.
    pub fn files<'a>(&'a self, visit: &mut dyn FnMut(&str, &'a FileEntry)) {
        self.walk(&mut String::new(), &mut |path, entry| {
            if let Entry::File(file) = entry {
                visit(path, file);
            }
        });
    }

    /// Calls `visit` with every entry, directories before what is in them.
    pub fn walk<'a>(&'a self, path: &mut String, visit: &mut dyn FnMut(&str, &'a Entry)) {
        visit(path, self);
        let Entry::Dir(tree) = self else { return };
        let length = path.len();
        for (name, entry) in &tree.entries {
            if length > 0 {
                path.push('/');
            }
            path.push_str(name);
            entry.walk(path, visit);
            path.truncate(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, executable: bool) -> Entry {
        Entry::File(FileEntry {
            digest: Sha256::of(text.as_bytes()),
            size: text.len() as u64,
            executable,
        })
    }

    fn dir(entries: &[(&str, Entry)]) -> Entry {
        Entry::dir(
            entries
                .iter()
                .map(|(name, entry)| ((*name).to_owned(), entry.clone()))
                .collect(),
        )
    }

    #[test]
    fn fingerprints_tell_contents_apart() {
        let all = [
            file("a", false),
            file("a", true),
            file("b", false),
            Entry::Link("a".into()),
            dir(&[]),
            dir(&[("a", file("a", false))]),
            dir(&[("b", file("a", false))]),
            dir(&[("a", dir(&[("a", file("a", false))]))]),
        ];
        let prints: std::collections::BTreeSet<_> = all.iter().map(Entry::fingerprint).collect();
        assert_eq!(prints.len(), all.len());
    }

    #[test]
    fn descends_and_lists() {
        let tree = dir(&[("a", dir(&[("x", file("1", false))])), ("b", file("2", true))]);
        assert_eq!(tree.descend("a/x"), Some(&file("1", false)));
        assert_eq!(tree.descend(""), Some(&tree));
        assert_eq!(tree.descend("b/x"), None);
        let mut seen = Vec::new();
        tree.files(&mut |path, _| seen.push(path.to_owned()));
        assert_eq!(seen, ["a/x", "b"]);
    }
}
