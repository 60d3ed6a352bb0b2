//! Archives that nobody would write who means well, each with a sidecar that fits: refused with exit code 4, and neither the root
//! nor anything beside it changes.
#![cfg(unix)]

mod world;

use std::fs;
use std::io::Write as _;

use digest::Sha256;
use world::World;

/// Digest of `hello\n`.
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

/// A tar archive in the making, without any check.
#[derive(Clone, Default)]
struct Tar(Vec<u8>);

impl Tar {
    /// One that begins as a package `tool` with these manifest lines does.
    fn package(lines: &[&str]) -> Self {
        let manifest: String = std::iter::once("binpkg-manifest/1")
            .chain(lines.iter().copied())
            .map(|line| format!("{line}\n"))
            .collect();
        let hash = Sha256::of(manifest.as_bytes());
        let metadata = format!(
            r#"{{"schema": "binpkg-metadata/1", "target": "//tool:tool", "name": "tool", "version": "1",
                "config_hash": "86884539", "config_hash_full": "{:0<64}", "content_hash": "{}", "content_hash_full": "{hash}",
                "layout": {{"kind": "root", "prefix": "/usr", "libdir": "lib"}}}}"#,
            "86884539",
            hash.short(),
        );
        Self::default()
            .file("METADATA.json", metadata.as_bytes())
            .file("MANIFEST", manifest.as_bytes())
            .member(b'5', 0o755, "tool/", "", b"")
    }

    fn member(mut self, kind: u8, mode: u32, name: &str, link: &str, content: &[u8]) -> Self {
        let mut header = [0_u8; 512];
        let put = |header: &mut [u8; 512], at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        if name.len() > 100 {
            // A long name is a member of its own before.
            let long = [name.as_bytes(), b"\0"].concat();
            self = self.member(b'L', 0o644, "././@LongLink", "", &long);
        }
        put(&mut header, 0, &name.as_bytes()[..name.len().min(100)]);
        for (at, value) in [(100, mode), (108, 0), (116, 0)] {
            put(&mut header, at, format!("{value:07o}").as_bytes());
        }
        put(&mut header, 124, format!("{:011o}", content.len()).as_bytes());
        put(&mut header, 136, b"00000000000");
        header[156] = kind;
        put(&mut header, 157, link.as_bytes());
        put(&mut header, 257, b"ustar\x0000");
        put(&mut header, 148, b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        put(&mut header, 148, format!("{sum:06o}\0 ").as_bytes());
        self.0.extend(header);
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, name: &str, content: &[u8]) -> Self {
        self.member(b'0', 0o644, name, "", content)
    }

    fn folder(self, name: &str) -> Self {
        self.member(b'5', 0o755, name, "", b"")
    }

    fn link(self, name: &str, target: &str) -> Self {
        self.member(b'2', 0o777, name, target, b"")
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = archive::GzipWriter::new(Vec::new(), None);
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// Installs an archive whose sidecar says nothing but the truth about its bytes.
fn refused(what: &str, bytes: &[u8]) {
    let world = World::new();
    let name = "tool-1-86884539-bin.tar.gz";
    let path = world.path("here").join(name);
    fs::write(&path, bytes).unwrap();
    let sidecar = format!(
        "{}  {name}\n# Config Hash: 86884539\n# Content Hash: 00000000\n# Package: tool\n# Version: 1\n# Target: //tool:tool\n",
        Sha256::of(bytes)
    );
    // The content hash of the sidecar is that of the manifest, so that nothing but the archive itself is wrong.
    let manifest = manifest_hash(bytes);
    let sidecar = sidecar.replace("00000000", &manifest[..8])
        + &format!(
            "# Config Hash Full: {:0<64}\n# Content Hash Full: {manifest}\n",
            "86884539"
        );
    fs::write(world.path("here").join(format!("{name}.sha256")), sidecar).unwrap();
    fs::write(world.path("outside"), "as it was").unwrap();
    let before: Vec<_> = names_beside(&world);
    let said = world.run(&[&format!("./{name}"), "--root", "../root", "-q"]);
    assert_eq!(said.code, Some(4), "{what}: {}{}", said.stdout, said.stderr);
    assert_eq!(world.names("root"), Vec::<String>::new(), "{what}");
    assert_eq!(names_beside(&world), before, "{what}");
    assert_eq!(
        fs::read_to_string(world.path("outside")).unwrap(),
        "as it was",
        "{what}"
    );
}

fn names_beside(world: &World) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(world.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The digest of the first `MANIFEST` of a gzipped archive; of nothing, where there is none.
fn manifest_hash(bytes: &[u8]) -> String {
    use std::io::Read as _;
    let mut plain = Vec::new();
    let _ = flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain);
    let at = plain.chunks(512).position(|block| block.starts_with(b"MANIFEST\0"));
    let manifest = at.and_then(|block| {
        let start = block * 512;
        let size = usize::from_str_radix(std::str::from_utf8(&plain[start + 124..start + 135]).ok()?, 8).ok()?;
        plain.get(start + 512..start + 512 + size)
    });
    Sha256::of(manifest.unwrap_or_default()).hex()
}

#[test]
fn a_good_one_of_this_writer_is_taken() {
    let world = World::new();
    let line = format!("f 0644 6 {HELLO} usr/x");
    let bytes = gz(&Tar::package(&["d 0755 - - usr", &line])
        .folder("tool/usr/")
        .file("tool/usr/x", b"hello\n")
        .end());
    let name = "tool-1-86884539-bin.tar.gz";
    fs::write(world.path("here").join(name), &bytes).unwrap();
    let manifest = manifest_hash(&bytes);
    let sidecar = format!(
        "{}  {name}\n# Config Hash: 86884539\n# Content Hash: {}\n# Package: tool\n# Version: 1\n# Target: //tool:tool\n",
        Sha256::of(&bytes),
        &manifest[..8]
    );
    fs::write(world.path("here").join(format!("{name}.sha256")), sidecar).unwrap();
    world.done(&[&format!("./{name}"), "--root", "../root"]);
    assert_eq!(world.names("root"), ["usr/x"]);
}

#[test]
fn paths_that_lead_elsewhere() {
    for path in [
        "/etc/x",
        "tool/../../outside",
        "tool/./x",
        "tool//x",
        "tool/a/../../../outside",
        "other/x",
        "x",
        &format!("tool/{}", "a".repeat(300)),
    ] {
        let line = format!("f 0644 6 {HELLO} x");
        refused(path, &gz(&Tar::package(&[&line]).file(path, b"hello\n").end()));
        // Where no manifest says what there is.
        refused(path, &gz(&Tar::default().file(path, b"hello\n").end()));
    }
    let deep = format!("tool/{}x", "a/".repeat(2100));
    refused("a path over 4096 bytes", &gz(&Tar::package(&[]).file(&deep, b"").end()));
}

#[test]
fn entries_that_are_no_files() {
    let line = format!("f 0644 6 {HELLO} x");
    for (what, kind) in [
        ("hard link", b'1'),
        ("character device", b'3'),
        ("block device", b'4'),
        ("FIFO", b'6'),
        ("contiguous", b'7'),
        ("sparse", b'S'),
        ("unknown", b'Z'),
    ] {
        refused(
            what,
            &gz(&Tar::package(&[&line])
                .member(kind, 0o644, "tool/x", "tool/y", b"")
                .end()),
        );
    }
}

#[test]
fn links_out_of_the_root() {
    for target in ["../../outside", "../../../../../etc"] {
        let line = format!("l 0777 - {target} x");
        refused(target, &gz(&Tar::package(&[&line]).link("tool/x", target).end()));
    }
    // A file through a link of the same archive.
    let file = format!("f 0644 6 {HELLO} d/x");
    let bytes = gz(&Tar::package(&["l 0777 - .. d", &file])
        .link("tool/d", "..")
        .file("tool/d/x", b"hello\n")
        .end());
    refused("through a link", &bytes);
}

#[test]
fn other_than_the_manifest() {
    let line = format!("f 0644 6 {HELLO} x");
    let good = || Tar::package(&[&line]);
    for (what, tar) in [
        (
            "not in the manifest",
            good().file("tool/x", b"hello\n").file("tool/y", b""),
        ),
        ("missing", good()),
        ("twice", good().file("tool/x", b"hello\n").file("tool/x", b"hello\n")),
        ("other size", good().file("tool/x", b"hello\nhello\n")),
        ("other bytes", good().file("tool/x", b"hellx\n")),
        ("other mode", good().member(b'0', 0o755, "tool/x", "", b"hello\n")),
        ("a set-id bit", good().member(b'0', 0o4755, "tool/x", "", b"hello\n")),
        ("a link in its place", good().link("tool/x", "y")),
        (
            "a second manifest",
            good()
                .file("MANIFEST", b"binpkg-manifest/1\n")
                .file("tool/x", b"hello\n"),
        ),
        (
            "second metadata",
            good().file("METADATA.json", b"{}").file("tool/x", b"hello\n"),
        ),
        ("a bomb", good().file("tool/x", &vec![0; 8 << 20])),
    ] {
        refused(what, &gz(&tar.end()));
    }
}

#[test]
fn streams_that_do_not_end_well() {
    let line = format!("f 0644 6 {HELLO} x");
    let plain = Tar::package(&[&line]).file("tool/x", b"hello\n").end();
    let bytes = gz(&plain);
    refused("bytes after the archive", &gz(&[&plain[..], b"more"].concat()));
    refused("bytes after the stream", &[&bytes[..], b"more"].concat());
    refused("two streams", &[&bytes[..], &bytes[..]].concat());
    refused("cut", &bytes[..bytes.len() - 10]);
    refused("no gzip", b"not even an archive");
}
