//! Many starts at once, starts that are killed, disks that are full, and what a start costs.

#![cfg(unix)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::forge::{Forge, gzip, slot, tar_of};
use common::{Seen, World, data, has};
use pspf::{OperationChain, SetupCommand, Slot};

#[test]
fn fifty_first_starts_at_once_unpack_once() {
    let world = World::new();
    let package = world.build(
        "app.psp",
        World::editor("stat -c %i \"$FLAVOR_WORKENV\"").slot(data("d", vec![7; 3 << 20])),
    );
    let results: Vec<Seen> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..50).map(|_| scope.spawn(|| world.start(&package))).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    // One inode: nobody saw another workenv, and nobody made a second one.
    let first = &results[0];
    assert_eq!((first.code, &*first.stderr), (Some(0), ""));
    assert!(results.iter().all(|seen| seen == first), "{results:?}");
    assert_eq!(world.entries().len(), 1);
}

/// Runs `package` under strace with an injection; `None` where strace cannot trace.
fn strace(world: &World, package: &Path, inject: &str) -> Seen {
    let mut command = world.command("/usr/bin/strace".as_ref());
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-e", inject])
        .arg(package);
    world.see(&mut command)
}

fn can_trace(world: &World) -> bool {
    if !has("strace") {
        return false;
    }
    let seen = strace(world, "/bin/true".as_ref(), "trace=none");
    if seen.code != Some(0) {
        eprintln!("SKIPPED: strace cannot trace here: {}", seen.stderr);
    }
    seen.code == Some(0)
}

/// Calls that change the file system, and those around them.
const CALLS: [&str; 18] = [
    "openat",
    "mkdir",
    "mkdirat",
    "write",
    "rename",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "chmod",
    "fchmod",
    "fchmodat",
    "symlink",
    "flock",
    "utimensat",
    "clone3",
    "execve",
    "close",
];

/// A package that goes through everything a first start does: a tree, files, setup commands.
fn eventful(world: &World) -> PathBuf {
    let tree = world.path("tree");
    fs::create_dir_all(tree.join("lib/deep")).unwrap();
    fs::write(tree.join("lib/deep/a"), "a").unwrap();
    fs::write(tree.join("lib/b"), "b").unwrap();
    let setup = |path: &str, content: &str| SetupCommand::WriteFile {
        path: path.into(),
        content: content.into(),
        mode: None,
    };
    let editor = World::editor("cat \"$FLAVOR_WORKENV/lib/deep/a\" \"$FLAVOR_WORKENV/lib/b\" \"$FLAVOR_WORKENV/made\"")
        .slot(
            Slot::path("tree", tree)
                .operations(OperationChain::TAR_GZ)
                .target("{workenv}"),
        )
        .slot(data("d", vec![7; 100_000]))
        .setup_command(SetupCommand::Execute {
            command: "/bin/true".into(),
        })
        .setup_command(setup("{workenv}/made", "c"))
        .lenient();
    world.build("app.psp", editor)
}

/// Kills a first start at its N-th file-system call, for every N or, by default, for some; the next start succeeds.
/// `BUCKPACK_KILL_STEP=1` takes every N (`scripts/long/kill-first-start`).
#[test]
fn a_start_that_was_killed_at_any_call_is_made_good_by_the_next() {
    let world = World::new();
    if !can_trace(&world) {
        return;
    }
    let package = eventful(&world);
    let step: usize = std::env::var("BUCKPACK_KILL_STEP")
        .ok()
        .and_then(|step| step.parse().ok())
        .unwrap_or(11);
    let good = Seen::printed("abc");
    let (mut kills, mut seen_calls) = (0, 0);
    for call in CALLS {
        // strace counts each system call for itself.
        for number in 1.. {
            seen_calls += 1;
            if seen_calls % step != 0 && number > 1 {
                continue;
            }
            let _ = fs::remove_dir_all(world.cache());
            let killed = strace(&world, &package, &format!("inject={call}:signal=KILL:when={number}"));
            if killed == good {
                break;
            }
            kills += 1;
            assert_eq!(world.start(&package), good, "after a kill at {call} {number}");
            // A lock file without a holder may be left: it weighs nothing, and the next clean-up takes it.
            let left: Vec<_> = world
                .entries()
                .into_iter()
                .filter(|name| !name.starts_with(".lock-"))
                .collect();
            assert_eq!(left.len(), 1, "after a kill at {call} {number}: {left:?}");
        }
    }
    eprintln!("killed {kills} times");
    assert!(kills >= 15, "only {kills} kills: does strace count the calls?");
}

/// A disk that is full at the N-th write, directory or file.
#[test]
fn a_full_disk_is_named_and_leaves_nothing_behind() {
    let world = World::new();
    if !can_trace(&world) {
        return;
    }
    let package = eventful(&world);
    let mut failures = 0;
    for call in ["write", "mkdir", "openat"] {
        for number in (1..40).step_by(3) {
            let _ = fs::remove_dir_all(world.cache());
            let seen = strace(&world, &package, &format!("inject={call}:error=ENOSPC:when={number}"));
            if !seen.stderr.contains("psp-launcher: error: ") {
                // All went well, or the program itself was hit.
                continue;
            }
            if call == "openat" && !seen.stderr.contains("cannot create ") {
                // A file that is only read does not meet a full disk.
                continue;
            }
            // Before the cache: the policy files and the package itself cannot be opened either.
            let entries: Vec<_> = world
                .entries()
                .into_iter()
                .filter(|name| !name.starts_with(".lock-"))
                .collect();
            assert_eq!(entries, [""; 0], "{call} {number}: {seen:?}");
            assert!(matches!(seen.code, Some(103 | 104 | 106)), "{call} {number}: {seen:?}");
            assert!(
                seen.stderr.contains("No space left on device"),
                "{call} {number}: {seen:?}"
            );
            failures += 1;
            assert_eq!(world.start(&package), Seen::printed("abc"));
        }
    }
    assert!(failures > 4, "{failures}");
}

/// Starts `package` with a cache on a file system of 8 MiB; `None` where none can be mounted.
fn start_on_small_disk(world: &World, package: &Path) -> Option<(Seen, Vec<String>)> {
    if !has("unshare") || !has("mount") {
        return None;
    }
    let _ = fs::create_dir(world.cache());
    let script = "mount -t tmpfs -o size=8m,mode=0700 none \"$1\" && { \"$2\"; code=$?; ls -A \"$1/buckpack\" >&2; exit $code; }";
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
    let mut seen = world.see(command.arg(world.cache()).arg(package));
    if seen.stderr.starts_with("unshare: ") || seen.stderr.starts_with("mount: ") {
        eprintln!("SKIPPED: no mount namespace here: {}", seen.stderr);
        return None;
    }
    let left = seen
        .stderr
        .lines()
        .filter(|line| line.starts_with('.') || line.len() == 81)
        .map(str::to_owned)
        .collect();
    seen.stderr = seen
        .stderr
        .lines()
        .take_while(|line| line.len() != 81 && !line.starts_with('.'))
        .collect();
    Some((seen, left))
}

#[test]
fn room_is_judged_by_unpacked_size() {
    let world = World::new();
    // 30 MiB that pack to 30 KiB.
    let slot = data("d", vec![0; 30 << 20]).operations(OperationChain::parse("gzip").unwrap());
    let package = world.build("app.psp", World::editor("echo ran").slot(slot));
    let Some((seen, left)) = start_on_small_disk(&world, &package) else {
        return;
    };
    assert_eq!(seen.code, Some(103), "{seen:?}");
    assert!(seen.stderr.contains("/cache/buckpack has room for "), "{seen:?}");
    assert!(
        seen.stderr
            .contains("set FLAVOR_CACHE_DIR to a directory on another file system"),
        "{seen:?}"
    );
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_disk_that_fills_up_is_named_and_left_clean() {
    let world = World::new();
    // A builder that repeats the packed size: nobody knows beforehand.
    let slots = vec![slot("d", "d", gzip(&vec![0; 30 << 20])).chain(0x10, "gzip")];
    let package = world.write("app.psp", &Forge::script("echo ran", slots).bytes());
    let Some((seen, left)) = start_on_small_disk(&world, &package) else {
        return;
    };
    // The reserve alone may say so before.
    assert_eq!(seen.code, Some(103), "{seen:?}");
    assert!(seen.stderr.contains("FLAVOR_CACHE_DIR"), "{seen:?}");
    assert_eq!(left, [""; 0]);
}

fn warm_calls(world: &World, package: &Path) -> usize {
    world.start(package);
    let trace = world.path("trace");
    let mut command = world.command("/usr/bin/strace".as_ref());
    assert_eq!(world.see(command.arg("-o").arg(&trace).arg(package)).code, Some(0));
    let trace = fs::read_to_string(trace).unwrap();
    // From the launcher's start to that of the program.
    trace
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("execve("))
        .count()
}

#[test]
fn a_warm_start_makes_the_same_calls_whatever_the_package() {
    let world = World::new();
    if !can_trace(&world) {
        return;
    }
    let tree = world.path("tree");
    fs::create_dir(&tree).unwrap();
    for number in 0..500 {
        fs::write(tree.join(format!("file{number}")), "x").unwrap();
    }
    let small = world.build("small.psp", World::editor("exit 0"));
    let many = (0..100).fold(World::editor("exit 0"), |editor, number| {
        editor.slot(data(&format!("s{number}"), "x"))
    });
    let many = many.slot(data("large", vec![7; 40 << 20])).slot(
        Slot::path("tree", tree)
            .operations(OperationChain::TAR_GZ)
            .target("{workenv}"),
    );
    let large = world.build("large.psp", many);
    let calls = (warm_calls(&world, &small), warm_calls(&world, &large));
    assert_eq!(calls.0, calls.1);
    // Some thirty of them are the dynamic loader's, where the launcher is not linked statically.
    assert!(calls.0 < 100, "{} system calls", calls.0);
}

/// The most memory that a first start of `package` was seen to have, in KiB.
fn peak(world: &World, package: &Path) -> u64 {
    let mut child = world.command(package).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let found = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(found.unwrap_or(0));
    }
    peak
}

#[test]
fn memory_does_not_grow_with_the_package() {
    let world = World::new();
    if !Path::new("/proc/self/status").exists() {
        eprintln!("SKIPPED: /proc is not mounted");
        return;
    }
    let large = vec![7; 80 << 20];
    let raw = world.build("raw.psp", World::editor("exit 0").slot(data("d", large.clone())));
    let tree = world.path("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("large"), &large).unwrap();
    let packed = Slot::path("tree", tree)
        .operations(OperationChain::TAR_GZ)
        .target("{workenv}");
    let packed = world.build("packed.psp", World::editor("exit 0").slot(packed));
    for package in [raw, packed] {
        let peak = peak(&world, &package);
        assert!(peak < 40 << 10, "{} KiB for {}", peak, package.display());
    }
}

#[test]
fn slots_that_are_unpacked_at_the_same_time_keep_their_order() {
    let world = World::new();
    // Each large enough for a thread of its own, and all of them bring one file.
    let editor = (0..6).fold(World::editor("head -c 1 \"$FLAVOR_WORKENV/same\""), |editor, number| {
        editor.slot(Slot::bytes(format!("s{number}"), vec![b'0' + number; 2 << 20]).target("same"))
    });
    let package = world.build("app.psp", editor.lenient());
    for _ in 0..5 {
        assert_eq!(world.start(&package), Seen::printed("5"));
        fs::remove_dir_all(world.cache()).unwrap();
    }
}

#[test]
fn a_name_with_thousands_of_parts_is_an_error_and_no_crash() {
    let world = World::new();
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o644);
    archive
        .append_data(&mut header, "a/".repeat(20_000) + "b", &b"x"[..])
        .unwrap();
    let slots = vec![slot("t", "{workenv}", archive.into_inner().unwrap()).chain(0x01, "tar")];
    let package = world.write("app.psp", &Forge::script("echo ran", slots).bytes());
    let seen = world.start(&package);
    assert_eq!(seen.code, Some(103), "{seen:?}");
    assert_eq!(world.entries(), [""; 0]);
    let _ = tar_of;
}

#[test]
fn signals_reach_a_spawned_program_and_its_end_is_ours() {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    let world = World::new();
    let script = "trap 'echo got; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let package = world.script("app.psp", script);
    let start = |package: &Path| {
        let mut command: Command = world.command(package);
        let mut child = command
            .env("FLAVOR_EXEC_MODE", "spawn")
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        (child, lines)
    };
    let kill = |pid: u32, signal| {
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    };
    let (mut child, mut lines) = start(&package);
    kill(child.id(), rustix::process::Signal::TERM);
    assert_eq!(lines.next().unwrap().unwrap(), "got");
    assert_eq!(child.wait().unwrap().code(), Some(7));

    let plain = world.script("plain.psp", "echo ready; exec sleep 60");
    let (mut child, _lines) = start(&plain);
    kill(child.id(), rustix::process::Signal::TERM);
    assert_eq!(child.wait().unwrap().signal(), Some(15), "the caller sees the signal");
}
