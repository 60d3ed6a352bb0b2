//! Where the cache is, what is in it, and when it is made again.

#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use common::{Seen, World, data, has, is_root};
use pspf::{CacheValidation, PackageFile, SetupCommand, SigningKey};

fn start_in(world: &World, package: &Path, set: &[(&str, &str)]) -> String {
    let mut command = world.command(package);
    command.env_clear().envs(
        set.iter()
            .map(|(name, value)| (name, value.replace("[TOP]", world.top.to_str().unwrap()))),
    );
    let seen = world.see(&mut command);
    assert_eq!((seen.code, &*seen.stderr), (Some(0), ""), "{set:?}");
    let end = seen.stdout.find("/buckpack/").unwrap();
    seen.stdout[..end].to_owned()
}

#[test]
fn the_variables_decide_in_order() {
    let world = World::new();
    let package = world.script("app.psp", "echo \"$FLAVOR_WORKENV\"");
    let all = [
        ("FLAVOR_CACHE_DIR", "[TOP]/c d"),
        ("FLAVOR_WORKENV", "[TOP]/w/workenv/app"),
        ("XDG_CACHE_HOME", "[TOP]/x"),
        ("HOME", "[TOP]/h h"),
    ];
    for (from, expected) in [
        (0, "[TOP]/c d"),
        (1, "[TOP]/w"),
        (2, "[TOP]/x/flavor"),
        (3, "[TOP]/h h/.cache/flavor"),
    ] {
        assert_eq!(start_in(&world, &package, &all[from..]), expected);
    }
}

/// A packaged program that starts another package must not put that one's cache inside its own.
#[test]
fn a_package_started_by_a_package_shares_its_root() {
    let world = World::new();
    let inner = world.script("inner.psp", "echo \"$FLAVOR_WORKENV\"");
    let outer = world.script("outer.psp", "exec \"$1\"");
    let mut command = world.command(&outer);
    command.env_remove("FLAVOR_CACHE_DIR").arg(&inner);
    let seen = world.see(&mut command);
    assert!(
        seen.stdout.starts_with("[TOP]/home/.cache/flavor/buckpack/"),
        "{seen:?}"
    );
    assert_eq!(common::entries(&world.path("home/.cache/flavor/buckpack")).len(), 2);
}

#[test]
fn a_home_that_cannot_be_written_to_gives_way() {
    let world = World::new();
    let package = world.script("app.psp", "echo \"$FLAVOR_WORKENV\"");
    fs::write(world.path("file"), "").unwrap();
    let own = format!("[TOP]/buckpack-{}", rustix::process::geteuid().as_raw());
    for _ in 0..2 {
        assert_eq!(
            start_in(&world, &package, &[("HOME", "[TOP]/file"), ("TMPDIR", "[TOP]")]),
            own
        );
    }
}

#[test]
fn a_home_that_others_can_write_to_gives_way_and_is_named() {
    let world = World::new();
    let package = world.script("app.psp", "echo \"$FLAVOR_WORKENV\"");
    fs::set_permissions(world.path("home"), fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = world.command(&package);
    command.env_remove("FLAVOR_CACHE_DIR").env("TMPDIR", &world.top);
    let seen = world.see(&mut command);
    let own = format!("[TOP]/buckpack-{}/buckpack", rustix::process::geteuid().as_raw());
    assert!(seen.code == Some(0) && seen.stdout.starts_with(&own), "{seen:?}");
    let expected = "psp-launcher: warning: the cache directory [TOP]/home/.cache/flavor/buckpack is not safe: [TOP]/home can \
                    be written by others (mode 0777, expected no more than 0755); ";
    assert!(seen.stderr.starts_with(expected), "{seen:?}");
    assert_eq!(fs::read_dir(world.path("home")).unwrap().count(), 0);
}

#[test]
fn another_user_uses_the_package_from_a_cache_of_their_own() {
    let world = World::new();
    if !is_root() || !has("setpriv") {
        eprintln!("SKIPPED: needs root and setpriv");
        return;
    }
    let package = world.script("app.psp", "echo \"$FLAVOR_WORKENV\"");
    fs::set_permissions(&world.top, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(world.path("tmp")).unwrap();
    fs::set_permissions(world.path("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    let mut command = world.command("/usr/bin/setpriv".as_ref());
    // With root's home in the environment, as su may leave it.
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&package);
    command.env_remove("FLAVOR_CACHE_DIR").env("TMPDIR", world.path("tmp"));
    for _ in 0..2 {
        let seen = world.see(&mut command);
        assert!(
            seen.code == Some(0) && seen.stdout.starts_with("[TOP]/tmp/buckpack-65534/buckpack/"),
            "{seen:?}"
        );
    }
}

#[test]
fn a_namespace_without_a_number_for_root_has_a_cache() {
    let world = World::new();
    if !is_root() || !has("setpriv") || !has("unshare") {
        eprintln!("SKIPPED: needs root, setpriv and unshare");
        return;
    }
    let package = world.script("app.psp", "echo \"$FLAVOR_WORKENV\"");
    fs::set_permissions(&world.top, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(world.path("tmp")).unwrap();
    fs::set_permissions(world.path("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    let mut command = world.command("/usr/bin/setpriv".as_ref());
    command
        .args(["--reuid=12345", "--regid=12345", "--clear-groups"])
        .args(["/usr/bin/unshare", "--user", "--map-current-user"])
        .arg(&package);
    command.env_remove("FLAVOR_CACHE_DIR").env("TMPDIR", world.path("tmp"));
    let seen = world.see(&mut command);
    if seen.stderr.starts_with("unshare: ") {
        eprintln!("SKIPPED: no user namespaces here: {}", seen.stderr);
        return;
    }
    assert!(
        seen.code == Some(0) && seen.stdout.starts_with("[TOP]/tmp/buckpack-12345/buckpack/"),
        "{seen:?}"
    );
}

#[test]
fn a_re_signed_package_is_verified_again() {
    let world = World::new();
    let package = world.script("app.psp", "echo ran");
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
    let other = world.path("signed.psp");
    pspf::resign(
        &PackageFile::open(&package).unwrap(),
        &SigningKey::from_seed("other"),
        &other,
    )
    .unwrap();
    assert_eq!(world.start(&other), Seen::printed("ran\n"));
    assert_eq!(world.entries().len(), 2, "a record is of one index block");
}

#[test]
fn a_damaged_or_foreign_record_is_made_again() {
    let world = World::new();
    let package = world.script("app.psp", "echo ran");
    world.start(&package);
    let record = world.entry().join("record");
    let good = fs::read_to_string(&record).unwrap();
    let (about, plan) = good.split_once('\n').unwrap();
    for (text, warns) in [
        (String::new(), true),
        ("junk".to_owned(), true),
        (format!("{about}\n{{}}\n"), false),
        (good.replace("buckpack-record/2", "buckpack-record/0"), false),
        (
            format!(
                "{}\n{plan}",
                about.replacen("index_sha256\":\"", "index_sha256\":\"0", 1)
            ),
            true,
        ),
    ] {
        fs::write(&record, &text).unwrap();
        let seen = world.start(&package);
        assert_eq!((seen.code, &*seen.stdout), (Some(0), "ran\n"));
        assert_eq!(seen.stderr.contains("record is damaged: "), warns, "{text}: {seen:?}");
        let again = fs::read_to_string(world.entry().join("record")).unwrap();
        assert_eq!(again, good);
    }
}

#[test]
fn files_damaged_when_the_machine_stopped_are_made_again() {
    let world = World::new();
    let package = world.build(
        "app.psp",
        World::editor("cat \"$FLAVOR_WORKENV/data/d\"").slot(data("d", "whole\n")),
    );
    assert_eq!(world.start(&package), Seen::printed("whole\n"));
    let record = || world.entry().join("record");
    let Some(boot) = pspf_cache::current_boot() else {
        eprintln!("SKIPPED: this system does not name its boots");
        return;
    };
    let pretend_another_boot = || {
        let text = fs::read_to_string(record()).unwrap();
        assert!(text.contains(&boot), "{text}");
        fs::write(record(), text.replace(&boot, "another boot")).unwrap();
    };
    pretend_another_boot();
    fs::write(world.workenv().join("data/d"), "").unwrap();
    let seen = world.start(&package);
    assert_eq!((seen.code, &*seen.stdout), (Some(0), "whole\n"));
    assert!(
        seen.stderr
            .contains("unpacked files were damaged when the machine stopped"),
        "{seen:?}"
    );
    // Whole files are seen to be whole once, and not looked at again.
    pretend_another_boot();
    assert_eq!(world.start(&package), Seen::printed("whole\n"));
    assert!(fs::read_to_string(record()).unwrap().contains("\"boot\":null"));
    fs::write(world.workenv().join("data/d"), "edited\n").unwrap();
    assert_eq!(world.start(&package), Seen::printed("edited\n"));
}

#[test]
fn what_a_set_up_did_to_files_is_no_damage() {
    let world = World::new();
    let command = "/bin/sh -c 'cd \"$FLAVOR_WORKENV/data\"; chmod 600 a; echo set up >b; rm c'";
    let editor = World::editor("cd \"$FLAVOR_WORKENV/data\"; cat a b; echo kept >>b")
        .slot(data("a", "a\n"))
        .slot(data("b", "b\n"))
        .slot(data("c", "c\n"))
        .setup_command(SetupCommand::Execute {
            command: command.into(),
        })
        .lenient();
    let package = world.build("app.psp", editor);
    assert_eq!(world.start(&package), Seen::printed("a\nset up\n"));
    let Some(boot) = pspf_cache::current_boot() else {
        eprintln!("SKIPPED: this system does not name its boots");
        return;
    };
    fs::write(world.workenv().join("data/b"), "set up\n").unwrap();
    let record = world.entry().join("record");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace(&boot, "another boot")).unwrap();
    assert_eq!(
        world.start(&package),
        Seen::printed("a\nset up\n"),
        "nothing is made again"
    );
    assert!(fs::read_to_string(record).unwrap().contains("\"boot\":null"));
}

#[test]
fn the_packages_own_test_decides_whether_its_files_are_complete() {
    let world = World::new();
    let write = |path: &str| SetupCommand::WriteFile {
        path: path.into(),
        content: "done {version}\n".into(),
        mode: None,
    };
    let validation = CacheValidation {
        check_file: "{workenv}/metadata/installed".into(),
        expected_content: Some("done {version}".into()),
    };
    let editor = World::editor("cat \"$FLAVOR_WORKENV/metadata/installed\"; rm -f \"$FLAVOR_WORKENV/$1\"")
        .setup_command(write("{workenv}/metadata/installed"))
        .cache_validation(validation);
    let package = world.build("app.psp", editor);
    let start = |argument: &str| world.see(world.command(&package).arg(argument));
    assert_eq!(start("none"), Seen::printed("done 1.0\n"));
    let inode = || fs::metadata(world.workenv()).unwrap().ino();
    let first = inode();
    assert_eq!(start("metadata/installed"), Seen::printed("done 1.0\n"));
    assert_eq!(inode(), first);
    assert_eq!(start("none"), Seen::printed("done 1.0\n"), "made again");
}

#[test]
fn what_was_not_used_for_long_goes() {
    let world = World::new();
    world.start(&world.script("old.psp", "echo old"));
    let old = world.entry();
    let record = fs::File::options().write(true).open(old.join("record")).unwrap();
    record
        .set_modified(SystemTime::now() - Duration::from_secs(40 * 24 * 60 * 60))
        .unwrap();
    fs::remove_file(world.cache().join("buckpack/.swept")).unwrap();
    assert_eq!(
        world.start(&world.script("new.psp", "echo new")),
        Seen::printed("new\n")
    );
    assert!(!old.exists());
    assert_eq!(world.entries().len(), 1);
}

#[test]
fn a_file_system_from_which_nothing_can_be_run_is_named_before_anything_is_unpacked() {
    let world = World::new();
    if !has("unshare") || !has("mount") {
        return;
    }
    let package = world.script("app.psp", "echo ran");
    fs::create_dir(world.cache()).unwrap();
    let script = "mount -t tmpfs -o noexec,mode=0700 none \"$1\" && exec \"$2\"";
    let mut command = world.command("/usr/bin/unshare".as_ref());
    command.args([
        "--user",
        "--map-current-user",
        "--mount",
        "--keep-caps",
        "sh",
        "-c",
        script,
        "sh",
    ]);
    let seen = world.see(command.arg(world.cache()).arg(&package));
    if seen.stderr.starts_with("unshare: ") || seen.stderr.starts_with("mount: ") {
        eprintln!("SKIPPED: no mount namespace here: {}", seen.stderr);
        return;
    }
    let expected = "no program can be run from [TOP]/cache/buckpack, whose file system is mounted `noexec`; set \
                    FLAVOR_CACHE_DIR to a directory on another file system";
    assert_eq!(seen, Seen::refused(106, expected));
}
