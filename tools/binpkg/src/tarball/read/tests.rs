use proptest::prelude::*;

use super::*;
use crate::metadata::LayoutKind;
use crate::tarball::testing::{Tar, gz};

#[path = "damage_tests.rs"]
mod damage;

/// Digest of `hello\n`.
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

fn file_line(path: &str) -> String {
    format!("f 0644 6 {HELLO} {path}")
}

fn try_read(bytes: &[u8]) -> Result<Package, ReadError> {
    read(
        bytes,
        ReadLimits {
            entries: 8,
            bytes: 1000,
        },
        &mut NoSink,
    )
}

/// The error with its causes.
fn refused(bytes: &[u8]) -> String {
    let error = try_read(bytes).unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// A good package with a file `a` and a directory `d`, to be extended.
fn good() -> Tar {
    Tar::package(LayoutKind::Prefix, &[&file_line("a"), "d 0755 - - d"])
        .file("tool/a", b"hello\n")
        .directory("tool/d/")
}

/// A package of an older tool: metadata last, no manifest.
fn old(members: impl FnOnce(Tar) -> Tar) -> Vec<u8> {
    members(Tar::default().directory("tool/"))
        .file("METADATA.json", OLD_METADATA)
        .gz()
}

/// The same, with members after the metadata.
fn old_then(members: impl FnOnce(Tar) -> Tar) -> Vec<u8> {
    members(Tar::default().directory("tool/").file("METADATA.json", OLD_METADATA)).gz()
}

const OLD_METADATA: &[u8] =
    br#"{"target": "//t:t", "name": "tool", "version": "1", "config_hash": "86884539", "content_hash": "f44b10b1"}"#;

#[test]
fn a_good_package() {
    let package = try_read(&good().gz()).unwrap();
    assert_eq!(package.contents.manifest().entries().len(), 2);
    assert!(matches!(package.contents, Contents::Listed(_)));
    // Other writers pad the archive to a larger record.
    assert!(try_read(&gz(&[good().end(), vec![0; 8192]].concat())).is_ok());
}

#[test]
fn names_that_lead_elsewhere() {
    let long = "x".repeat(256);
    let deep = "y/".repeat(2049);
    for (name, words) in [
        ("/etc/x", "expected a relative path, found the absolute path `/etc/x`"),
        ("tool/../x", "expected a path without the part `..`"),
        ("tool/./x", "expected a path without the part `.`"),
        ("tool//x", "expected a path without an empty part"),
        (&format!("tool/{long}"), "expected parts of at most 255 bytes"),
        (&format!("tool/{deep}x"), "expected a path of at most 4096 bytes"),
    ] {
        let error = refused(&good().file(name, b"").gz());
        assert!(
            error.starts_with(&format!("refused an archive entry: {words}")),
            "{error}"
        );
        let error = refused(&old(|tar| tar.file(name, b"")));
        assert!(error.contains(words), "{error}");
    }
    let error = refused(&good().pax("path", b"tool/a\0b").file("x", b"").gz());
    assert_eq!(
        error,
        "refused an archive entry: expected a path without a NUL byte, found `tool/a%00b`"
    );
}

#[test]
fn entries_beside_the_package() {
    for name in ["RECIPE.json", "tools/x", "too", "tool"] {
        let error = refused(&good().file(name, b"").gz());
        assert_eq!(
            error,
            format!("refused the archive entry `{name}`: expected it below `tool/`")
        );
    }
    let twice = "refused the archive entry `tool/`: expected it below `tool/`";
    assert_eq!(refused(&good().directory("tool/").gz()), twice);
    assert_eq!(refused(&old(|tar| tar.directory("tool/"))), twice);
    let error = refused(&old(|tar| tar.file("tools/x", b"")));
    assert_eq!(error, "refused the archive entry `tools/x`: expected it below `tool/`");
}

#[test]
fn metadata_and_manifest_once_and_first() {
    for name in ["METADATA.json", "MANIFEST"] {
        assert_eq!(
            refused(&good().file(name, b"{}").gz()),
            format!("refused a second `{name}`")
        );
        // After the metadata, which come last in a package of an older tool.
        let bytes = old_then(|tar| tar.file(name, b"{}"));
        assert_eq!(refused(&bytes), format!("refused a second `{name}`"));
    }
    let start = || Tar::default().file("METADATA.json", OLD_METADATA);
    assert_eq!(
        refused(&start().file("tool/a", b"").gz()),
        "expected the archive entry `MANIFEST` first, found `tool/a`"
    );
    assert_eq!(
        refused(&start().gz()),
        "expected the archive entry `MANIFEST` first, found `the end`"
    );
    assert_eq!(
        refused(&Tar::default().gz()),
        "expected an archive with `METADATA.json`, found none"
    );
    assert_eq!(
        refused(&Tar::default().file("tool/a", b"").gz()),
        "expected an archive with `METADATA.json`, found none"
    );
    let error = refused(&Tar::default().link("METADATA.json", "x").gz());
    assert!(error.contains("`METADATA.json`: expected a file"), "{error}");
}

#[test]
fn the_same_path_twice() {
    assert_eq!(
        refused(&good().file("tool/a", b"hello\n").gz()),
        "the path `a` is in the archive twice"
    );
    let twice = old(|tar| tar.file("tool/a", b"").file("tool/a", b""));
    assert_eq!(refused(&twice), "the path `a` is in the archive twice");
}

#[test]
fn letter_case_is_reported() {
    let package = try_read(&old(|tar| tar.file("tool/README", b"").file("tool/readme", b""))).unwrap();
    let clashes: Vec<_> = package.case_clashes().iter().map(|(a, b)| format!("{a} {b}")).collect();
    assert_eq!(clashes, ["README readme"]);
}

/// Where letter case does not count, the second name would take the place of the first.
#[test]
fn letter_case_is_refused_where_it_does_not_count() {
    let lines = ["README", "readme"].map(file_line);
    for (os, words) in [
        (
            "darwin",
            Some("`README` and `readme` are one file on darwin, where letter case does not count"),
        ),
        (
            "windows",
            Some("`README` and `readme` are one file on windows, where letter case does not count"),
        ),
        ("linux", None),
    ] {
        let tar = Tar::package_for(os, LayoutKind::Prefix, &[&lines[0], &lines[1]])
            .file("tool/README", b"hello\n")
            .file("tool/readme", b"hello\n");
        let error = try_read(&tar.gz()).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), words);
    }
}

#[test]
fn parents_that_are_no_directories() {
    let error = refused(&old(|tar| tar.link("tool/d", "e").file("tool/d/x", b"")));
    assert_eq!(error, "expected a directory line for the parent of `d/x`, found a link");
    let error = refused(&old(|tar| tar.file("tool/d", b"").file("tool/d/x", b"")));
    assert_eq!(error, "expected a directory line for the parent of `d/x`, found a file");
}

#[test]
fn hard_links() {
    let tar = Tar::package(LayoutKind::Prefix, &[&file_line("a"), &file_line("b")]).file("tool/a", b"hello\n");
    let error = refused(&tar.member(b'1', 0o644, b"tool/b", b"tool/a", b"").gz());
    assert_eq!(
        error,
        "refused the hard link `b` to `tool/a`: expected a full file under each name"
    );

    let linked = |target: &'static str| {
        old(move |tar| {
            tar.file("tool/a", b"hello\n")
                .directory("tool/d/")
                .member(b'1', 0o644, b"tool/b", target.as_bytes(), b"")
        })
    };
    let package = try_read(&linked("tool/a")).unwrap();
    assert!(matches!(package.contents, Contents::Computed(_)));
    assert!(package.contents.manifest().to_string().contains(&file_line("b")));
    for target in ["tool/c", "tool/d", "a", "../tool/a", "/tool/a"] {
        let error = refused(&linked(target));
        assert_eq!(
            error,
            format!("refused the hard link `b` to `{target}`: expected the name of an earlier file")
        );
    }
}

#[test]
fn special_entries() {
    for (kind, found) in [
        (b'3', "device"),
        (b'4', "device"),
        (b'6', "FIFO"),
        (b'S', "sparse file"),
        (b'7', "type that is not known"),
        (b'Z', "type that is not known"),
    ] {
        let error = refused(&good().member(kind, 0o644, b"tool/x", b"", b"").gz());
        assert_eq!(
            error,
            format!("refused the archive entry `tool/x`: expected a file, directory or link, found a {found}")
        );
    }
    let error = refused(&good().file("tool/x/", b"").gz());
    assert!(error.ends_with("found a file whose name ends with a slash"), "{error}");
    for key in ["size", "GNU.sparse.map", "SCHILY.xattr.security.capability"] {
        let error = refused(&good().pax(key, b"1").file("tool/x", b"").gz());
        assert_eq!(
            error,
            format!("refused the archive entry ``: it has a pax record `{key}`")
        );
    }
}

#[test]
fn link_targets() {
    for target in [b"a\0b".to_vec(), b"x".repeat(4096)] {
        let length = target.len();
        let tar = |tar: Tar| {
            if length == 3 {
                tar.pax("linkpath", &target).link("tool/l", "")
            } else {
                tar.link("tool/l", &target)
            }
        };
        let error = refused(&old(tar));
        assert_eq!(
            error,
            format!("refused the link `l`: expected a target of 1 to 4095 bytes without NUL, found {length} bytes")
        );
    }
}

#[test]
fn links_that_leave() {
    let package = |kind, target: &str| {
        Tar::package(kind, &[&format!("l 0777 - {target} l")])
            .link("tool/l", target)
            .gz()
    };
    let error = refused(&package(LayoutKind::Root, "../x"));
    assert_eq!(
        error,
        "the link `l` leads to `../x`: expected a target inside the payload"
    );
    assert!(refused(&package(LayoutKind::Prefix, "/x")).contains("has the absolute target `/x`"));
    assert!(try_read(&package(LayoutKind::Root, "/x")).is_ok());
    assert!(refused(&old(|tar| tar.link("tool/l", "a/../../x"))).contains("leads to `a/../../x`"));
}

#[test]
fn archive_and_manifest_must_agree() {
    assert_eq!(
        refused(&good().file("tool/x", b"").gz()),
        "the archive entry `x` is not in the manifest"
    );
    let missing = Tar::package(LayoutKind::Prefix, &[&file_line("a"), "d 0755 - - d"]).directory("tool/d/");
    assert_eq!(
        refused(&missing.gz()),
        "the manifest has `a`, which is not in the archive"
    );

    let one = |line: &str, member: fn(Tar) -> Tar| refused(&member(Tar::package(LayoutKind::Prefix, &[line])).gz());
    let file = file_line("a");
    for (found, words) in [
        (
            one(&file, |tar| tar.directory("tool/a/")),
            "another type than in the manifest: expected file, found directory",
        ),
        (
            one(&file, |tar| tar.file("tool/a", b"hello")),
            "another size than in the manifest: expected 6, found 5",
        ),
        (
            one(&file, |tar| tar.file("tool/a", b"Hello\n")),
            &format!("another sha256 than in the manifest: expected {HELLO}, found"),
        ),
        (
            one(&file, |tar| tar.member(b'0', 0o4644, b"tool/a", b"", b"hello\n")),
            "another mode than in the manifest: expected 0644, found 4644",
        ),
        (
            one("l 0777 - x a", |tar| tar.link("tool/a", "y")),
            "another target than in the manifest: expected x, found y",
        ),
        (
            one(&format!("{file} uid=7"), |tar| tar.file("tool/a", b"hello\n")),
            "another owner than in the manifest: expected 7:0, found 0:0",
        ),
    ] {
        assert!(found.starts_with(&format!("`a` has {words}")), "{found}");
    }
}

#[test]
fn set_id_bits_without_a_manifest() {
    let error = refused(&old(|tar| tar.member(b'0', 0o4755, b"tool/su", b"", b"")));
    assert_eq!(
        error,
        "refused `su`: its mode 4755 has a set-id or sticky bit, and no manifest grants it"
    );
}

#[test]
fn metadata_for_another_payload() {
    let tar = Tar::default()
        .file("METADATA.json", OLD_METADATA)
        .file("MANIFEST", b"binpkg-manifest/1\n");
    let error = refused(&tar.gz());
    assert!(
        error.starts_with("expected the content hash of METADATA.json, f44b10b1, found the manifest's, "),
        "{error}"
    );
    let error = refused(
        &Tar::default()
            .directory("other/")
            .file("METADATA.json", OLD_METADATA)
            .gz(),
    );
    assert_eq!(
        error,
        "expected the payload below `tool/`, as METADATA.json names the package, found it below `other/`"
    );
}

#[test]
fn bombs() {
    let error = refused(&old(|tar| tar.file("tool/a", &[b'x'; 1001])));
    assert_eq!(error, "expected at most 1000 bytes in the archive, found more");
    let many = |tar: Tar| (0..9).fold(tar, |tar, number| tar.file(format!("tool/{number}"), b""));
    assert_eq!(
        refused(&old(many)),
        "expected at most 8 entries in the archive, found more"
    );
    // Directories that nobody listed count, too.
    assert_eq!(
        refused(&old(|tar| tar.file("tool/a/b/c/d/e/f/g/h/i", b""))),
        "expected at most 8 entries in the archive, found more"
    );
    let error = refused(
        &good()
            .member(b'L', 0, b"long", b"", &[b'x'; 70_000])
            .file("tool/x", b"")
            .gz(),
    );
    assert_eq!(
        error,
        "expected at most 65536 bytes of a name or pax record in the archive, found more"
    );
}

#[test]
fn bytes_after_the_end() {
    let trailing = [good().end(), b"hidden".to_vec()].concat();
    assert_eq!(
        refused(&gz(&trailing)),
        "expected nothing after the end of the archive, found more bytes"
    );
    let two_streams = [good().gz(), good().gz()].concat();
    assert_eq!(
        refused(&two_streams),
        "the archive is damaged or truncated: bytes after the end of the gzip stream"
    );
    let zst = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    assert!(try_read(&zst(&good().end())).is_ok());
    let two_frames = [zst(&good().end()), zst(b"x")].concat();
    assert_eq!(
        refused(&two_frames),
        "the archive is damaged or truncated: bytes after the end of the zstd stream"
    );
    let junk = [zst(&good().end()), b"x".to_vec()].concat();
    assert_eq!(
        refused(&junk),
        "the archive is damaged or truncated: bytes after the end of the zstd stream"
    );
}

#[test]
fn other_compressions_are_named() {
    for bytes in [&good().end()[..], b"", b"BZh9", b"\x1f"] {
        assert_eq!(
            refused(bytes),
            "expected a gzip or zstd stream, found another beginning"
        );
    }
}

/// One byte at a time, as a slow connection delivers them.
#[test]
fn one_byte_reads() {
    struct OneByte<'a>(&'a [u8]);
    impl Read for OneByte<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }
    let bytes = good().gz();
    assert!(read(OneByte(&bytes), ReadLimits::default(), &mut NoSink).is_ok());
}

/// A sink that fails ends the reading with its own error, not with one about the archive.
#[test]
fn a_sink_that_fails() {
    struct Full;
    impl Sink for Full {
        fn directory(&mut self, _: &crate::manifest::Entry) -> io::Result<()> {
            Ok(())
        }
        fn file(&mut self, _: &PayloadPath, _: u32, _: &mut dyn Read) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn link(&mut self, _: &PayloadPath, _: &[u8]) -> io::Result<()> {
            Ok(())
        }
        fn hard_link(&mut self, _: &PayloadPath, _: &PayloadPath) -> io::Result<()> {
            Ok(())
        }
    }
    let error = read(&good().gz()[..], ReadLimits::default(), &mut Full).unwrap_err();
    assert_eq!(error.to_string(), "cannot unpack `a`");
}

proptest! {
    #[test]
    fn any_members_are_read_or_refused(
        members in prop::collection::vec((any::<u8>(), "[a-z./]{0,12}", "[a-z./]{0,12}", prop::collection::vec(any::<u8>(), 0..40)), 0..6),
        listed: bool,
    ) {
        let start = if listed { good() } else { Tar::default() };
        let tar = members.iter().fold(start, |tar, (kind, name, link, content)| {
            let kind = b"0125LKxgS3"[usize::from(*kind) % 10];
            tar.member(kind, 0o644, format!("tool/{name}").as_bytes(), link.as_bytes(), content)
        });
        let _ = try_read(&tar.gz());
    }
}
