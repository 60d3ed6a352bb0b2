//! The stored form of a directory: one record an entry, depth first, so that a tree of thousands of files is one blob.
//!
//! `f|x DIGEST SIZE NAME`, `l NAME/TARGET`, `d NAME` … `e DIGEST`, and a last `e DIGEST` for the whole; every record ends with
//! a zero byte. The digests of directories are there to be taken over: what was stored comes back hashed as a blob.

use super::entry::{Entry, FileEntry, Tree};
use std::fmt::Write as _;

/// The bytes of a tree.
pub fn encode(tree: &Tree) -> Vec<u8> {
    let mut out = String::new();
    write_tree(tree, &mut out);
    out.into_bytes()
}

/// The entries, and the record that ends them.
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
            }
        }
    }
    let _ = write!(out, "e {}\0", tree.digest());
}

/// The tree of these bytes, or `None` if they are no manifest.
pub fn decode(bytes: &[u8]) -> Option<Entry> {
    let mut records = std::str::from_utf8(bytes).ok()?.split_terminator('\0');
    let mut open: Vec<(&str, Vec<(String, Entry)>)> = vec![("", Vec::new())];
    loop {
        let (kind, rest) = records.next()?.split_once(' ')?;
        let (name, entry) = match kind {
            "d" => {
                open.push((rest, Vec::new()));
                continue;
            }
            "e" => {
                let (name, entries) = open.pop()?;
                let tree = Tree::stored(entries.into_iter().collect(), rest.parse().ok()?);
                let entry = Entry::Dir(tree.into());
                if open.is_empty() {
                    return records.next().is_none().then_some(entry);
                }
                (name, entry)
            }
            "l" => {
                let (name, target) = rest.split_once('/')?;
                (name, Entry::Link(target.into()))
            }
            "f" | "x" => {
                let mut fields = rest.splitn(3, ' ');
                let digest = fields.next()?.parse().ok()?;
                let size = fields.next()?.parse().ok()?;
                let executable = kind == "x";
                (
                    fields.next()?,
                    Entry::File(FileEntry {
                        digest,
                        size,
                        executable,
                    }),
                )
            }
            _ => return None,
        };
        open.last_mut()?.1.push((name.to_owned(), entry));
    }
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
        let end = format!("e {}\0", Sha256::of(b""));
        assert_eq!(decode(end.as_bytes()), Some(Entry::dir([].into())));
        for bad in [
            "",
            "q x\0",
            "f 00 1 x\0",
            "d x\0",
            "e\0",
            "e 00\0",
            "l x\0",
            &end.repeat(2),
        ] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad:?}");
            if !bad.is_empty() {
                assert_eq!(decode(format!("{bad}{end}").as_bytes()), None, "{bad:?} and an end");
            }
        }
    }
}
