//! Any archive as the tarball of a binary package: the reader ends without panic, within its limits, hands on no path that
//! leads outside, and what it accepts is what the manifest lists.

#![no_main]

use std::io::{self, Read, Write};

use archive::GzipWriter;
use binpkg::manifest::{Entry, EntryKind, PayloadPath};
use binpkg::tarball::{ReadLimits, Sink, read};
use libfuzzer_sys::fuzz_target;

const LIMITS: ReadLimits = ReadLimits {
    entries: 1000,
    bytes: 1 << 20,
};

fuzz_target!(|bytes: &[u8]| {
    // Mutating compressed bytes would test the decompressor, which has a target of its own.
    let mut packed = GzipWriter::new(Vec::new(), Some(1));
    packed.write_all(bytes).expect("writing to memory does not fail");
    let packed = packed.finish().expect("writing to memory does not fail");
    let mut seen = Seen::default();
    if let Ok(package) = read(&packed[..], LIMITS, &mut seen) {
        let entries = package.contents.manifest().entries();
        let files = entries
            .iter()
            .filter(|entry| matches!(entry.kind, EntryKind::File { .. }));
        assert_eq!(seen.files + seen.links, files.count() as u64);
        // The bytes of a second name are those of the first.
        if seen.links == 0 {
            assert_eq!(seen.bytes, package.contents.manifest().installed_size());
        }
    }
});

/// Counts what it is given.
#[derive(Default)]
struct Seen {
    files: u64,
    links: u64,
    bytes: u64,
}

fn check(path: &PayloadPath) {
    assert!(!path.as_bytes().starts_with(b"/"));
    assert!(
        path.parts()
            .all(|part| !part.is_empty() && part != b"." && part != b"..")
    );
}

impl Sink for Seen {
    fn directory(&mut self, entry: &Entry) -> io::Result<()> {
        check(&entry.path);
        Ok(())
    }

    fn file(&mut self, path: &PayloadPath, mode: u32, content: &mut dyn Read) -> io::Result<()> {
        check(path);
        assert!(mode <= 0o7777);
        self.files += 1;
        self.bytes += io::copy(content, &mut io::sink())?;
        Ok(())
    }

    fn link(&mut self, path: &PayloadPath, target: &[u8]) -> io::Result<()> {
        check(path);
        assert!(!target.contains(&0) && target.len() < 4096);
        Ok(())
    }

    fn hard_link(&mut self, path: &PayloadPath, earlier: &PayloadPath) -> io::Result<()> {
        check(path);
        check(earlier);
        self.links += 1;
        Ok(())
    }
}
