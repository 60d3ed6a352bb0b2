//! A package that starts: once unpacked, then from its record; with everything that belongs to the program untouched.

#![cfg(unix)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};

use common::{Seen, World, data};

#[test]
fn a_second_start_does_not_unpack_again() {
    let world = World::new();
    let script = "cat \"$FLAVOR_WORKENV/data/d\"; echo changed > \"$FLAVOR_WORKENV/data/d\"";
    let package = world.build("app.psp", World::editor(script).slot(data("d", "first\n")));
    assert_eq!(world.start(&package), Seen::printed("first\n"));
    let inode = fs::metadata(world.workenv()).unwrap().ino();
    assert_eq!(world.start(&package), Seen::printed("changed\n"));
    assert_eq!(fs::metadata(world.workenv()).unwrap().ino(), inode);
}

#[test]
fn flavor_workenv_cache_0_unpacks_afresh() {
    let world = World::new();
    let script = "cat \"$FLAVOR_WORKENV/data/d\"; echo changed > \"$FLAVOR_WORKENV/data/d\"";
    let package = world.build("app.psp", World::editor(script).slot(data("d", "first\n")));
    for value in ["1", "0", "false", "FALSE"] {
        assert_eq!(
            world.start_with(&package, "FLAVOR_WORKENV_CACHE", value),
            Seen::printed("first\n"),
            "{value}"
        );
    }
    assert_eq!(
        world.start_with(&package, "FLAVOR_WORKENV_CACHE", "1"),
        Seen::printed("changed\n")
    );
    assert_eq!(world.entries().len(), 1);
}

#[test]
fn a_start_is_quiet_with_an_empty_path_and_without_any_variable_but_the_cache() {
    let world = World::new();
    let package = world.script("app.psp", "echo \"$PATH\"; pwd");
    world.start(&package);
    let expected = format!("[TOP]/cache/buckpack/{}/workenv/bin\n[TOP]\n", world.entries()[0]);
    assert_eq!(world.start_with(&package, "PATH", ""), Seen::printed(&expected));
    let mut bare = world.command(&package);
    bare.env_clear().env("FLAVOR_CACHE_DIR", world.cache());
    assert_eq!(world.see(&mut bare).code, Some(0));
}

#[test]
fn names_with_spaces_everywhere() {
    let world = World::new();
    fs::create_dir(world.path("a b")).unwrap();
    let package = world.script("a b/my app.psp", "printf '%s|' \"$0\" \"$@\"");
    let mut command = world.command(&package);
    command
        .env("FLAVOR_CACHE_DIR", world.path("c d"))
        .args(["x y", "", "z\n"]);
    let entry = |world: &World| common::entries(&world.path("c d/buckpack"))[0].clone();
    let seen = world.see(&mut command);
    assert_eq!(
        seen,
        Seen::printed(&format!(
            "[TOP]/c d/buckpack/{}/workenv/bin/run|x y||z\n|",
            entry(&world)
        ))
    );
}

#[test]
fn arguments_and_environment_are_bytes() {
    let world = World::new();
    let package = world.script("app.psp", "printf '%s' \"$1$ODD\" | od -An -tx1");
    let odd = OsStr::from_bytes(b"\xff\xfe");
    for _ in 0..2 {
        let mut command = world.command(&package);
        command.arg(odd).env("ODD", odd);
        assert_eq!(world.see(&mut command), Seen::printed(" ff fe ff fe\n"));
    }
}

#[test]
fn the_programs_exit_code_is_the_starts() {
    let world = World::new();
    let package = world.script("app.psp", "exit 42");
    for mode in ["exec", "spawn"] {
        let seen = world.start_with(&package, "FLAVOR_EXEC_MODE", mode);
        assert_eq!(
            seen,
            Seen {
                code: Some(42),
                ..Seen::printed("")
            },
            "{mode}"
        );
    }
}

#[test]
fn a_link_with_another_name_reaches_the_program() {
    let world = World::new();
    let package = world.build(
        "app.psp",
        World::editor("").command("/bin/sh -c 'echo \"$FLAVOR_COMMAND_NAME $FLAVOR_ORIGINAL_COMMAND\"'"),
    );
    symlink(&package, world.path("alias")).unwrap();
    assert_eq!(
        world.start(&world.path("alias")),
        Seen::printed("alias [TOP]/app.psp\n")
    );
}

#[test]
fn the_command_of_the_package_with_every_placeholder() {
    let world = World::new();
    let command = "/bin/sh -c 'printf \"%s\\n\" \"$@\"' sh {package_name} {version} '{slot:1}' {slot:9} \"\" a\\ b";
    let editor = World::editor("").command(command).slot(data("d", "x")).lenient();
    let package = world.build("app.psp", editor);
    let mut start = world.command(&package);
    start.arg("last one");
    let seen = world.see(&mut start);
    let slot = format!("[TOP]/cache/buckpack/{}/workenv/data/d", world.entries()[0]);
    assert_eq!(
        seen,
        Seen::printed(&format!("app\n1.0\n{slot}\n{{slot:9}}\n\na b\nlast one\n"))
    );
}

#[test]
fn a_package_that_was_replaced_unpacks_beside_the_old_one() {
    let world = World::new();
    assert_eq!(
        world.start(&world.script("app.psp", "echo one")),
        Seen::printed("one\n")
    );
    fs::remove_file(world.path("app.psp")).unwrap();
    assert_eq!(
        world.start(&world.script("app.psp", "echo two")),
        Seen::printed("two\n")
    );
    assert_eq!(world.entries().len(), 2);
}

#[test]
fn a_deleted_package_runs_to_its_end() {
    let world = World::new();
    let package = world.script("app.psp", "rm \"$1\"; cat \"$0\" | tail -1");
    let mut command = world.command(&package);
    command.arg(&package);
    assert_eq!(world.see(&mut command).code, Some(0));
    assert!(!package.exists());
}

/// A program sees the signal dispositions and the mask that the launcher was started with.
#[test]
fn signal_dispositions_are_handed_on() {
    let world = World::new();
    // No script, because shells unblock signals for themselves.
    let status = "grep -E '^Sig(Ign|Blk)' /proc/self/status";
    let package = world.build("app.psp", World::editor("").command(status));
    if !std::path::Path::new("/proc/self/status").exists() {
        eprintln!("SKIPPED: /proc is not mounted");
        return;
    }
    // A caller with everything as usual, one that ignores signals, and two that have blocked some.
    let mut callers = vec![("", ""), ("trap '' PIPE HUP; ", "")];
    if blocks_signals() {
        callers.push(("set -- env --block-signal=TERM; ", "0000000000004000"));
        callers.push(("trap '' PIPE; set -- env --block-signal=TERM,INT; ", "0000000000004002"));
    }
    for (caller, blocked) in callers {
        for mode in ["exec", "spawn"] {
            let shell = |program: &str| {
                let mut command = world.command("/bin/sh".as_ref());
                let script = format!("{caller}exec \"$@\" {program}");
                world.see(command.env("FLAVOR_EXEC_MODE", mode).args(["-c", &script]))
            };
            let direct = shell(status);
            assert!(direct.code == Some(0) && direct.stdout.contains(blocked), "{direct:?}");
            for start in ["first", "second"] {
                assert_eq!(shell(package.to_str().unwrap()), direct, "{mode} {caller} {start}");
            }
            fs::remove_dir_all(world.entry()).unwrap();
        }
    }
}

/// Whether the host's `env` can block signals; says so if not.
fn blocks_signals() -> bool {
    let tried = std::process::Command::new("env")
        .args(["--block-signal=TERM", "true"])
        .output();
    let can = tried.is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("SKIPPED: `env` of this host does not know --block-signal");
    }
    can
}

#[test]
fn what_cannot_be_run_is_named() {
    let world = World::new();
    for (command, code, expected) in [
        (
            "\"{workenv}/bin/none\"",
            106,
            "cannot run [WORKENV]/bin/none: No such file or directory (os error 2)",
        ),
        (
            "none",
            106,
            "cannot find the program `none` in PATH ([WORKENV]/bin:/usr/bin:/bin)",
        ),
        (
            "bin/run",
            106,
            "the command's program bin/run is a relative path, expected an absolute one, one below {workenv} or a bare name",
        ),
        (
            "{workenv}/data/d",
            106,
            "cannot run [WORKENV]/data/d: this user may not execute it (Permission denied (os error 13)); does its slot \
             have permissions 0755?",
        ),
        (
            "{workenv}/data/odd",
            104,
            "cannot run [WORKENV]/data/odd: it is neither a program for this system nor a script that names its \
             interpreter (`#!/bin/sh`)\n  caused by: Exec format error (os error 8)",
        ),
        (
            "{workenv}/data/lost",
            104,
            "cannot run [WORKENV]/data/lost: the interpreter or loader that it names does not exist here\n  caused by: No \
             such file or directory (os error 2)",
        ),
    ] {
        let executable = |id: &str, bytes: &str| data(id, bytes).permissions(common::mode("0755"));
        let editor = World::editor("")
            .command(command)
            .slot(data("d", "x").permissions(common::mode("0644")));
        let editor = editor
            .slot(executable("odd", "?"))
            .slot(executable("lost", "#!/nonexistent/sh\n"))
            .lenient();
        let package = world.build("app.psp", editor);
        for mode in ["exec", "spawn"] {
            let seen = world.start_with(&package, "FLAVOR_EXEC_MODE", mode);
            let workenv = format!("[TOP]/cache/buckpack/{}/workenv", world.entries()[0]);
            assert_eq!(
                seen,
                Seen::refused(code, &expected.replace("[WORKENV]", &workenv)),
                "{command}"
            );
        }
        fs::remove_dir_all(world.cache()).unwrap();
        fs::remove_file(package).unwrap();
    }
}

#[test]
fn the_launcher_alone_is_no_package() {
    let world = World::new();
    let seen = world.start(&world.write("bare", &World::launcher()));
    assert_eq!(seen.code, Some(102));
    assert!(
        seen.stderr
            .contains("the package is refused: trailer: expected end magic"),
        "{}",
        seen.stderr
    );
}
