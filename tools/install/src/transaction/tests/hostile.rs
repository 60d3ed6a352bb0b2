//! Packages that lie: whatever is wrong with them, the target stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use binpkg::manifest::Manifest;
use binpkg::metadata::Metadata;
use binpkg::names::ShortHash;

use crate::testing::World;
use crate::{Incoming, InstallError, InstallOptions, Source, Transaction};

/// Digest of `hello\n`.
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

/// A member: type, mode, name, target of a link, content.
type Member = (u8, u32, &'static str, &'static str, &'static [u8]);

fn member(tar: &mut Vec<u8>, (kind, mode, name, link, content): (u8, u32, &str, &str, &[u8])) {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(format!("{mode:07o}").as_bytes());
    header[108..115].copy_from_slice(b"0000000");
    header[116..123].copy_from_slice(b"0000000");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[136..147].copy_from_slice(b"00000000000");
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    tar.extend(header);
    tar.extend(content);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = archive::GzipWriter::new(Vec::new(), None);
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A tarball whose manifest has these lines, and whose payload these members.
fn package(lines: &[&str], members: &[Member]) -> Vec<u8> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let text = format!("binpkg-manifest/1\n{text}");
    let hash = digest::Sha256::of(text.as_bytes());
    let metadata = format!(
        r#"{{"schema": "binpkg-metadata/1", "target": "//t:t", "name": "tool", "version": "1", "config_hash": "86884539",
            "content_hash": "{}", "content_hash_full": "{hash}", "layout": {{"kind": "root", "prefix": "/usr", "libdir": "lib"}}}}"#,
        ShortHash::of(&hash)
    );
    assert!(Metadata::parse(metadata.as_bytes()).is_ok());
    let mut tar = Vec::new();
    member(&mut tar, (b'0', 0o644, "METADATA.json", "", metadata.as_bytes()));
    member(&mut tar, (b'0', 0o644, "MANIFEST", "", text.as_bytes()));
    member(&mut tar, (b'5', 0o755, "tool/", "", b""));
    for one in members {
        member(&mut tar, *one);
    }
    tar.extend([0; 1024]);
    tar
}

fn snapshot_with_state(world: &World) -> BTreeMap<String, String> {
    world.snapshot()
}

/// Tries to install it; the target is as before, and the package is to blame.
fn refuse(world: &World, name: &str, bytes: &[u8]) {
    let tarball = world.tarballs().join("hostile.tar.gz");
    fs::write(&tarball, bytes).unwrap();
    let before = snapshot_with_state(world);
    let install = || -> Result<(), InstallError> {
        let incoming = Incoming::open(&tarball, Source::default())?;
        let database = world.database();
        let lock = world.lock(&database);
        let mut transaction = Transaction::new(&database, &lock)?;
        transaction.install(incoming, InstallOptions::default())?;
        transaction.check()?.commit(|_| {})?;
        Ok(())
    };
    let error = install().expect_err(name);
    assert!(error.is_unverified(), "{name}: {error}");
    assert_eq!(snapshot_with_state(world), before, "{name}");
    world.assert_clean();
}

const GOOD_LINES: [&str; 3] = [
    "d 0755 - - usr",
    "f 0644 6 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03 usr/a",
    "l 0777 - a usr/l",
];
const GOOD: [Member; 3] = [
    (b'5', 0o755, "tool/usr/", "", b""),
    (b'0', 0o644, "tool/usr/a", "", b"hello\n"),
    (b'2', 0o777, "tool/usr/l", "a", b""),
];

fn with(extra: Member) -> Vec<u8> {
    let mut members = GOOD.to_vec();
    members.push(extra);
    gz(&package(&GOOD_LINES, &members))
}

fn instead(number: usize, other: Member) -> Vec<u8> {
    let mut members = GOOD.to_vec();
    members[number] = other;
    gz(&package(&GOOD_LINES, &members))
}

#[test]
fn every_attack_leaves_the_target_as_it_is() {
    let world = World::new();
    world.write("usr/existing", "x");
    // So that the database is there before.
    drop(world.lock(&world.database()));
    assert!(Manifest::parse(format!("binpkg-manifest/1\n{}\n", GOOD_LINES.join("\n")).as_bytes()).is_ok());
    for (name, bytes) in [
        ("absolute path", with((b'0', 0o644, "/tool/usr/x", "", b"x"))),
        ("parent part", with((b'0', 0o644, "tool/../x", "", b"x"))),
        ("dot part", with((b'0', 0o644, "tool/./x", "", b"x"))),
        ("empty part", with((b'0', 0o644, "tool//x", "", b"x"))),
        ("outside of the package", with((b'0', 0o644, "other/x", "", b"x"))),
        ("second metadata", with((b'0', 0o644, "METADATA.json", "", b"{}"))),
        ("second manifest", with((b'0', 0o644, "MANIFEST", "", b"x"))),
        ("twice", with((b'0', 0o644, "tool/usr/a", "", b"hello\n"))),
        ("below a link", with((b'0', 0o644, "tool/usr/l/x", "", b"x"))),
        ("below a file", with((b'0', 0o644, "tool/usr/a/x", "", b"x"))),
        ("not in the manifest", with((b'0', 0o644, "tool/usr/x", "", b"x"))),
        ("hard link", instead(1, (b'1', 0o644, "tool/usr/a", "tool/usr/l", b""))),
        ("device", instead(1, (b'3', 0o644, "tool/usr/a", "", b""))),
        ("FIFO", instead(1, (b'6', 0o644, "tool/usr/a", "", b""))),
        ("unknown type", instead(1, (b'Z', 0o644, "tool/usr/a", "", b""))),
        ("sparse file", instead(1, (b'S', 0o644, "tool/usr/a", "", b"hello\n"))),
        (
            "other target",
            instead(2, (b'2', 0o777, "tool/usr/l", "/etc/passwd", b"")),
        ),
        ("link for a file", instead(1, (b'2', 0o777, "tool/usr/a", "l", b""))),
        ("file for a directory", instead(0, (b'0', 0o644, "tool/usr", "", b""))),
        ("other bytes", instead(1, (b'0', 0o644, "tool/usr/a", "", b"hallo\n"))),
        ("more bytes", instead(1, (b'0', 0o644, "tool/usr/a", "", b"hello\n!"))),
        ("fewer bytes", instead(1, (b'0', 0o644, "tool/usr/a", "", b"hello"))),
        ("other mode", instead(1, (b'0', 0o755, "tool/usr/a", "", b"hello\n"))),
        (
            "set-id bit that is not granted",
            instead(1, (b'0', 0o4644, "tool/usr/a", "", b"hello\n")),
        ),
        ("missing file", gz(&package(&GOOD_LINES, &GOOD[..2]))),
        ("capability", {
            let mut members = GOOD.to_vec();
            members.insert(1, (b'x', 0o644, "pax", "", b"37 SCHILY.xattr.security.capability=x\n"));
            gz(&package(&GOOD_LINES, &members))
        }),
        (
            "link out of the root",
            gz(&package(
                &["d 0755 - - usr", "l 0777 - ../../x usr/l"],
                &[GOOD[0], (b'2', 0o777, "tool/usr/l", "../../x", b"")],
            )),
        ),
        (
            "path out of the root in the manifest",
            gz(&package(&[&format!("f 0644 6 {HELLO} ../x")], &[])),
        ),
        ("no archive", b"hello".to_vec()),
    ] {
        refuse(&world, name, &bytes);
    }
}

#[test]
fn damage_at_every_place() {
    let world = World::new();
    drop(world.lock(&world.database()));
    let tar = package(&GOOD_LINES, &GOOD);
    let good = gz(&tar);
    for length in [0, 1, 5, good.len() / 3, good.len() / 2, good.len() - 9, good.len() - 1] {
        refuse(&world, "cut off", &good[..length]);
    }
    refuse(&world, "something after the stream", &[&good[..], b"x"].concat());
    refuse(&world, "two streams", &[&good[..], &good[..]].concat());
    let mut trailing = tar.clone();
    trailing.extend(b"x".repeat(512));
    refuse(&world, "something after the archive", &gz(&trailing));
    for at in (10..good.len()).step_by(7) {
        let mut flipped = good.clone();
        flipped[at] ^= 0x10;
        refuse(&world, &format!("a flipped bit in byte {at}"), &flipped);
    }
    // It is good otherwise.
    let tarball = world.tarballs().join("good.tar.gz");
    fs::write(&tarball, good).unwrap();
    let database = world.database();
    let lock = world.lock(&database);
    let mut transaction = Transaction::new(&database, &lock).unwrap();
    transaction
        .install(
            Incoming::open(&tarball, Source::default()).unwrap(),
            InstallOptions::default(),
        )
        .unwrap();
    transaction.check().unwrap().commit(|_| {}).unwrap();
    assert_eq!(world.read("usr/a"), "hello\n");
}

/// The tarball is exchanged between the plan and the unpacking.
#[test]
fn another_tarball_under_the_same_name() {
    let world = World::new();
    let tarball = world.tarballs().join("x.tar.gz");
    fs::write(&tarball, gz(&package(&GOOD_LINES, &GOOD))).unwrap();
    let incoming = Incoming::open(&tarball, Source::default()).unwrap();
    fs::write(&tarball, gz(&package(&GOOD_LINES[..1], &GOOD[..1]))).unwrap();
    let database = world.database();
    let lock = world.lock(&database);
    let mut transaction = Transaction::new(&database, &lock).unwrap();
    transaction.install(incoming, InstallOptions::default()).unwrap();
    let error = transaction.check().unwrap().commit(|_| {}).unwrap_err();
    assert!(
        matches!(error, InstallError::Changed { .. }) && error.is_unverified(),
        "{error}"
    );
    assert_eq!(world.snapshot(), [].into());
    world.assert_clean();
}

/// A package of an older tool: metadata last, no manifest, and two names of one file.
#[test]
fn an_old_package_gets_a_manifest() {
    let metadata = br#"{"target": "//t:t", "name": "tool", "version": "1", "config_hash": "86884539", "content_hash": "f44b10b1"}"#;
    let mut tar = Vec::new();
    for one in [
        (b'0', 0o644, "tool/usr/a", "", &b"hello\n"[..]),
        (b'1', 0o644, "tool/usr/b", "tool/usr/a", b""),
        (b'0', 0o755, "tool/usr/bin/run", "", b"run"),
        (b'0', 0o644, "METADATA.json", "", metadata),
    ] {
        member(&mut tar, one);
    }
    tar.extend([0; 1024]);
    let world = World::new();
    let tarball = world.tarballs().join("old.tar.gz");
    fs::write(&tarball, gz(&tar)).unwrap();
    let database = world.database();
    let lock = world.lock(&database);
    let mut transaction = Transaction::new(&database, &lock).unwrap();
    transaction
        .install(
            Incoming::open(&tarball, Source::default()).unwrap(),
            InstallOptions::default(),
        )
        .unwrap();
    transaction.check().unwrap().commit(|_| {}).unwrap();
    assert_eq!(
        (world.read("usr/a"), world.read("usr/b")),
        ("hello\n".into(), "hello\n".into())
    );
    let installed = database.expect(&database.find("tool").unwrap()).unwrap();
    assert!(installed.origin.manifest_computed);
    assert_eq!(
        database.manifest(&installed.id).unwrap().content_hash(),
        installed.origin.content_hash_full
    );
    assert_eq!(database.verify(&[installed.id], crate::Depth::Full).unwrap(), []);
}
