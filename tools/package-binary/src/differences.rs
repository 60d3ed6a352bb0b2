//! How two manifests differ.

use std::collections::BTreeMap;

use binpkg::manifest::{Entry, Manifest};

/// A line for each path that is not the same in both, in order of path.
pub fn differences(one: &Manifest, two: &Manifest) -> Vec<String> {
    let by_path = |manifest: &Manifest| -> BTreeMap<Vec<u8>, Entry> {
        let entries = manifest.entries().iter();
        entries
            .map(|entry| (entry.path.as_bytes().to_vec(), entry.clone()))
            .collect()
    };
    let (one, two) = (by_path(one), by_path(two));
    let paths: std::collections::BTreeSet<_> = one.keys().chain(two.keys()).collect();
    paths
        .into_iter()
        .filter_map(|path| match (one.get(path), two.get(path)) {
            (Some(one), Some(two)) if one == two => None,
            (Some(one), Some(two)) => Some(format!("{}: {:?} -> {:?}", one.path, Brief(one), Brief(two))),
            (Some(one), None) => Some(format!("{}: only in the first build", one.path)),
            (None, Some(two)) => Some(format!("{}: only in the second build", two.path)),
            (None, None) => None,
        })
        .collect()
}

/// An entry without its path.
struct Brief<'a>(&'a Entry);

impl std::fmt::Debug for Brief<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use binpkg::manifest::EntryKind;
        let mode = self.0.mode;
        match &self.0.kind {
            EntryKind::Directory => write!(f, "directory {mode:04o}"),
            EntryKind::File { size, sha256 } => write!(f, "file {mode:04o} of {size} bytes {}", sha256.short()),
            EntryKind::Link { target } => write!(f, "link to {}", target.escape_ascii()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_difference() {
        let parse = |lines: &str| Manifest::parse(format!("binpkg-manifest/1\n{lines}").as_bytes()).unwrap();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let one = parse(&format!(
            "d 0755 - - a\nf 0644 0 {empty} a/gone\nl 0777 - x a/link\nf 0644 0 {empty} a/mode\nf 0644 0 {empty} a/same\n"
        ));
        let two = parse(&format!(
            "d 0755 - - a\nl 0777 - y a/link\nf 0755 0 {empty} a/mode\nf 0644 0 {empty} a/new\nf 0644 0 {empty} a/same\n"
        ));
        assert_eq!(
            differences(&one, &two),
            [
                "a/gone: only in the first build",
                "a/link: link to x -> link to y",
                "a/mode: file 0644 of 0 bytes e3b0c442 -> file 0755 of 0 bytes e3b0c442",
                "a/new: only in the second build",
            ]
        );
        assert!(differences(&one, &one).is_empty());
    }
}
