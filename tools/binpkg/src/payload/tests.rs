use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::*;

#[path = "content_hash_tests.rs"]
mod content_hash;

fn name() -> PackageName {
    "tool".parse().unwrap()
}

fn scan(source: &Path, permissions: &str) -> Result<Payload, PayloadError> {
    let permissions: Vec<Permission> = serde_json::from_str(permissions).unwrap();
    let name = name();
    let placement = Placement {
        name: &name,
        kind: None,
        place: None,
        permissions: &permissions,
    };
    Payload::scan(source, &placement)
}

fn refused(source: &Path, permissions: &str) -> String {
    let error = scan(source, permissions).unwrap_err();
    let text = match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    text.replace(source.to_str().unwrap(), "TREE")
}

/// The tree of section 4.3, made in the given order.
fn vector(root: &Path, backwards: bool) {
    let mut steps: Vec<Box<dyn Fn()>> = vec![
        Box::new(|| fs::write(root.join("usr/bin/hello"), "hello\n").unwrap()),
        Box::new(|| symlink("hello", root.join("usr/bin/hi")).unwrap()),
        Box::new(|| fs::write(root.join("usr/bin/su"), "x").unwrap()),
        Box::new(|| fs::write(root.join("usr/share/a b%c.txt"), "").unwrap()),
        Box::new(|| fs::create_dir(root.join("usr/share/empty")).unwrap()),
    ];
    fs::create_dir_all(root.join("usr/bin")).unwrap();
    fs::create_dir_all(root.join("usr/share")).unwrap();
    if backwards {
        steps.reverse();
    }
    steps.iter().for_each(|step| step());
    for program in ["usr/bin/hello", "usr/bin/su"] {
        fs::set_permissions(root.join(program), fs::Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn odd_names_and_an_empty_tree() {
    let world = tempfile::tempdir().unwrap();
    assert_eq!(
        scan(world.path(), "[]").unwrap().manifest().to_string(),
        "binpkg-manifest/1\n"
    );
    let long = "n".repeat(255);
    for name in [&b"\xff\xfe"[..], b"new\nline", long.as_bytes()] {
        fs::write(world.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
    }
    let text = scan(world.path(), "[]").unwrap().manifest().to_string();
    let names: Vec<_> = text
        .lines()
        .skip(1)
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(names, ["new%0Aline", &long, "%FF%FE"]);
}

#[test]
fn a_single_file() {
    let world = tempfile::tempdir().unwrap();
    let file = world.path().join("run me");
    fs::write(&file, "x").unwrap();
    let lines = |payload: Payload| -> Vec<String> {
        payload
            .manifest()
            .entries()
            .iter()
            .map(|entry| entry.path.to_string())
            .collect()
    };
    assert_eq!(
        lines(scan(&file, "[]").unwrap()),
        ["share", "share/tool", "share/tool/run%20me"]
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    symlink(&file, world.path().join("linked")).unwrap();
    let payload = scan(&world.path().join("linked"), "[]").unwrap();
    assert_eq!(payload.kind(), LayoutKind::Prefix);
    assert_eq!(lines(payload), ["bin", "bin/linked"]);
    let (name, place) = (name(), PayloadPath::new(&b"usr/bin/x"[..]).unwrap());
    let placement = Placement {
        name: &name,
        kind: Some(LayoutKind::Root),
        place: Some(&place),
        permissions: &[],
    };
    let payload = Payload::scan(&file, &placement).unwrap();
    assert_eq!(payload.kind(), LayoutKind::Root);
    assert_eq!(lines(payload), ["usr", "usr/bin", "usr/bin/x"]);
}

#[test]
fn links_are_kept_not_followed() {
    let world = tempfile::tempdir().unwrap();
    for (link, target) in [("dangling", "missing"), ("self", "self"), ("up", ".")] {
        symlink(target, world.path().join(link)).unwrap();
    }
    assert_eq!(scan(world.path(), "[]").unwrap().manifest().entries().len(), 3);
    symlink("../outside", world.path().join("out")).unwrap();
    assert_eq!(
        refused(world.path(), "[]"),
        "the link `out` leads to `../outside`: expected a target inside the payload"
    );
}

#[test]
fn an_absolute_link_needs_a_staged_root() {
    let world = tempfile::tempdir().unwrap();
    symlink("/bin/sh", world.path().join("sh")).unwrap();
    assert!(refused(world.path(), "[]").contains("has the absolute target `/bin/sh`"));
    fs::create_dir(world.path().join("usr")).unwrap();
    assert!(scan(world.path(), "[]").is_ok());
}

#[test]
fn refused_sources_and_permissions() {
    let world = tempfile::tempdir().unwrap();
    assert!(refused(&world.path().join("none"), "[]").starts_with("cannot look at TREE: "));
    fs::write(world.path().join("file"), "").unwrap();
    symlink("file", world.path().join("link")).unwrap();
    for (permissions, words) in [
        (
            r#"[{"path": "none"}]"#,
            "names `none`, expected a path of the payload, found none",
        ),
        (
            r#"[{"path": "../x"}]"#,
            "`permissions`: expected a path without the part `..`",
        ),
        (
            r#"[{"path": "link", "mode": "0777"}]"#,
            "gives `link` a `mode`, which a link does not have",
        ),
        (
            r#"[{"path": "link", "config": true}]"#,
            "gives `link` a `config`, which a link does not have",
        ),
    ] {
        let error = refused(world.path(), permissions);
        assert!(error.contains(words), "{error}");
    }
    let _socket = std::os::unix::net::UnixListener::bind(world.path().join("socket")).unwrap();
    assert_eq!(
        refused(world.path(), "[]"),
        "cannot pack TREE/socket: expected a file, directory or link"
    );
    assert_eq!(
        refused(Path::new("/dev/null"), "[]"),
        "cannot pack TREE: expected a file, directory or link"
    );
    let world = tempfile::tempdir().unwrap();
    match Command::new("mkfifo").arg(world.path().join("pipe")).status() {
        Ok(made) if made.success() => assert_eq!(
            refused(world.path(), "[]"),
            "cannot pack TREE/pipe: expected a file, directory or link"
        ),
        made => eprintln!("SKIPPED: a FIFO: mkfifo: {made:?}"),
    }
}

#[test]
fn digests_of_inputs() {
    let world = tempfile::tempdir().unwrap();
    vector(world.path(), false);
    let file = world.path().join("usr/bin/hello");
    assert_eq!(input_digest(&file).unwrap(), Sha256::of(b"hello\n"));
    let plain = scan(world.path(), "[]").unwrap().manifest().content_hash();
    assert_eq!(input_digest(world.path()).unwrap(), plain);
    // Sources are not installed, so their links may point anywhere.
    symlink("../../outside", world.path().join("usr/out")).unwrap();
    assert!(input_digest(world.path()).is_ok());
}

/// A tree may go below the top; its files are still found, and what it looks like is judged where it goes.
#[test]
fn a_tree_at_a_place() {
    let world = tempfile::tempdir().unwrap();
    fs::create_dir(world.path().join("etc")).unwrap();
    fs::write(world.path().join("etc/table"), "hello\n").unwrap();
    let name = name();
    for (place, kind) in [("share/tool", LayoutKind::Prefix), ("usr/share/tool", LayoutKind::Root)] {
        let place = PayloadPath::new(place).unwrap();
        let placement = Placement {
            name: &name,
            kind: None,
            place: Some(&place),
            permissions: &[],
        };
        let payload = Payload::scan(world.path(), &placement).unwrap();
        assert_eq!(payload.kind(), kind);
        let last = payload.manifest().entries().last().unwrap();
        assert_eq!(last.path.to_string(), format!("{place}/etc/table"));
        assert_eq!(fs::read_to_string(payload.file(&last.path)).unwrap(), "hello\n");
        assert_eq!(payload.manifest().entries().len(), place.parts().count() + 2);
    }
}
