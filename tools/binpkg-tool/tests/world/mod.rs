//! A folder with a tree to pack and what rules write about it, and the programs that they start there in their order.
#![allow(dead_code, reason = "every test file uses what it needs")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

/// Content hash of the tree below.
pub const CONTENT_HASH: &str = "f44b10b1b114dccc83c518c961de2a709ba1e79b7f6d1056b6040baef94428d9";

/// Starts the program in a folder, with an empty environment.
pub fn tool(dir: &Path, args: &[&str]) -> Output {
    Command::new(testkit::program("binpkg-tool"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .output()
        .unwrap()
}

/// What it said.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// It ended well and said nothing.
pub fn done(output: &Output) {
    assert_eq!((output.status.code(), stderr(output).as_str()), (Some(0), ""));
    assert_eq!(output.stdout, b"");
}

/// A file of the folder.
pub fn text(dir: &Path, file: &str) -> String {
    fs::read_to_string(dir.join(file)).unwrap()
}

/// A folder with the tree of the format's vector, and what the rule writes about it.
pub fn world() -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    let tree = world.path().join("tree");
    fs::create_dir_all(tree.join("usr/bin")).unwrap();
    fs::create_dir_all(tree.join("usr/share/empty")).unwrap();
    fs::write(tree.join("usr/bin/hello"), "hello\n").unwrap();
    fs::write(tree.join("usr/bin/su"), "x").unwrap();
    fs::write(tree.join("usr/share/a b%c.txt"), "").unwrap();
    symlink("hello", tree.join("usr/bin/hi")).unwrap();
    for program in ["usr/bin/hello", "usr/bin/su"] {
        fs::set_permissions(tree.join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let permissions = r#"[{"path": "usr/bin/su", "mode": "4755"}]"#;
    let payload =
        format!(r#"{{"source": "tree", "name": "tool", "kind": "", "place": "", "permissions": {permissions}}}"#);
    fs::write(world.path().join("payload.json"), payload).unwrap();
    let recipe = format!(
        r#"{{"schema": "binpkg-recipe/1", "kind": "pack", "epoch": 1, "name": "tool", "version": "1.0-rc1", "use": {{}},
            "platform": {{"cpu": "x86_64", "os": "linux", "libc": "glibc", "level": "v1"}}, "toolchain": {{}},
            "sources": [{{"dest": "", "sha256": {{"$sha256": "MANIFEST"}}, "strip": 0}}], "patches": [], "phases": [],
            "env": {{}}, "deps": [], "tools": [], "transforms": [], "permissions": {permissions},
            "layout": {{"kind": {{"$text": "kind"}}, "prefix": "/usr", "libdir": "lib"}}}}"#
    );
    fs::write(world.path().join("recipe.json"), recipe).unwrap();
    let about = r#"{"target": "//tool:tool", "relocatable": false, "prefix_in": [], "runtime_deps": [],
        "platform_libraries": ["libc.so.6"], "missing_libraries": [], "slot": "0", "license": "MIT",
        "homepage": "", "description": "a tool"}"#;
    fs::write(world.path().join("about.json"), about).unwrap();
    world
}

/// How rules pack.
pub const PACK: [&str; 15] = [
    "pack",
    "--payload",
    "payload.json",
    "--recipe",
    "hashed.json",
    "--about",
    "about.json",
    "--tarball",
    "tarball",
    "--sidecar",
    "sidecar",
    "--manifest",
    "manifest",
    "--metadata",
    "metadata",
];

/// How rules list a tree.
pub const MANIFEST: [&str; 7] = [
    "manifest",
    "--payload",
    "payload.json",
    "--out",
    "MANIFEST",
    "--kind-out",
    "kind",
];

/// How rules hash a recipe.
pub const HASH: [&str; 6] = [
    "hash",
    "recipe.json",
    "--recipe-out",
    "hashed.json",
    "--hash-out",
    "hash",
];

/// Lists the tree and hashes the recipe.
pub fn describe(dir: &Path) {
    done(&tool(dir, &MANIFEST));
    done(&tool(dir, &HASH));
}

/// Lists, hashes and packs.
pub fn pack(dir: &Path, format: &str) {
    describe(dir);
    done(&tool(dir, &[&PACK[..], &["--format", format]].concat()));
}
