//! The stored form of a directory: one record an entry, depth first, so that a tree of thousands of files is one blob.
//!
//! `f|x DIGEST SIZE NAME`, `l NAME/TARGET`, `d NAME` … `e`; every record ends with a zero byte.

use super::entry::{Entry, FileEntry, Tree};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The bytes of a tree.
pub fn encode(tree: &Tree) -> Vec<u8> {
    let mut out = String::new();
    write_tree(tree, &mut out);
    out.into_bytes()
}

fn write_tree(tree: &Tree, out: &mut String) {
    for (name, entry) in tree.entries() {
        match entry {
            Entry::File(file) => {
                let kind = if file.executable { 'x' } else { 'f' };
                // Writing to a string cannot fail.
                let _ = write!(out, "{kind} {} {} {name}\0", file.digest, file.size);
            }
            Entry::Link(target) => {
                let _ = write!(out, "l {name}/{target}\0");
            }
            Entry::Dir(tree) => {
                let _ = write!(out, "d {name}\0");
                write_tree(tree, out);
                out.push_str("e\0");
            }
        }
    }
}

/// The tree of these bytes, or `None` if they are no manifest.
pub fn decode(bytes: &[u8]) -> Option<Entry> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut open: Vec<(String, BTreeMap<String, Entry>)> = vec![(String::new(), BTreeMap::new())];
    for record in text.split_terminator('\0') {
        if record == "e" {
            let (name, entries) = open.pop()?;
            open.last_mut()?.1.insert(name, Entry::dir(entries));
            continue;
        }
        let (kind, rest) = record.split_once(' ')?;
        let (name, entry) = match kind {
            "d" => {
                open.push((rest.to_owned(), BTreeMap::new()));
                continue;
            }
            "l" => {
                let (name, target) = rest.split_once('/')?;
                (name, Entry::Link(target.into()))
            }
            "f" | "x" => {
                let mut fields = rest.splitn(3, ' ');
                let digest = fields.next()?.parse().ok()?;
                let size = fields.next()?.parse().ok()?;
                (
                    fields.next()?,
                    Entry::File(FileEntry {
                        digest,
                        size,
                        executable: kind == "x",
                    }),
                )
            }
            _ => return None,
        };
        open.last_mut()?.1.insert(name.to_owned(), entry);
    }
    let (_, entries) = open.pop()?;
    open.is_empty().then(|| Entry::dir(entries))
}

#[cfg(test)]
mod tests {
    use super::*;
    use digest::Sha256;

    #[test]
    fn comes_back_as_it_was() {
        let file = |executable| {
            Entry::File(FileEntry {
                digest: Sha256::of(b"x"),
                size: 1,
                executable,
            })
        };
        let inner = Entry::dir(
            [
                ("a b\nc".to_owned(), file(true)),
                ("l".to_owned(), Entry::Link("../x/y z".into())),
            ]
            .into(),
        );
        let tree = Entry::dir(
            [
                ("d".to_owned(), inner),
                ("e".to_owned(), Entry::dir([].into())),
                ("f".to_owned(), file(false)),
            ]
            .into(),
        );
        let Entry::Dir(root) = &tree else { unreachable!() };
        assert_eq!(decode(&encode(root)), Some(tree));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["q x\0", "f 00 1 x\0", "d x\0", "e\0", "l x\0"] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
