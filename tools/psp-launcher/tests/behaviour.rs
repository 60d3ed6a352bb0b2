//! What packages ask of a launcher: setup commands, environment, directories; and CLI mode and messages.

#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;

use common::{Seen, World, data};
use pspf::{Enumerate, OperationChain, RuntimeEnv, SetupCommand, Slot, WorkenvDirectory};

fn execute(command: &str) -> SetupCommand {
    SetupCommand::Execute {
        command: command.into(),
    }
}

#[test]
fn setup_commands_run_once_in_the_final_place_and_their_output_goes_to_the_log() {
    let world = World::new();
    let editor = World::editor("cat \"$FLAVOR_WORKENV/place\" \"$FLAVOR_WORKENV/runs\"")
        .env("MINE", "yes")
        .slot(data("a.whl", "a").target("wheels/a.whl"))
        .slot(data("b.whl", "b").target("wheels/b b.whl"))
        .setup_command(execute(
            "/bin/sh -c 'echo out; echo err >&2; echo \"$FLAVOR_WORKENV $MINE $PWD\" > \"$0/place\"' {workenv}",
        ))
        .setup_command(SetupCommand::EnumerateAndExecute {
            command: "/bin/sh -c 'basename \"$1\" >> \"$FLAVOR_WORKENV/runs\"' sh".into(),
            enumerate: Enumerate {
                path: "{workenv}/wheels".into(),
                pattern: "*.whl".into(),
            },
        })
        .setup_command(SetupCommand::Chmod {
            path: "{workenv}/runs".into(),
            mode: "600".into(),
        })
        .lenient();
    let package = world.build("app.psp", editor);
    let first = world.start(&package);
    let workenv = format!("[TOP]/cache/buckpack/{}/workenv", world.entries()[0]);
    assert_eq!(first, Seen::printed(&format!("{workenv} yes [TOP]\na.whl\nb b.whl\n")));
    assert_eq!(world.start(&package), first);
    assert_eq!(
        fs::read_to_string(world.entry().join("setup.log")).unwrap(),
        "out\nerr\n"
    );
    assert_eq!(
        fs::metadata(world.workenv().join("runs")).unwrap().mode() & 0o7777,
        0o600
    );
}

#[test]
fn a_failing_setup_command_ends_the_start_and_is_tried_again() {
    let world = World::new();
    let editor = World::editor("echo ran")
        .setup_command(execute("/bin/sh -c 'echo no luck; test -e \"$0\"' luck"))
        .lenient();
    let package = world.build("app.psp", editor);
    let expected = "setup command 1 of 1: `/bin/sh -c 'echo no luck; test -e \"$0\"' luck` failed (exit status: 1); it \
                    printed:\nno luck";
    for _ in 0..2 {
        assert_eq!(world.start(&package), Seen::refused(104, expected));
        assert_eq!(world.entries(), [""; 0]);
    }
    fs::write(world.path("luck"), "").unwrap();
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
}

#[test]
fn environment_and_directories_as_the_package_wants_them() {
    let world = World::new();
    let runtime = RuntimeEnv {
        unset: vec!["PY*".into()],
        pass: vec!["PYTHONKEEP".into()],
        map: vec![("OLD".into(), "NEW".into())],
        set: vec![("SET".into(), "{workenv}".into())],
    };
    let script =
        "echo \"$PYTHONPATH|$PYTHONKEEP|$OLD|$NEW|$SET|$FROM_WORKENV|$FROM_EXECUTION\"; stat -c '%a %n' var/log var";
    let editor = World::editor(&format!("cd \"$FLAVOR_WORKENV\"; {script}"))
        .runtime_env(runtime)
        .workenv_env("FROM_WORKENV", "{package_name}")
        .env("FROM_EXECUTION", "{version}")
        .workenv_directory(WorkenvDirectory {
            path: "{workenv}/var/log".into(),
            mode: Some("0750".into()),
        })
        .lenient();
    let package = world.build("app.psp", editor);
    for _ in 0..2 {
        let mut command = world.command(&package);
        command.env("PYTHONPATH", "p").env("PYTHONKEEP", "k").env("OLD", "o");
        assert_eq!(
            world.see(&mut command),
            Seen::printed("|k||o|{workenv}|app|1.0\n750 var/log\n700 var\n")
        );
    }
}

#[test]
fn a_tree_a_gzip_file_and_later_slots_over_earlier_ones() {
    let world = World::new();
    let tree = world.path("tree");
    fs::create_dir_all(tree.join("sub")).unwrap();
    fs::write(tree.join("sub/a"), "tree").unwrap();
    fs::write(tree.join("both"), "tree").unwrap();
    let editor = World::editor("cd \"$FLAVOR_WORKENV\"; cat sub/a both zipped")
        .slot(
            Slot::path("tree", tree)
                .operations(OperationChain::TAR_GZ)
                .target("{workenv}"),
        )
        .slot(data("later", "later").target("both"))
        .slot(
            data("zipped", "zipped")
                .target("zipped")
                .operations(OperationChain::parse("gzip").unwrap()),
        );
    let package = world.build("app.psp", editor.lenient());
    assert_eq!(world.start(&package), Seen::printed("treelaterzipped"));
    let deviations = pspf_cache::FileList::compare(&world.entry().join("files"), &world.workenv()).unwrap();
    assert_eq!(deviations, [], "the list is of what was unpacked last");
}

#[test]
fn symbolic_links_are_for_the_second_profile() {
    let world = World::new();
    let tree = world.path("tree");
    fs::create_dir_all(tree.join("lib")).unwrap();
    fs::write(tree.join("lib/real"), "real\n").unwrap();
    std::os::unix::fs::symlink("lib/real", tree.join("link")).unwrap();
    let slot = Slot::path("tree", tree)
        .operations(OperationChain::TAR_GZ)
        .target("{workenv}");
    let editor = World::editor("readlink \"$FLAVOR_WORKENV/link\"; cat \"$FLAVOR_WORKENV/link\"").slot(slot);
    let package = world.build("app.psp", editor.profile(pspf::Profile::Buckpack));
    assert_eq!(world.start(&package), Seen::printed("lib/real\nreal\n"));
}

#[test]
fn zstd_chains_are_for_the_second_profile() {
    let world = World::new();
    let tree = world.path("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("a"), "tree ".repeat(100_000)).unwrap();
    let chain = |word| OperationChain::parse(word).unwrap();
    let editor = World::editor("cd \"$FLAVOR_WORKENV\"; wc -c < a; cat data/d")
        .slot(
            Slot::path("tree", tree)
                .operations(chain("tar.zst"))
                .target("{workenv}"),
        )
        .slot(data("d", "file\n").operations(chain("zstd")));
    let package = world.build("app.psp", editor.profile(pspf::Profile::Buckpack));
    assert_eq!(world.start(&package), Seen::printed("500000\nfile\n"));
}

#[test]
fn a_chain_that_the_launcher_cannot_undo_is_named() {
    let world = World::new();
    let payload = common::forge::gzip(b"x");
    for (operations, word, expected) in [
        (
            0x16,
            "xz",
            "slot d is packed as `xz`, and `xz` is not among what this launcher can undo there",
        ),
        (
            0x13,
            "bzip2",
            "slot d is packed as `bzip2`, and `bzip2` is not among what this launcher can undo there",
        ),
        (
            0x0110,
            "gzip|tar",
            "and `tar` is not among what this launcher can undo there",
        ),
    ] {
        let slot = common::forge::slot("d", "d", payload.clone()).chain(operations, word);
        let package = world.write("app.psp", &common::forge::Forge::script("echo ran", vec![slot]).bytes());
        let seen = world.start(&package);
        assert!(seen.code == Some(103) && seen.stderr.contains(expected), "{seen:?}");
        assert_eq!(world.entries(), [""; 0]);
        fs::remove_file(package).unwrap();
    }
}

#[test]
fn two_thousand_slots_in_the_second_profile() {
    let world = World::new();
    let editor = (0..1999).fold(
        World::editor("ls \"$FLAVOR_WORKENV/data\" | wc -l"),
        |editor, number| editor.slot(data(&format!("s{number}"), "x")),
    );
    let package = world.build("app.psp", editor.profile(pspf::Profile::Buckpack));
    assert_eq!(world.start(&package).stdout.trim(), "1999");
}

#[test]
fn cli_mode() {
    let world = World::new();
    let package = world.build("app.psp", World::editor("echo ran \"$@\"").slot(data("d", "data\n")));
    let cli = |args: &[&str]| {
        let mut command = world.command(&package);
        world.see(command.env("FLAVOR_LAUNCHER_CLI", "1").args(args))
    };
    let info = "Package:   app 1.0\nFile:      [TOP]/app.psp\nKey:       [KEY] (development key)\nSeal:      yes\nSlots:     2\n  \
                [0] run: 24 bytes, none, to bin/run\n  [1] d: 5 bytes, none, to data/d\nSignature and digests of index and \
                metadata hold; `verify` checks payloads too.\n";
    let key = pspf::SigningKey::from_seed("test").public().key_id();
    for args in [&[][..], &["info"]] {
        assert_eq!(cli(args), Seen::printed(&info.replace("[KEY]", &key)));
    }
    let whole = "The package is whole: signature, digests and every payload hold.\n";
    assert_eq!(cli(&["verify"]), Seen::printed(whole));
    assert_eq!(
        cli(&["version"]),
        Seen::printed(&format!("psp-launcher {}\n", env!("CARGO_PKG_VERSION")))
    );
    let metadata: serde_json::Value = serde_json::from_str(&cli(&["metadata"]).stdout).unwrap();
    assert_eq!(
        (&metadata["format"], &metadata["package"]["name"]),
        (&"PSPF/2025".into(), &"app".into())
    );
    assert!(cli(&["help"]).stdout.contains("extract INDEX DIR"));
    assert_eq!(world.entries(), [""; 0], "nothing of this unpacks the package");
    assert_eq!(cli(&["extract", "1", "out"]), Seen::printed(""));
    assert_eq!(fs::read_to_string(world.path("out/data/d")).unwrap(), "data\n");
    assert_eq!(cli(&["run", "a", "b c"]), Seen::printed("ran a b c\n"));
    for (args, expected) in [
        (&["extract", "1"][..], "expected `extract INDEX DIR`, found `extract 1`"),
        (&["extract", "2", "out"], "expected a slot index below 2, found `2`"),
        (&["extract", "-1", "out"], "expected a slot index below 2, found `-1`"),
        (
            &["dance"],
            "expected info, verify, metadata, extract, run, version or help, found `dance`",
        ),
    ] {
        assert_eq!(cli(args), Seen::refused(105, expected));
    }
}

#[test]
fn cli_mode_tells_every_fault() {
    let world = World::new();
    let package = world.build(
        "app.psp",
        World::editor("").slot(data("one", "1\n")).slot(data("two", "2\n")),
    );
    let mut bytes = fs::read(&package).unwrap();
    let index = bytes.len() - 8196;
    let table = u64::from_le_bytes(bytes[index + 40..index + 48].try_into().unwrap()) as usize;
    for slot in [1, 2] {
        let place = table + 64 * slot + 16;
        let offset = u64::from_le_bytes(bytes[place..place + 8].try_into().unwrap()) as usize;
        bytes[offset] = b'x';
    }
    let package = world.write("bad.psp", &bytes);
    let mut command = world.command(&package);
    let seen = world.see(command.env("FLAVOR_LAUNCHER_CLI", "true").arg("verify"));
    assert_eq!((seen.code, &*seen.stdout), (Some(1), ""));
    let parts: Vec<_> = seen
        .stderr
        .lines()
        .map(|line| line.split(": expected").next().unwrap())
        .collect();
    assert_eq!(
        parts,
        [
            "psp-launcher: error: slot payload one",
            "psp-launcher: error: slot payload two"
        ]
    );
}

#[test]
fn messages_go_where_they_are_asked_to() {
    let world = World::new();
    let package = world.build("app.psp", World::editor("").command("none"));
    let log = world.path("log");
    let seen = world.start_with(&package, "FLAVOR_LOG_PATH", &log);
    assert_eq!(
        seen,
        Seen {
            code: Some(106),
            ..Seen::printed("")
        }
    );
    assert!(
        fs::read_to_string(&log)
            .unwrap()
            .starts_with("psp-launcher: error: cannot find the program `none`")
    );
    assert_eq!(fs::metadata(&log).unwrap().mode() & 0o777, 0o600);
    let seen = world.start_with(&package, "FLAVOR_LOG_LEVEL", "json");
    let line: serde_json::Value = serde_json::from_str(seen.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&line["level"], &line["logger"]),
        (&"error".into(), &"psp-launcher".into())
    );
    let seen = world.start_with(&package, "FLAVOR_LAUNCHER_LOG_LEVEL", "off");
    assert_eq!(
        seen,
        Seen {
            code: Some(106),
            ..Seen::printed("")
        }
    );
}

/// The next file that is opened would become stderr, and messages would go into it.
#[test]
fn closed_standard_descriptors_stay_closed_for_the_program_and_harmless_for_us() {
    let world = World::new();
    let script = "for fd in 0 2; do test -e /proc/self/fd/$fd && echo open $fd; done; echo ran";
    let package = world.build("app.psp", World::editor(script).slot(data("d", vec![b'x'; 100])));
    let mut command = world.command("/bin/sh".as_ref());
    command
        .env("FLAVOR_LOG_LEVEL", "debug")
        .args(["-c", "exec \"$0\" <&- 2>&-"])
        .arg(&package);
    for _ in 0..2 {
        let seen = world.see(&mut command);
        // The script itself is open as some descriptor of its shell; 0 and 2 may not be files of ours.
        assert!(seen.stdout.ends_with("ran\n") && seen.code == Some(0), "{seen:?}");
    }
    assert_eq!(fs::read(world.workenv().join("data/d")).unwrap(), vec![b'x'; 100]);
    let deviations = pspf_cache::FileList::compare(&world.entry().join("files"), &world.workenv()).unwrap();
    assert_eq!(deviations, []);
}
