//! Any tar stream: the walker ends without panic, within its limits, and no name leads outside.

#![no_main]

use std::io::Read;
use std::path::Component;

use archive::{EntryKind, Limits, Symlinks, walk};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for symlinks in [Symlinks::Refuse, Symlinks::InsideTree] {
        let limits = Limits {
            bytes: 1 << 20,
            entries: 1000,
            symlinks,
        };
        let mut total = 0;
        let _ = walk(bytes, &limits, |entry, content| {
            assert!(
                entry
                    .path
                    .as_path()
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)))
            );
            assert!(entry.mode <= 0o777);
            match &entry.kind {
                EntryKind::File { size } => {
                    total += size;
                    assert!(total <= limits.bytes);
                    let mut read = Vec::new();
                    let _ = content.take(limits.bytes).read_to_end(&mut read);
                    assert!(read.len() as u64 <= *size);
                }
                EntryKind::Symlink { target } => {
                    assert!(symlinks == Symlinks::InsideTree && !target.starts_with(b"/"));
                }
                EntryKind::Directory => {}
            }
            Ok(())
        });
    }
});
