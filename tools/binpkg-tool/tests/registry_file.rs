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

#[test]
fn takes_the_file_of_a_mirror_of_sources() {
    let world = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(world.path().join("kept/sources")).unwrap();
    std::fs::write(world.path().join("kept/sources/hello"), "hello\n").unwrap();
    let mirrors = ["--place", "sources/hello", "--source-mirror", "kept"];
    let output = registry_file(world.path(), HELLO, &mirrors);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(std::fs::read(world.path().join("out")).unwrap(), b"hello\n");
}

#[cfg(unix)]
#[test]
fn asks_mirrors_in_order_and_then_the_client() {
    let world = tempfile::tempdir().unwrap();
    let server = testkit::Server::start(|path, _| match path {
        "/m/sources/h/hello+1.sha" | "/m/sources/h/hello%2B1.sha" => testkit::Answer::Bytes(b"hello\n".into()),
        "/lies/sources/h/hello+1.sha" | "/lies/sources/h/hello%2B1.sha" => testkit::Answer::Bytes(b"other\n".into()),
        _ => testkit::Answer::Status(404, ""),
    });
    let at = |folder: &str| format!("--source-mirror={}/{folder}", server.address());
    let (empty, lies, good) = (at("empty"), at("lies"), at("m"));
    let place = ["--place", "sources/h/hello+1.sha"];

    let output = registry_file(world.path(), HELLO, &[&place[..], &[&empty, &lies, &good]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("`sha256` does not match"),
        "{}",
        stderr(&output)
    );
    assert_eq!(std::fs::read(world.path().join("out")).unwrap(), b"hello\n");

    client(world.path(), "printf 'hello\\n' > hello-1.0.0.tgz");
    std::fs::remove_file(world.path().join("out")).unwrap();
    let output = registry_file(world.path(), HELLO, &[&place[..], &[&empty]].concat());
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    std::fs::remove_file(world.path().join("out")).unwrap();
    let output = registry_file(world.path(), HELLO, &[&place[..], &[&lies]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("; asking the registry\n"),
        "{}",
        stderr(&output)
    );
    assert_eq!(std::fs::read(world.path().join("out")).unwrap(), b"hello\n");
}

#[test]
fn an_address_that_is_none() {
    let world = tempfile::tempdir().unwrap();
    let output = registry_file(
        world.path(),
        HELLO,
        &["--place", "x", "--source-mirror", "ssh://host/x"],
    );
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("expected a mirror that builds can read, a directory or a web server, found "),
        "{}",
        stderr(&output)
    );
}

/// What `apt-get` does here: it knows one archive, and says what it is told.
#[cfg(unix)]
const APT: &str = r#"
for word; do
    case $word in
    indextargets) echo 'deb-src http://archive.invalid/debian/ stable main'; exit ;;
    update) echo update >>"$HOME/log"; exit ;;
    esac
done
echo "$@" >>"$HOME/log"
printf 'hello
' >hello_1.0.orig.tar.gz
printf 'dsc
' >hello_1.0.dsc
"#;

#[cfg(unix)]
#[test]
fn sources_of_debian_leave_the_machine_as_it_is() {
    let world = tempfile::tempdir().unwrap();
    let home = world.path().join("home");
    std::fs::create_dir(&home).unwrap();
    client(world.path(), "");
    std::fs::rename(world.path().join("bin/npm"), world.path().join("bin/apt-get")).unwrap();
    std::fs::write(world.path().join("bin/apt-get"), format!("#!/bin/sh{APT}")).unwrap();
    let fetch = || {
        let _ = std::fs::remove_file(world.path().join("out"));
        let output = Command::new(testkit::program("binpkg-tool"))
            .args([
                "registry-file",
                "--client",
                "apt-source",
                "--package",
                "hello",
                "--version",
                "1.0-1",
            ])
            .args(["--sha256", HELLO, "--out", "out"])
            .current_dir(world.path())
            .env_clear()
            .env("PATH", world.path().join("bin"))
            .env("HOME", &home)
            .output()
            .unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    };
    fetch();
    fetch();
    let place = home.join(".cache/buckpack/apt");
    let list = std::fs::read_to_string(place.join("sources.list")).unwrap();
    assert_eq!(list, "deb-src http://archive.invalid/debian/ stable main\n");
    let log = std::fs::read_to_string(home.join("log")).unwrap();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 3, "the lists are fetched once: {log}");
    assert_eq!(lines[0], "update");
    let options = format!("--option=Dir::Etc::SourceList={}", place.join("sources.list").display());
    for line in &lines[1..] {
        assert!(line.starts_with(&options), "{line}");
        assert!(
            line.contains(&format!("--option=Dir::State={}", place.join("state").display())),
            "{line}"
        );
        assert!(
            line.ends_with("source --download-only --only-source --quiet=2 hello=1.0-1"),
            "{line}"
        );
    }
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
