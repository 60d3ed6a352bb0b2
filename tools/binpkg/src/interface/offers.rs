use std::collections::BTreeSet;

use super::Linked;
use crate::manifest::{Entry, EntryKind, Manifest, PayloadPath};
use crate::metadata::LayoutKind;
use crate::payload::{Destination, resolve};

/// The names under which others may find something of the package.
pub(super) fn offers(linked: &Linked<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in linked.manifest.entries() {
        // Names that are no text, or would break a list, are nothing that anybody can ask for.
        let Some(name) = std::str::from_utf8(entry.path.file_name())
            .ok()
            .filter(|name| is_plain(name))
        else {
            continue;
        };
        match entry.path.parent().as_ref().map(PayloadPath::file_name) {
            Some(b"bin" | b"sbin") if is_program(linked.manifest, entry) => {
                names.insert(format!("bin:{name}"));
            }
            Some(b"pkgconfig") if entry.kind != EntryKind::Directory => {
                names.extend(name.strip_suffix(".pc").map(|name| format!("pc:{name}")));
            }
            _ => {}
        }
    }
    for (path, dynamic) in &linked.files {
        if let Some(soname) = &dynamic.soname
            && is_in_library_directory(linked, path)
        {
            names.insert(format!("so:{soname}"));
        }
    }
    names
}

fn is_plain(name: &str) -> bool {
    !name.chars().any(|c| c.is_control() || c.is_whitespace())
}

fn is_program(manifest: &Manifest, entry: &Entry) -> bool {
    match &entry.kind {
        EntryKind::Directory => false,
        EntryKind::File { .. } => entry.mode & 0o111 != 0,
        EntryKind::Link { target } => match resolve(manifest, &entry.path, target) {
            Destination::Path(path) => manifest.get(&path).is_some_and(|entry| is_program(manifest, entry)),
            _ => false,
        },
    }
}

/// True where the linker looks for everybody's libraries. Those in other directories are a package's own plugins.
fn is_in_library_directory(linked: &Linked<'_>, path: &PayloadPath) -> bool {
    let Some(parent) = path.parent() else { return false };
    let places = linked.places;
    let own = match places.kind {
        LayoutKind::Root => format!("{}/{}", places.prefix.trim_matches('/'), places.libdir),
        LayoutKind::Prefix => places.libdir.to_owned(),
    };
    let usual: &[&[u8]] = match places.kind {
        LayoutKind::Root => &[b"lib", b"lib64", b"usr/lib", b"usr/lib64"],
        LayoutKind::Prefix => &[b"lib"],
    };
    parent.as_bytes() == own.as_bytes() || usual.contains(&parent.as_bytes())
}
