use std::collections::{BTreeMap, BTreeSet};

use super::Linked;
use crate::manifest::{EntryKind, PayloadPath};
use crate::metadata::LayoutKind;
use crate::payload::{Destination, resolve};

/// The libraries that the files of a package need and do not find in it.
pub(super) fn needs(linked: &Linked<'_>, provides: &BTreeSet<String>) -> BTreeMap<String, PayloadPath> {
    let mut needs = BTreeMap::new();
    for (path, dynamic) in &linked.files {
        for name in &dynamic.needed {
            let search = dynamic.search.iter().any(|place| is_there(linked, path, place, name));
            if !search && !provides.contains(&format!("so:{name}")) {
                needs.entry(name.clone()).or_insert_with(|| (*path).clone());
            }
        }
    }
    needs
}

/// Whether the payload has the library in a directory of the file's own search path.
fn is_there(linked: &Linked<'_>, file: &PayloadPath, place: &str, name: &str) -> bool {
    let target = match place
        .strip_prefix("$ORIGIN")
        .or_else(|| place.strip_prefix("${ORIGIN}"))
    {
        Some(rest) => format!("./{rest}/{name}"),
        None => match in_payload(linked, place) {
            Some(rest) => format!("/{rest}/{name}"),
            None => return false,
        },
    };
    match resolve(linked.manifest, file, target.as_bytes()) {
        Destination::Path(path) => {
            let found = linked.manifest.get(&path).map(|entry| &entry.kind);
            matches!(found, Some(EntryKind::File { .. }))
        }
        _ => false,
    }
}

/// An absolute directory as a path of the payload.
fn in_payload<'a>(linked: &Linked<'_>, place: &'a str) -> Option<&'a str> {
    match linked.places.kind {
        LayoutKind::Root => place.strip_prefix('/'),
        LayoutKind::Prefix => place.strip_prefix(linked.places.prefix),
    }
}
