//! The digest of a directory as the Remote Execution API defines it, so that reports can be compared with Buck2's.
//!
//! A directory is the protocol buffer `Directory { files = 1, directories = 2, symlinks = 3 }`, its nodes in name order.

use super::entry::{Entry, Tree};
use digest::Sha256;

/// Digest and size of the message that describes a directory.
pub fn directory(tree: &Tree) -> (Sha256, u64) {
    let mut message = Vec::new();
    let nodes = || tree.entries().iter();
    for (name, entry) in nodes() {
        if let Entry::File(file) = entry {
            let mut node = Vec::new();
            bytes(&mut node, 1, name.as_bytes());
            bytes(&mut node, 2, &digest(&file.digest, file.size));
            if file.executable {
                varint(&mut node, 4 << 3);
                varint(&mut node, 1);
            }
            bytes(&mut message, 1, &node);
        }
    }
    for (name, entry) in nodes() {
        if let Entry::Dir(tree) = entry {
            let (hash, size) = directory(tree);
            let mut node = Vec::new();
            bytes(&mut node, 1, name.as_bytes());
            bytes(&mut node, 2, &digest(&hash, size));
            bytes(&mut message, 2, &node);
        }
    }
    for (name, entry) in nodes() {
        if let Entry::Link(target) = entry {
            let mut node = Vec::new();
            bytes(&mut node, 1, name.as_bytes());
            bytes(&mut node, 2, target.as_bytes());
            bytes(&mut message, 3, &node);
        }
    }
    (Sha256::of(&message), message.len() as u64)
}

fn digest(hash: &Sha256, size: u64) -> Vec<u8> {
    let mut message = Vec::new();
    bytes(&mut message, 1, hash.hex().as_bytes());
    // A zero is the default and left out.
    if size > 0 {
        varint(&mut message, 2 << 3);
        varint(&mut message, size);
    }
    message
}

/// A field of wire type 2.
fn bytes(message: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(message, field << 3 | 2);
    varint(message, value.len() as u64);
    message.extend_from_slice(value);
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        // The mask keeps it within a byte.
        message.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::entry::FileEntry;
    use std::collections::BTreeMap;

    fn file(text: &str, executable: bool) -> Entry {
        Entry::File(FileEntry {
            digest: Sha256::of(text.as_bytes()),
            size: text.len() as u64,
            executable,
        })
    }

    /// Digests that a real Buck2 reported for the same directory.
    #[test]
    fn agrees_with_buck2() {
        let tree = Tree::new(BTreeMap::from([
            ("abs".to_owned(), Entry::Link("/etc/passwd".into())),
            ("f".to_owned(), file("x\n", false)),
            ("l".to_owned(), Entry::Link("nowhere".into())),
        ]));
        let shown = |tree: &Tree| {
            let (hash, size) = directory(tree);
            format!("{hash}:{size}")
        };
        assert_eq!(
            shown(&tree),
            "58cf3441630aec98e07c918e36322ad8ecf0bc48d4c2277b591bb722709fbb70:109"
        );

        let a = BTreeMap::from([
            ("b".to_owned(), Entry::dir([("x".to_owned(), file("x\n", true))].into())),
            ("l".to_owned(), Entry::Link("b/x".into())),
            ("nil".to_owned(), file("", false)),
        ]);
        let deep = [
            ("a".to_owned(), Entry::dir(a)),
            ("empty".to_owned(), Entry::dir([].into())),
        ];
        let deep = Tree::new(deep.into());
        assert_eq!(
            shown(&deep),
            "ea38d6677755f18511ef4c3a9afafdb2751440b2d1838ba31c7ee01a5d89b72b:153"
        );
    }
}
