//! Actions that need no program: their outputs follow from contents that are known already.

use super::entry::{Entry, FileEntry};
use super::paths;
use crate::action::Artifact;
use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// A copy of `entry`, moved from one project path to another: links inside go on pointing where they did.
pub fn copy(entry: &Entry, from: &str, to: &str, executable: Option<bool>) -> Entry {
    match entry {
        Entry::File(file) => Entry::File(FileEntry {
            executable: executable.unwrap_or(file.executable),
            ..*file
        }),
        Entry::Link(target) => match paths::resolve(paths::parent(from), target) {
            Some(target) => Entry::Link(paths::relative(paths::parent(to), &target).into()),
            None => entry.clone(),
        },
        Entry::Dir(tree) if executable.is_none() && !entry.has_links() => Entry::Dir(tree.clone()),
        Entry::Dir(tree) => Entry::dir(
            tree.entries()
                .iter()
                .map(|(name, child)| {
                    let place = |directory: &str| format!("{directory}/{name}");
                    (name.clone(), copy(child, &place(from), &place(to), executable))
                })
                .collect(),
        ),
    }
}

/// A link at the project path `at` that leads to the project path `to`.
pub fn link(at: &str, to: &str) -> Entry {
    Entry::Link(paths::relative(paths::parent(at), to).into())
}

/// A directory at the project path `root`, made of artifacts.
///
/// # Errors
/// Two entries of which one would lie inside the other.
pub fn tree(
    root: &str,
    entries: &BTreeMap<String, Artifact>,
    links: bool,
    value: &mut dyn FnMut(&Artifact) -> Result<Entry>,
) -> Result<Entry> {
    let mut top = Node::default();
    for (path, artifact) in entries {
        let at = format!("{root}/{path}");
        let entry = if links {
            link(&at, artifact.path())
        } else {
            copy(&value(artifact)?, artifact.path(), &at, None)
        };
        if !top.insert(path, entry) {
            bail!("two entries of the directory collide at `{path}`");
        }
    }
    Ok(top.finish())
}

#[derive(Default)]
struct Node {
    leaves: BTreeMap<String, Entry>,
    directories: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, path: &str, entry: Entry) -> bool {
        match path.split_once('/') {
            Some((name, rest)) if !self.leaves.contains_key(name) => {
                self.directories.entry(name.to_owned()).or_default().insert(rest, entry)
            }
            None if !self.directories.contains_key(path) => self.leaves.insert(path.to_owned(), entry).is_none(),
            _ => false,
        }
    }

    fn finish(self) -> Entry {
        let mut entries = self.leaves;
        entries.extend(self.directories.into_iter().map(|(name, node)| (name, node.finish())));
        Entry::dir(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use digest::Sha256;

    fn file(executable: bool) -> Entry {
        Entry::File(FileEntry {
            digest: Sha256::of(b"x"),
            size: 1,
            executable,
        })
    }

    #[test]
    fn copied_links_point_back() {
        let entry = Entry::dir([("l".to_owned(), Entry::Link("f".into())), ("f".to_owned(), file(false))].into());
        let moved = copy(&entry, "out/a", "out/b/c", Some(true));
        assert_eq!(moved.descend("l"), Some(&Entry::Link("../../a/f".into())));
        assert_eq!(moved.descend("f"), Some(&file(true)));
        assert_eq!(
            copy(&Entry::Link("/abs".into()), "a", "b/c", None),
            Entry::Link("/abs".into())
        );
    }

    #[test]
    fn trees_of_links_and_of_copies() {
        let entries = BTreeMap::from([
            ("a/b".to_owned(), Artifact::Source("src/f".into())),
            ("c".into(), Artifact::Source("g".into())),
        ]);
        let mut value = |_: &Artifact| Ok(file(true));
        let linked = tree("out/d", &entries, true, &mut value).unwrap();
        assert_eq!(linked.descend("a/b"), Some(&Entry::Link("../../../src/f".into())));
        let copied = tree("out/d", &entries, false, &mut value).unwrap();
        assert_eq!(copied.descend("c"), Some(&file(true)));
    }

    #[test]
    fn colliding_entries_are_refused() {
        let entries = BTreeMap::from([
            ("a".to_owned(), Artifact::Source("f".into())),
            ("a/b".to_owned(), Artifact::Source("g".into())),
        ]);
        let error = tree("o", &entries, false, &mut |_| Ok(file(false))).unwrap_err();
        assert_eq!(error.to_string(), "two entries of the directory collide at `a/b`");
    }
}
