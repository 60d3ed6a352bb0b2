//! `binpkg-tool manifest`, `hash` and `pack`, the programs themselves, on machines that differ in one thing each: the outputs are
//! the same bytes.
#![cfg(unix)]

mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use world::{HASH, MANIFEST, PACK, world};

/// Everything that the programs write.
const OUTPUTS: [&str; 8] = [
    "MANIFEST",
    "kind",
    "hashed.json",
    "hash",
    "tarball",
    "sidecar",
    "manifest",
    "metadata",
];

/// What stands before the program in a command, or what is changed of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Machine {
    Plain,
    Umask,
    Variables,
    Times,
    OneProcessor,
    User,
    HostName,
}

impl Machine {
    /// The command that starts the program, which lies in the folder.
    fn command(self, dir: &Path) -> Command {
        let words: &[&str] = match self {
            Self::Umask => &["sh", "-c", r#"umask 077 && exec "$@""#, "sh"],
            Self::OneProcessor => &["taskset", "-c", "0"],
            Self::HostName => &[
                "unshare",
                "--uts",
                "sh",
                "-c",
                r#"hostname elsewhere && exec "$@""#,
                "sh",
            ],
            Self::Plain | Self::Variables | Self::Times | Self::User => &["env"],
        };
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .arg(dir.join("binpkg-tool"))
            .current_dir(dir)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        match self {
            Self::Variables => {
                for (name, value) in [
                    ("HOME", "/home/somebody"),
                    ("LANG", "tr_TR.UTF-8"),
                    ("LC_ALL", "tr_TR.UTF-8"),
                    ("TZ", "Asia/Kathmandu"),
                    ("USER", "somebody"),
                    ("HOSTNAME", "elsewhere"),
                    ("CC", "false"),
                    ("CFLAGS", "-O3"),
                    ("SOURCE_DATE_EPOCH", "77"),
                    ("TAR_OPTIONS", "--owner=somebody"),
                ] {
                    command.env(name, value);
                }
            }
            Self::User => {
                command.uid(12345).gid(54321);
            }
            _ => {}
        }
        command
    }

    /// Whether this test can be on such a machine; if not, it says why.
    fn is_possible(self, dir: &Path) -> bool {
        match self.command(dir).arg("--version").output() {
            Ok(output) if output.status.success() => true,
            outcome => {
                eprintln!("SKIPPED: {self:?}: {outcome:?}");
                false
            }
        }
    }

    /// The outputs, in order, of a fresh folder on such a machine.
    fn outputs(self, dir: &Path) -> Vec<Vec<u8>> {
        for args in [&MANIFEST[..], &HASH[..], &PACK[..]] {
            let output = self.command(dir).args(args).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), &*said), (Some(0), ""), "{self:?}");
        }
        OUTPUTS.map(|name| fs::read(dir.join(name)).unwrap()).into()
    }
}

/// A folder where anybody may write, with the program in it.
fn place() -> tempfile::TempDir {
    let world = world();
    let dir = world.path();
    fs::set_permissions(dir, fs::Permissions::from_mode(0o777)).unwrap();
    fs::copy(testkit::program("binpkg-tool"), dir.join("binpkg-tool")).unwrap();
    world
}

#[test]
fn the_machine_leaves_no_trace() {
    let original = place();
    let expected = Machine::Plain.outputs(original.path());
    for machine in [
        Machine::Plain,
        Machine::Umask,
        Machine::Variables,
        Machine::Times,
        Machine::OneProcessor,
        Machine::User,
        Machine::HostName,
    ] {
        // Each in a folder of its own, so that the folder is another one, too.
        let world = place();
        let dir = world.path();
        if machine == Machine::Times {
            let times = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
            for name in ["tree/usr", "tree/usr/bin/hello", "payload.json", "recipe.json"] {
                fs::File::open(dir.join(name)).unwrap().set_times(times).unwrap();
            }
        }
        if machine.is_possible(dir) {
            let found = machine.outputs(dir);
            for ((name, expected), found) in OUTPUTS.iter().zip(&expected).zip(&found) {
                assert!(expected == found, "{machine:?}: {name}");
            }
        }
    }
}
