//! `binpkg-tool registry-file`, the program itself, with a registry folder and with a client of our own.

use std::path::Path;
use std::process::{Command, Output};

/// SHA-256 of `hello\n`.
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

fn registry_file(dir: &Path, sha256: &str, more: &[&str]) -> Output {
    Command::new(testkit::program("binpkg-tool"))
        .args([
            "registry-file",
            "--client",
            "npm",
            "--package",
            "hello",
            "--version",
            "1.0.0",
        ])
        .args(["--sha256", sha256, "--out", "out"])
        .args(more)
        .current_dir(dir)
        .env_clear()
        .env("PATH", dir.join("bin"))
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn takes_the_file_of_the_registry_folder_without_a_client() {
    let world = tempfile::tempdir().unwrap();
    std::fs::create_dir(world.path().join("files")).unwrap();
    std::fs::write(world.path().join("files").join(HELLO), "hello\n").unwrap();

    let output = registry_file(world.path(), HELLO, &["--registry-dir", "files"]);

    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(std::fs::read(world.path().join("out")).unwrap(), b"hello\n");
}

#[test]
fn names_the_package_to_install_when_the_client_is_missing() {
    let world = tempfile::tempdir().unwrap();

    let output = registry_file(world.path(), HELLO, &[]);

    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).starts_with(
            "binpkg-tool: error: npm is not on PATH; install it (Debian package npm), or put the file under its sha256 \
             into the folder that `[buckpack] registry_dir` names\n"
        ),
        "{}",
        stderr(&output)
    );
}

#[cfg(unix)]
#[test]
fn refuses_a_file_with_another_digest_and_says_both() {
    let world = tempfile::tempdir().unwrap();
    client(world.path(), "printf 'other\\n' > hello-1.0.0.tgz");

    let output = registry_file(world.path(), HELLO, &[]);

    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains(&format!("hello 1.0.0: expected a file with sha256 {HELLO}, found ")),
        "{said}"
    );
    assert!(said.contains("hello-1.0.0.tgz ("), "{said}");
    assert!(!world.path().join("out").exists());
}

#[cfg(unix)]
#[test]
fn repeats_what_the_client_said() {
    let world = tempfile::tempdir().unwrap();
    client(world.path(), "echo 'no such version' >&2; exit 3");

    let output = registry_file(world.path(), HELLO, &[]);

    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("npm could not bring hello 1.0.0 (exit status: 3): no such version"),
        "{said}"
    );
}

/// An `npm` that does what `script` says in the folder it is started in.
#[cfg(unix)]
fn client(world: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let bin = world.join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("npm"), format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(bin.join("npm"), PermissionsExt::from_mode(0o755)).unwrap();
}
