//! Each weakness of FlavorPack 0.5.4 that concerns a launcher: tried on ours, and what happens instead.

#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use common::forge::{self, Forge, gzip, slot, tar_of};
use common::{Seen, World, data, has, is_root};
use digest::Sha256;
use pspf_format::PrivateKey;
use tar::EntryType;

/// The start of the message by which a package is refused.
fn refused(seen: &Seen, code: i32, part: &str) {
    let expected = format!("psp-launcher: error: the package is refused: {part}");
    assert!(
        seen.code == Some(code) && seen.stderr.starts_with(&expected),
        "expected {code} {part}, found {seen:?}"
    );
    assert_eq!(seen.stdout, "");
}

#[test]
fn a_payload_swapped_with_its_table_checksum_fixed_is_refused() {
    let world = World::new();
    let mut forge = Forge::script("echo evil", vec![]);
    // The JSON is signed for other bytes; table and index were fixed up.
    forge.slots[0].signed = Some(Sha256::of(b"#!/bin/sh\necho good\n"));
    for level in ["strict", "standard", "relaxed", "minimal", "none"] {
        let package = world.write("app.psp", &forge.bytes());
        let seen = world.start_with(&package, "FLAVOR_VALIDATION", level);
        assert!(
            seen.code == Some(107) && !seen.stdout.contains("evil"),
            "{level}: {seen:?}"
        );
        assert_eq!(world.entries(), [""; 0]);
        fs::remove_file(package).unwrap();
    }
}

#[test]
fn a_small_order_key_that_verifies_everything_is_refused() {
    let world = World::new();
    let forge = Forge::script("echo evil", vec![]).index(|index| {
        (index.public_key, index.integrity_signature) = ([0; 32], [0; 64]);
        (index.public_key[0], index.integrity_signature[0]) = (1, 1);
        index.attestation_key_fp = [0; 64];
    });
    refused(&world.start(&world.write("app.psp", &forge.bytes())), 107, "key: ");
}

#[test]
fn an_unsigned_package_and_a_wrong_key_are_refused_and_warn_below_strict() {
    let world = World::new();
    let unsigned = Forge::script("echo ran", vec![]).index(|index| index.integrity_signature = [0; 64]);
    let other = Forge::script("echo ran", vec![])
        .index(|index| index.public_key = *PrivateKey::from_seed("other").public().as_bytes());
    for (name, forge, part) in [
        ("unsigned.psp", unsigned, "signature: "),
        ("other.psp", other, "signature: "),
    ] {
        let package = world.write(name, &forge.bytes());
        refused(&world.start(&package), 107, part);
        refused(&world.start_with(&package, "FLAVOR_VALIDATION", "standard"), 107, part);
        // Twice: the warning comes from the record as well.
        for _ in 0..2 {
            let seen = world.start_with(&package, "FLAVOR_VALIDATION", "relaxed");
            assert_eq!((seen.code, &*seen.stdout), (Some(0), "ran\n"));
            assert!(
                seen.stderr.starts_with(&format!("psp-launcher: warning: {part}")),
                "{seen:?}"
            );
        }
        // What was accepted at a lower level is not accepted at a higher one.
        refused(&world.start(&package), 107, part);
    }
}

#[test]
fn a_cache_that_another_user_planted_is_refused() {
    let world = World::new();
    if !is_root() {
        eprintln!("SKIPPED: only root can make another user's files");
        return;
    }
    let package = world.script("app.psp", "echo ran");
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
    let entry = world.entry();
    for (path, name) in [
        (&entry, "entry"),
        (&world.cache(), "root"),
        (&entry.join("record"), "record"),
    ] {
        let owner = |user| std::os::unix::fs::chown(path, Some(user), None).unwrap();
        owner(12345);
        let seen = world.start(&package);
        owner(0);
        assert_eq!(seen.code, Some(106), "{name}: {seen:?}");
        assert!(
            seen.stderr.contains("belongs to user 12345, expected 0"),
            "{name}: {seen:?}"
        );
    }
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
}

#[test]
fn a_cache_that_others_can_write_to_is_refused_and_none_is_made_so() {
    let world = World::new();
    let package = world.script("app.psp", "echo ran");
    // Under the widest umask everything is closed all the same.
    let mut shell = world.command("/bin/sh".as_ref());
    shell.args(["-c", "umask 000; exec \"$0\""]).arg(&package);
    assert_eq!(world.see(&mut shell), Seen::printed("ran\n"));
    let entry = world.entry();
    let buckpack = world.cache().join("buckpack");
    for path in [
        world.cache(),
        buckpack.clone(),
        entry.clone(),
        entry.join("workenv"),
        entry.join("workenv/bin"),
    ] {
        assert_eq!(
            fs::metadata(&path).unwrap().mode() & 0o7777,
            0o700,
            "{}",
            path.display()
        );
    }
    for file in ["record", "files"] {
        assert_eq!(fs::metadata(entry.join(file)).unwrap().mode() & 0o7777, 0o600, "{file}");
    }
    for path in [world.cache(), buckpack, entry] {
        let chmod = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        chmod(0o777);
        let seen = world.start(&package);
        chmod(0o700);
        assert_eq!(seen.code, Some(106), "{seen:?}");
        assert!(seen.stderr.contains("(mode 0777, expected "), "{seen:?}");
        assert!(
            seen.stderr.contains("set FLAVOR_CACHE_DIR to a directory of your own"),
            "{seen:?}"
        );
    }
}

#[test]
fn without_a_home_the_cache_is_in_a_directory_of_this_user_alone() {
    let world = World::new();
    let package = world.script("app.psp", "echo \"$FLAVOR_WORKENV\"");
    let tmp = world.path("tmp");
    fs::create_dir(&tmp).unwrap();
    fs::set_permissions(&tmp, fs::Permissions::from_mode(0o1777)).unwrap();
    let own = format!("buckpack-{}", rustix::process::geteuid().as_raw());
    let mut bare = world.command(&package);
    bare.env_clear().env("TMPDIR", &tmp);
    let seen = world.see(&mut bare);
    assert!(
        seen.code == Some(0) && seen.stdout.starts_with(&format!("[TOP]/tmp/{own}/buckpack/")),
        "{seen:?}"
    );
    assert_eq!(fs::metadata(tmp.join(&own)).unwrap().mode() & 0o7777, 0o700);

    // The name can be foreseen: a link or an open directory that waits there is refused.
    fs::remove_dir_all(tmp.join(&own)).unwrap();
    fs::create_dir(world.path("trap")).unwrap();
    fs::set_permissions(world.path("trap"), fs::Permissions::from_mode(0o777)).unwrap();
    symlink(world.path("trap"), tmp.join(&own)).unwrap();
    assert_eq!(world.see(&mut bare).code, Some(106));
    assert_eq!(fs::read_dir(world.path("trap")).unwrap().count(), 0);
}

#[test]
fn workenv_directories_stay_in_the_workenv() {
    let world = World::new();
    for path in ["../d", "{workenv}/../d", world.path("d").to_str().unwrap()] {
        let metadata = serde_json::json!({"workenv": {"directories": [{"path": path, "mode": "0777"}]}});
        let package = world.write("app.psp", &Forge::script("echo ran", vec![]).with(metadata).bytes());
        refused(&world.start(&package), 103, "`workenv.directories`: ");
        assert!(!world.path("d").exists() && world.entries().is_empty());
        fs::remove_file(package).unwrap();
    }
}

#[test]
fn setup_write_file_and_chmod_stay_in_the_workenv() {
    let world = World::new();
    fs::write(world.path("victim"), "kept").unwrap();
    let victim = world.path("victim");
    let mode = fs::metadata(&victim).unwrap().mode();
    for path in ["../../../../victim", "{workenv}/../victim", victim.to_str().unwrap()] {
        for command in [
            serde_json::json!({"type": "write_file", "path": path, "content": "changed"}),
            serde_json::json!({"type": "chmod", "path": path, "mode": "777"}),
        ] {
            let metadata = serde_json::json!({ "setup_commands": [command] });
            let package = world.write("app.psp", &Forge::script("echo ran", vec![]).with(metadata).bytes());
            let seen = world.start(&package);
            assert_eq!(seen.code, Some(103), "{seen:?}");
            assert!(
                seen.stderr.starts_with("psp-launcher: error: setup command 1 of 1: "),
                "{seen:?}"
            );
            assert_eq!(world.entries(), [""; 0]);
            fs::remove_file(package).unwrap();
        }
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "kept");
    assert_eq!(fs::metadata(&victim).unwrap().mode(), mode);
}

#[test]
fn slot_targets_stay_in_the_workenv() {
    let world = World::new();
    for target in ["../x", "{workenv}/../x", "/tmp/x", "a/../../x", "", ".", "{workenv}"] {
        let package = world.write(
            "app.psp",
            &Forge::script("echo ran", vec![slot("s", target, "x")]).bytes(),
        );
        let seen = world.start(&package);
        refused(&seen, 103, "slot s: its target ");
        assert_eq!(world.entries(), [""; 0]);
        fs::remove_file(package).unwrap();
    }
}

#[test]
fn tar_entries_stay_in_the_workenv_and_are_files_or_directories() {
    let world = World::new();
    let outside = world.path("outside");
    fs::create_dir(&outside).unwrap();
    let through_a_link = {
        let mut archive = tar::Builder::new(Vec::new());
        forge::add(
            &mut archive,
            EntryType::Symlink,
            "out",
            outside.to_str().unwrap(),
            0o777,
            b"",
        );
        forge::add(&mut archive, EntryType::Regular, "out/x", "", 0o644, b"x");
        archive.into_inner().unwrap()
    };
    for (name, archive) in [
        ("dotdot", tar_of(EntryType::Regular, "../x", "", 0o644, b"x")),
        ("inner dotdot", tar_of(EntryType::Regular, "a/../../x", "", 0o644, b"x")),
        ("absolute", tar_of(EntryType::Regular, "/x", "", 0o644, b"x")),
        ("symlink", tar_of(EntryType::Symlink, "l", "run", 0o777, b"")),
        ("through a link", through_a_link),
        ("hard link", tar_of(EntryType::Link, "l", "/etc/passwd", 0o644, b"")),
        ("FIFO", tar_of(EntryType::Fifo, "f", "", 0o644, b"")),
        ("device", tar_of(EntryType::Char, "d", "", 0o644, b"")),
        ("empty", tar::Builder::new(Vec::new()).into_inner().unwrap()),
        ("no tar", vec![b'x'; 2000]),
    ] {
        for (payload, operations, word) in [(archive.clone(), 0x01, "tar"), (gzip(&archive), 0x1001, "tgz")] {
            let tree = slot("t", "{workenv}", payload).chain(operations, word);
            let package = world.write("app.psp", &Forge::script("echo ran", vec![tree]).bytes());
            refused(&world.start(&package), 103, "slot t cannot be unpacked");
            assert_eq!(world.entries(), [""; 0], "{name}");
            fs::remove_file(package).unwrap();
        }
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn set_id_bits_do_not_reach_the_workenv() {
    let world = World::new();
    let mut setuid = slot("s", "s", "x");
    setuid.mode = 0o4711;
    let tree = tar_of(EntryType::Regular, "t", "", 0o6755, b"x");
    let slots = vec![setuid, slot("tree", "{workenv}", tree).chain(0x01, "tar")];
    let package = world.write("app.psp", &Forge::script("echo ran", slots).bytes());
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
    let mode = |name: &str| fs::metadata(world.workenv().join(name)).unwrap().mode() & 0o7777;
    assert_eq!((mode("s"), mode("t")), (0o711, 0o755));
}

#[test]
fn a_missing_packaged_program_is_not_replaced_by_the_hosts() {
    let world = World::new();
    let execution = serde_json::json!({"execution": {"command": "{workenv}/bin/sh -c 'echo host'", "env": {}}});
    let package = world.write("app.psp", &Forge::script("", vec![]).with(execution).bytes());
    let seen = world.start(&package);
    assert_eq!((seen.code, &*seen.stdout), (Some(106), ""), "{seen:?}");
    assert!(
        seen.stderr.contains("workenv/bin/sh: No such file or directory"),
        "{seen:?}"
    );
}

#[test]
fn a_nested_bomb_is_stopped_before_it_fills_anything() {
    let world = World::new();
    // 64 MiB of zeros, twice through gzip: a few hundred bytes.
    let bomb = gzip(&gzip(&vec![0; 64 << 20]));
    assert!(bomb.len() < 2000, "{}", bomb.len());
    let slots = vec![slot("bomb", "bomb", bomb).chain(0x1010, "gzip|gzip")];
    let package = world.write("app.psp", &Forge::script("echo ran", slots).bytes());
    let seen = world.start(&package);
    refused(&seen, 103, "slot bomb cannot be unpacked");
    assert!(seen.stderr.contains("unpacks to more than the limit of "), "{seen:?}");
    assert_eq!(world.entries(), [""; 0]);
}

#[test]
fn oversized_json_and_absurd_sizes_are_refused() {
    let world = World::new();
    let large = serde_json::json!({"padding": " ".repeat(1 << 20)});
    let package = world.write("large.psp", &Forge::script("echo ran", vec![]).with(large).bytes());
    refused(
        &world.start(&package),
        102,
        "metadata: expected at most 1048576 bytes of JSON",
    );
    type Change = fn(&mut pspf_format::IndexBlock);
    let changes: [(Change, &str); 5] = [
        (|index| index.metadata_size = (1 << 63).into(), "index: "),
        (|index| index.metadata_size = 200_000_000_000.into(), "index: "),
        (|index| index.metadata_offset = u64::MAX.into(), "metadata: "),
        (|index| index.slot_table_offset = (u64::MAX - 31).into(), "slot table: "),
        (|index| index.launcher_size = (1 << 63).into(), "launcher: "),
    ];
    for (change, part) in changes {
        let package = world.write("app.psp", &Forge::script("echo ran", vec![]).index(change).bytes());
        refused(&world.start(&package), 102, part);
        fs::remove_file(package).unwrap();
    }
}

#[test]
fn no_message_carries_a_value_of_the_environment_or_an_argument() {
    let world = World::new();
    let package = world.script("app.psp", "exit 0");
    for log in ["debug", "trace", "json"] {
        for _ in 0..2 {
            let mut command = world.command(&package);
            command
                .env("TOKEN", "secret-1")
                .env("FLAVOR_LOG_LEVEL", log)
                .arg("secret-2");
            let seen = world.see(&mut command);
            assert!(!seen.stderr.contains("secret"), "{seen:?}");
        }
        fs::remove_dir_all(world.cache()).unwrap();
    }
    let broken = world.build("broken.psp", World::editor("").command("none"));
    let mut command = world.command(&broken);
    command.env("TOKEN", "secret-1").arg("secret-2");
    assert!(!world.see(&mut command).stderr.contains("secret"));
}

/// What is checked is what is unpacked: the file may be replaced by another at any moment.
#[test]
fn check_and_use_see_one_open_file() {
    let world = World::new();
    if !has("strace") {
        return;
    }
    let package = world.build("app.psp", World::editor("echo ran").slot(data("d", "data")));
    let trace = world.path("trace");
    let mut strace = world.command("/usr/bin/strace".as_ref());
    strace
        .args(["-f", "-e", "trace=open,openat,openat2", "-o"])
        .arg(&trace)
        .arg(&package);
    let seen = world.see(&mut strace);
    if seen.code != Some(0) {
        eprintln!("SKIPPED: strace cannot trace here: {}", seen.stderr);
        return;
    }
    let trace = fs::read_to_string(trace).unwrap();
    let opened = |name: &str| trace.lines().filter(|line| line.contains(name)).count();
    assert_eq!((opened("\"/proc/self/exe\""), opened("app.psp\"")), (1, 0), "{trace}");
}

/// The number in a lock file of FlavorPack may have become another process's; a kernel lock has no such number.
#[test]
fn a_lock_file_left_by_a_dead_process_holds_nobody_up() {
    let world = World::new();
    let package = world.script("app.psp", "echo ran");
    world.start(&package);
    let name = world.entries()[0].clone();
    let buckpack = world.cache().join("buckpack");
    fs::remove_dir_all(buckpack.join(&name)).unwrap();
    fs::write(
        buckpack.join(format!(".lock-{name}")),
        format!("{}\n", std::process::id()),
    )
    .unwrap();
    fs::create_dir_all(buckpack.join(format!(".staging-{name}/workenv/bin"))).unwrap();
    let before = std::time::Instant::now();
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
    assert!(before.elapsed() < std::time::Duration::from_secs(20));
    assert_eq!(world.entries(), [name]);
}
