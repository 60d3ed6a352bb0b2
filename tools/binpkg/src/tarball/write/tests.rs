use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::*;
use crate::metadata::LayoutKind;
use crate::tarball::testing::{metadata, scan};
use crate::tarball::{Contents, NoSink, ReadLimits, read};

const GZ: WriteOptions = WriteOptions {
    compression: Compression::Gz,
    mtime: 0,
    threads: 1,
};
const ZST: WriteOptions = WriteOptions {
    compression: Compression::Zst,
    mtime: 0,
    threads: 1,
};

/// The tree of section 4.3.
fn vector() -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    let root = world.path();
    fs::create_dir_all(root.join("usr/bin")).unwrap();
    fs::create_dir_all(root.join("usr/share/empty")).unwrap();
    fs::write(root.join("usr/bin/hello"), "hello\n").unwrap();
    fs::write(root.join("usr/bin/su"), "x").unwrap();
    fs::write(root.join("usr/share/a b%c.txt"), "").unwrap();
    symlink("hello", root.join("usr/bin/hi")).unwrap();
    for program in ["usr/bin/hello", "usr/bin/su"] {
        fs::set_permissions(root.join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    world
}

fn pack(tree: &Path, permissions: &str, options: &WriteOptions) -> (Vec<u8>, Sha256) {
    let payload = scan(tree, permissions);
    let metadata = metadata(payload.manifest(), payload.kind());
    let mut bytes = Vec::new();
    let (digest, size) = write(&payload, &metadata, options, &mut bytes).unwrap();
    assert_eq!((digest, size), (Sha256::of(&bytes), bytes.len() as u64));
    (bytes, digest)
}

fn uncompressed(bytes: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    archive::decode(bytes, &[archive::Codec::Gzip])
        .unwrap()
        .read_to_end(&mut tar)
        .unwrap();
    tar
}

const SU: &str = r#"[{"path": "usr/bin/su", "mode": "4755", "user": "root"}]"#;

/// Pins the bytes: the same tree gives them on every machine with this release. A new release of a compressor may change
/// the compressed ones; identity is the content hash.
#[test]
fn golden() {
    let (gz, digest) = pack(vector().path(), SU, &GZ);
    assert_eq!(
        digest.hex(),
        "0292b4c227381d1b8d06b57faaec6e35bd8aa187c2fa919db3e629a776a0527a"
    );
    assert_eq!(
        Sha256::of(&uncompressed(&gz)).hex(),
        "4ec0742627988b2be4175eb588bc02e310fa97053480ec75d33dfc38bb42da9e"
    );
    assert_eq!(gz[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    let (_, digest) = pack(vector().path(), SU, &ZST);
    assert_eq!(
        digest.hex(),
        "e37deef8043f9e107dc4df7cacc03faf6a6c48b333c20698a037cdcb8ceb63e3"
    );
}

#[test]
fn order_names_modes_and_times() {
    let (gz, _) = pack(
        vector().path(),
        SU,
        &WriteOptions {
            mtime: 315_532_800,
            ..GZ
        },
    );
    let tar = uncompressed(&gz);
    let mut archive = tar::Archive::new(&tar[..]);
    let (mut lines, mut blocks) = (Vec::new(), 2);
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(
            (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()),
            (0, 0, 315_532_800)
        );
        assert_eq!(header.groupname_bytes(), Some(&b""[..]));
        blocks += 1 + header.entry_size().unwrap().div_ceil(512);
        let (name, user) = (entry.path_bytes(), header.username().unwrap().unwrap());
        lines.push(format!(
            "{:04o} {user}{}",
            header.mode().unwrap(),
            String::from_utf8_lossy(&name)
        ));
    }
    assert_eq!(
        lines,
        [
            "0644 METADATA.json",
            "0644 MANIFEST",
            "0755 tool/",
            "0755 tool/usr/",
            "0755 tool/usr/bin/",
            "0755 tool/usr/bin/hello",
            "0777 tool/usr/bin/hi",
            "4755 roottool/usr/bin/su",
            "0755 tool/usr/share/",
            "0644 tool/usr/share/a b%c.txt",
            "0755 tool/usr/share/empty/",
        ]
    );
    // Two zero blocks, and no padding to a larger record.
    assert_eq!(tar.len() as u64, 512 * blocks);
}

/// Files that share an inode are packed as if they did not.
#[test]
fn hard_links_leave_no_trace() {
    let (linked, copied) = (vector(), vector());
    fs::hard_link(linked.path().join("usr/bin/hello"), linked.path().join("usr/bin/again")).unwrap();
    fs::copy(copied.path().join("usr/bin/hello"), copied.path().join("usr/bin/again")).unwrap();
    assert_eq!(pack(linked.path(), "[]", &GZ), pack(copied.path(), "[]", &GZ));
}

#[test]
fn what_is_written_reads_back() {
    let world = vector();
    let deep = world.path().join("usr").join("d".repeat(200)).join("e".repeat(200));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("f".repeat(255)), "deep").unwrap();
    symlink("g".repeat(300), deep.join("long link")).unwrap();
    for options in [GZ, ZST] {
        let (bytes, _) = pack(world.path(), SU, &options);
        let package = read(&bytes[..], ReadLimits::default(), &mut NoSink).unwrap();
        let Contents::Listed(manifest) = &package.contents else {
            panic!("expected a listed manifest")
        };
        assert_eq!(manifest, scan(world.path(), SU).manifest());
        assert_eq!(package.metadata.name.as_str(), "tool");
    }
}

#[test]
fn an_empty_payload() {
    let world = tempfile::tempdir().unwrap();
    let (bytes, _) = pack(world.path(), "[]", &ZST);
    let package = read(&bytes[..], ReadLimits::default(), &mut NoSink).unwrap();
    assert!(package.contents.manifest().entries().is_empty());
}

#[test]
fn a_file_that_changes_meanwhile_is_refused() {
    let world = tempfile::tempdir().unwrap();
    let file = world.path().join("file");
    fs::write(&file, "hello\n").unwrap();
    let payload = scan(world.path(), "[]");
    let metadata = metadata(payload.manifest(), LayoutKind::Prefix);
    for (text, words) in [
        ("hello", "expected 6 bytes, found 5 bytes"),
        ("hello\nx", "expected 6 bytes, found more than 6 bytes"),
        (
            "Hello\n",
            "expected sha256 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03, found sha256 ",
        ),
    ] {
        fs::write(&file, text).unwrap();
        let error = write(&payload, &metadata, &GZ, io::sink()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    fs::remove_file(&file).unwrap();
    assert!(matches!(
        write(&payload, &metadata, &GZ, io::sink()),
        Err(WriteError::Read { .. })
    ));
}
