//! What a command says while it works. This program calls itself, because words go to the process's own stderr.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use cli::Words;

const LONG: Duration = Duration::from_millis(1400);

/// The work; a test only when this program was called for it.
#[test]
fn work() {
    let Ok(kind) = std::env::var("WORDS_TEST") else { return };
    let words = Words::new("tool", kind.contains("quiet"));
    {
        let _progress = words.progress("counting sheep");
        if kind.contains("long") {
            std::thread::sleep(LONG);
        }
    }
    words.note("counted");
}

fn said(kind: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    stderr(command.args(["--exact", "work", "--nocapture"]).env("WORDS_TEST", kind))
}

fn stderr(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(status.success(), "{command:?}");
    String::from_utf8(stderr).unwrap()
}

#[test]
fn work_of_more_than_a_second_says_so_in_one_plain_line() {
    assert_eq!(said("short"), "counted\n");
    assert_eq!(said("long"), "tool: counting sheep\ncounted\n");
}

#[test]
fn quiet_says_nothing() {
    assert_eq!(said("long quiet"), "");
}

#[test]
fn a_terminal_shows_a_line_that_moves_and_goes() {
    let script = Path::new("/usr/bin/script");
    if !script.exists() {
        eprintln!("SKIPPED: script is not installed");
        return;
    }
    let line = format!(
        "'{}' --exact work --nocapture",
        std::env::current_exe().unwrap().display()
    );
    let terminal = |kind: &str| {
        let mut command = Command::new(script);
        command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm");
        let output = command.env("WORDS_TEST", kind).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let shown = terminal("long");
    assert!(shown.contains("counting sheep, 1s"), "{shown:?}");
    // What remains on the line is wiped before the next word.
    let (_, after) = shown.rsplit_once("counting sheep").unwrap();
    assert!(after.contains("\u{1b}[2K") && after.contains("counted"), "{shown:?}");
    let shown = terminal("long quiet");
    assert!(!shown.contains("counting") && !shown.contains("counted"), "{shown:?}");
}
