use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;

use super::*;
use crate::metadata::LayoutKind;
use crate::tarball::testing::{metadata, scan};
use crate::tarball::{Contents, NoSink, ReadLimits, TreeSink, read};

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
        "375384787581e19709ef477dc4a3f9b576ce2d3d7c0801d3ba7db338ac87e0c9"
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

/// Names and links that only systems of this kind have come out as they went in.
#[test]
fn odd_names_and_links_come_back() {
    let world = tempfile::tempdir().unwrap();
    let top = world.path().join("usr");
    // A part has at most 255 bytes, so a longer name is one with a folder.
    let long = top.join("n".repeat(200)).join("m".repeat(99));
    fs::create_dir_all(long.parent().unwrap()).unwrap();
    fs::write(&long, "long").unwrap();
    for name in [&b"\xff\xfe"[..], b"new\nline", b" ", b"\\", b"%41"] {
        fs::write(top.join(OsStr::from_bytes(name)), name).unwrap();
    }
    for (link, target) in [
        ("dangling", &b"missing\xff\n"[..]),
        ("absolute", b"/bin/sh"),
        ("self", b"self"),
    ] {
        symlink(OsStr::from_bytes(target), top.join(link)).unwrap();
    }
    let expected = scan(world.path(), "[]");
    for options in [GZ, ZST] {
        let (bytes, _) = pack(world.path(), "[]", &options);
        let out = tempfile::tempdir().unwrap();
        read(&bytes[..], ReadLimits::default(), &mut TreeSink::new(out.path())).unwrap();
        assert_eq!(scan(out.path(), "[]").manifest(), expected.manifest());
        assert_eq!(
            fs::read(out.path().join("usr").join(OsStr::from_bytes(b"\xff\xfe"))).unwrap(),
            b"\xff\xfe"
        );
    }
}

/// Who owns the files and when they were made leaves no trace, nor do modes beyond the execute bit.
#[test]
fn the_machine_leaves_no_trace() {
    let (one, two) = (vector(), vector());
    let hello = two.path().join("usr/bin/hello");
    fs::set_permissions(&hello, fs::Permissions::from_mode(0o4711)).unwrap();
    fs::set_permissions(two.path().join("usr/share"), fs::Permissions::from_mode(0o2700)).unwrap();
    let times = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
    for path in ["usr/bin/hello", "usr/share/empty", "usr"] {
        File::open(two.path().join(path)).unwrap().set_times(times).unwrap();
    }
    if let Err(error) = lchown(&hello, Some(12345), Some(54321)) {
        eprintln!("SKIPPED: files of another owner: {error}");
    }
    for options in [GZ, ZST] {
        assert_eq!(pack(one.path(), SU, &options), pack(two.path(), SU, &options));
    }
}

/// A size that no octal field holds. The file has no blocks; only its length is there.
#[test]
#[ignore = "hashes 24 GiB; scripts/long/large-file runs it"]
fn a_file_over_8_gib() {
    let world = tempfile::tempdir().unwrap();
    let size = (8 << 30) + 1;
    File::create(world.path().join("large")).unwrap().set_len(size).unwrap();
    let payload = scan(world.path(), "[]");
    let metadata = metadata(payload.manifest(), payload.kind());
    let options = WriteOptions { threads: 2, ..ZST };
    let mut bytes = Vec::new();
    write(&payload, &metadata, &options, &mut bytes).unwrap();
    let package = read(&bytes[..], ReadLimits::default(), &mut NoSink).unwrap();
    assert_eq!(package.contents.manifest().installed_size(), size);
    assert_eq!(package.contents.manifest(), payload.manifest());
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
