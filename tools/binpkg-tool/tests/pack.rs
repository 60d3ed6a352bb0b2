//! `binpkg-tool manifest`, `hash`, `pack`, `check` and `collect`, the programs themselves, in the order in which rules call
//! them; GNU programs judge the results.
#![cfg(unix)]

mod world;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use world::{CONTENT_HASH, MANIFEST, PACK, describe, done, pack, stderr, text, tool, world};

/// Starts a program of the machine, if there is one.
fn gnu(dir: &Path, program: &str, args: &[&str]) -> Option<Output> {
    match Command::new(program)
        .args(args)
        .current_dir(dir)
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .output()
    {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("SKIPPED: {program}: {error}");
            None
        }
    }
}

#[test]
fn outputs_agree_with_each_other() {
    let world = world();
    let dir = world.path();
    pack(dir, "gz");
    let hash = text(dir, "hash");
    let hash = hash.trim_end();
    assert_eq!(text(dir, "MANIFEST"), text(dir, "manifest"));
    assert_eq!(text(dir, "kind"), "root\n");
    let metadata: serde_json::Value = serde_json::from_str(&text(dir, "metadata")).unwrap();
    assert_eq!(metadata["content_hash_full"], CONTENT_HASH);
    assert_eq!(metadata["config_hash_full"], hash);
    assert_eq!(
        (&metadata["recipe_kind"], &metadata["file_count"]),
        (&"pack".into(), &8.into())
    );
    let sidecar = text(dir, "sidecar");
    let size = fs::metadata(dir.join("tarball")).unwrap().len();
    let short = &hash[..8];
    let sha256 = &sidecar[..64];
    assert_eq!(
        sidecar,
        format!(
            "{sha256}  tool-1.0_rc1-{short}-bin.tar.gz\n# Config Hash: {short}\n# Content Hash: f44b10b1\n# Package: tool\n\
             # Version: 1.0-rc1\n# Target: //tool:tool\n# Size: {size}\n# Config Hash Full: {hash}\n\
             # Content Hash Full: {CONTENT_HASH}\n"
        )
    );
    done(&tool(dir, &["check", "tarball", "--sidecar", "sidecar"]));
}

/// Folder, times, umask and the order of making leave no trace; the format changes the tarball and nothing else.
#[test]
fn two_packs_are_equal() {
    let (one, two) = (world(), world());
    let hello = two.path().join("tree/usr/bin/hello");
    fs::rename(&hello, two.path().join("aside")).unwrap();
    fs::copy(two.path().join("aside"), &hello).unwrap();
    fs::set_permissions(two.path().join("tree/usr"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&hello, fs::Permissions::from_mode(0o711)).unwrap();
    for format in ["gz", "zst"] {
        for world in [&one, &two] {
            pack(world.path(), format);
        }
        for file in ["tarball", "sidecar", "manifest", "metadata", "hash", "hashed.json"] {
            assert!(
                fs::read(one.path().join(file)).unwrap() == fs::read(two.path().join(file)).unwrap(),
                "{file}"
            );
        }
        done(&tool(one.path(), &["check", "tarball", "--sidecar", "sidecar"]));
    }
}

#[test]
fn gnu_programs_accept_it() {
    let world = world();
    let dir = world.path();
    pack(dir, "gz");
    done(&tool(
        dir,
        &[
            "collect",
            "--tarball",
            "tarball",
            "--sidecar",
            "sidecar",
            "--recipe",
            "hashed.json",
            "--out",
            "out",
        ],
    ));
    let mut names: Vec<_> = fs::read_dir(dir.join("out"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let name = format!("tool-1.0_rc1-{}-bin.tar.gz", &text(dir, "hash")[..8]);
    assert_eq!(
        names,
        [name.clone(), format!("{name}.recipe.json"), format!("{name}.sha256")]
    );

    let out = dir.join("out");
    let sidecar = format!("{name}.sha256");
    for args in [&["--check", &sidecar][..], &["--check", "--strict", "--warn", &sidecar]] {
        if let Some(output) = gnu(&out, "sha256sum", args) {
            assert_eq!(
                (
                    output.status.code(),
                    &*String::from_utf8_lossy(&output.stdout),
                    stderr(&output)
                ),
                (Some(0), &*format!("{name}: OK\n"), String::new())
            );
        }
    }
    // What is said of programs that take no comments.
    let first = format!("head -n 1 {sidecar} | sha256sum --check --strict");
    if let Some(output) = gnu(&out, "sh", &["-c", &first]) {
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{name}: OK\n"));
    }
    let Some(output) = gnu(&out, "tar", &["--list", "--verbose", "--full-time", "--file", &name]) else {
        return;
    };
    let listing = String::from_utf8(output.stdout).unwrap();
    let ends: Vec<_> = listing
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .map(|w| format!("{} {} {}", w[0], w[1], w[5..].join(" ")))
        .collect();
    assert_eq!(
        ends,
        [
            "-rw-r--r-- 0/0 METADATA.json",
            "-rw-r--r-- 0/0 MANIFEST",
            "drwxr-xr-x 0/0 tool/",
            "drwxr-xr-x 0/0 tool/usr/",
            "drwxr-xr-x 0/0 tool/usr/bin/",
            "-rwxr-xr-x 0/0 tool/usr/bin/hello",
            "lrwxrwxrwx 0/0 tool/usr/bin/hi -> hello",
            "-rwsr-xr-x 0/0 tool/usr/bin/su",
            "drwxr-xr-x 0/0 tool/usr/share/",
            "-rw-r--r-- 0/0 tool/usr/share/a b%c.txt",
            "drwxr-xr-x 0/0 tool/usr/share/empty/",
        ]
    );
}

#[test]
fn check_finds_every_lie() {
    let world = world();
    let dir = world.path();
    pack(dir, "gz");
    let (tarball, sidecar) = (fs::read(dir.join("tarball")).unwrap(), text(dir, "sidecar"));
    let refused = |tarball: &[u8], sidecar: &str| {
        fs::write(dir.join("tarball"), tarball).unwrap();
        fs::write(dir.join("sidecar"), sidecar).unwrap();
        let output = tool(dir, &["check", "tarball", "--sidecar", "sidecar"]);
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        // As a validation it is a report, and no failure of the action.
        done(&tool(
            dir,
            &["check", "tarball", "--sidecar", "sidecar", "--report", "report"],
        ));
        let report: serde_json::Value = serde_json::from_str(&text(dir, "report")).unwrap();
        assert_eq!(report["data"]["status"], "failure");
        (stderr(&output), report["data"]["message"].as_str().unwrap().to_owned())
    };
    let truncated = refused(&tarball[..tarball.len() - 9], &sidecar);
    assert!(truncated.0.starts_with(
        "binpkg-tool: error: tarball does not verify against sidecar\n  caused by: the archive is damaged or truncated"
    ));
    assert!(
        truncated
            .1
            .starts_with("tarball does not verify against sidecar: the archive is damaged or truncated"),
        "{}",
        truncated.1
    );
    // The time in the gzip header says nothing about the content; the checksum still notices.
    let mut other_time = tarball.clone();
    other_time[4] ^= 1;
    let said = refused(&other_time, &sidecar).0;
    let expected = format!("-bin.tar.gz does not match (expected {}, found ", &sidecar[..64]);
    assert!(said.contains(&expected), "{said}");
    for (from, to, words) in [
        (
            "# Size: ",
            "# Size: 1",
            "sidecar and METADATA.json disagree: expected\n",
        ),
        (
            "# Version: 1.0-rc1",
            "# Version: 1.0",
            "sidecar and METADATA.json disagree",
        ),
        (
            "# Content Hash: f44b10b1",
            "# Content Hash: f44b10b2",
            "expected `Content Hash` to be the beginning of",
        ),
        ("  tool-1.0", "  tool-1.1", "expected the checksum of `tool-1.0_rc1-"),
        ("-bin.tar.gz", "-bin.tar.zst", "expected the checksum of `tool-1.0_rc1-"),
    ] {
        let said = refused(&tarball, &sidecar.replace(from, to)).0;
        assert!(said.contains(words), "{said}");
    }
    fs::write(dir.join("sidecar"), &sidecar).unwrap();
    done(&tool(
        dir,
        &["check", "tarball", "--sidecar", "sidecar", "--report", "report"],
    ));
    assert_eq!(
        text(dir, "report"),
        "{\"version\":1,\"data\":{\"status\":\"success\",\"message\":\"\"}}\n"
    );
}

/// Whatever is wrong with a sidecar, the package is not verified; nothing else is said about it.
#[test]
fn a_sidecar_that_proves_nothing() {
    let world = world();
    let dir = world.path();
    pack(dir, "gz");
    let sidecar = text(dir, "sidecar");
    let (first, comments) = sidecar.split_once('\n').unwrap();
    let name = first.rsplit(' ').next().unwrap();
    for (what, content) in [
        ("missing", None),
        ("empty", Some(String::new())),
        ("only comments", Some(comments.to_owned())),
        ("another name", Some(sidecar.replace("  tool-", "  other-"))),
        ("a path in the name", Some(sidecar.replace("  tool-", "  dir/tool-"))),
        (
            "upper case",
            Some(format!("{}  {name}\n{comments}", first[..64].to_uppercase())),
        ),
        ("CRLF", Some(sidecar.replace('\n', "\r\n"))),
        ("two checksums", Some(format!("{first}\n{sidecar}"))),
        ("a digit of the checksum", Some(flip(&sidecar))),
    ] {
        match content {
            Some(content) => fs::write(dir.join("sidecar"), content).unwrap(),
            None => fs::remove_file(dir.join("sidecar")).unwrap(),
        }
        let output = tool(dir, &["check", "tarball", "--sidecar", "sidecar"]);
        assert_eq!(output.status.code(), Some(4), "{what}: {}", stderr(&output));
    }
    // Neither what nobody knows nor the mark of a binary file is wrong.
    let further = sidecar.replace("  tool-", " *tool-") + "# Colour: red\n";
    fs::write(dir.join("sidecar"), further).unwrap();
    done(&tool(dir, &["check", "tarball", "--sidecar", "sidecar"]));
}

/// The text with another first digit.
fn flip(text: &str) -> String {
    let digit = if text.starts_with('0') { "1" } else { "0" };
    format!("{digit}{}", &text[1..])
}

/// One flipped byte anywhere in the tarball: the checksum knows.
#[test]
fn a_flipped_byte_of_the_tarball() {
    let world = world();
    let dir = world.path();
    for format in ["gz", "zst"] {
        pack(dir, format);
        let tarball = fs::read(dir.join("tarball")).unwrap();
        for at in (0..tarball.len()).step_by(tarball.len() / 12) {
            let mut flipped = tarball.clone();
            flipped[at] ^= 0x10;
            fs::write(dir.join("tarball"), flipped).unwrap();
            let output = tool(dir, &["check", "tarball", "--sidecar", "sidecar"]);
            assert_eq!(
                output.status.code(),
                Some(4),
                "byte {at} of {format}: {}",
                stderr(&output)
            );
        }
    }
}

fn replace(dir: &Path, file: &str, from: &str, to: &str) {
    fs::write(dir.join(file), text(dir, file).replace(from, to)).unwrap();
}

/// A recipe of something else must not give its hash to this payload; nothing is left behind.
#[test]
fn a_recipe_of_something_else_is_refused() {
    let said = |change: fn(&Path)| {
        let world = world();
        describe(world.path());
        change(world.path());
        let output = tool(world.path(), &PACK);
        assert_eq!(output.status.code(), Some(1));
        for file in ["tarball", "sidecar", "manifest", "metadata"] {
            assert!(!world.path().join(file).exists(), "{file}");
        }
        stderr(&output)
    };
    let error = said(|dir| fs::write(dir.join("tree/usr/bin/su"), "y").unwrap());
    let start = format!(
        "binpkg-tool: error: cannot pack by hashed.json\n  caused by: the payload is another one: expected content hash {CONTENT_HASH}, found "
    );
    assert!(error.starts_with(&start), "{error}");
    let error = said(|dir| replace(dir, "hashed.json", "4755", "0755"));
    assert!(
        error.contains("the payload has other permissions than the recipe"),
        "{error}"
    );
    let error = said(|dir| replace(dir, "hashed.json", "\"root\"", "\"prefix\""));
    assert!(
        error.contains("the payload is of another kind: expected `prefix`, found `root`"),
        "{error}"
    );
    let error = said(|dir| replace(dir, "about.json", "//tool:tool", "tool"));
    assert!(
        error.contains("cannot use about.json\n  caused by: expected a label such as"),
        "{error}"
    );
}

/// A prefix in a file that is said to work below any, and what is done about it.
#[test]
fn relocatable_is_checked() {
    let world = world();
    let dir = world.path();
    fs::write(dir.join("tree/usr/bin/hello"), "#!/usr/bin/env sh\n").unwrap();
    replace(dir, "about.json", "\"relocatable\": false", "\"relocatable\": true");
    describe(dir);
    let output = tool(dir, &PACK);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "binpkg-tool: error: `relocatable` is set, but the prefix /usr is in usr/bin/hello; build it without, list the path in \
         `prefix_in` if it does not matter there, or leave `relocatable` out\n"
    );
    replace(
        dir,
        "about.json",
        "\"prefix_in\": []",
        "\"prefix_in\": [\"usr/bin/hello\"]",
    );
    done(&tool(dir, &PACK));
    assert!(text(dir, "metadata").contains("\"relocatable\": true"));
}

/// The running test is a program of this machine, and needs its C library. Another package may have it.
#[test]
fn libraries_come_from_somewhere() {
    let world = world();
    let dir = world.path();
    fs::copy(std::env::current_exe().unwrap(), dir.join("tree/usr/bin/hello")).unwrap();
    replace(dir, "about.json", "[\"libc.so.6\"]", "[]");
    describe(dir);
    let output = tool(dir, &PACK);
    if output.status.success() {
        eprintln!("SKIPPED: the programs of this machine need no libc.so.6");
        return;
    }
    let said = stderr(&output);
    assert!(said.starts_with("binpkg-tool: error: nobody provides "), "{said}");
    assert!(said.contains("libc.so.6 (needed by usr/bin/hello)"), "{said}");
    let provider = r#"{"target": "//c:c", "name": "c", "version": "2", "config_hash": "86884539", "content_hash": "f44b10b1",
        "config_hash_full": "868845397d188ff1b608a67161a0f48c33fc44e696bf4828059d4b789dc0da61",
        "provides": ["so:libc.so.6", "so:libgcc_s.so.1"]}"#;
    fs::write(dir.join("c.json"), provider).unwrap();
    let deps = "\"runtime_deps\": [\"c.json\", \"c.json\"]";
    replace(dir, "about.json", "\"runtime_deps\": []", deps);
    let others = [
        "libgcc_s.so.1",
        "libm.so.6",
        "libdl.so.2",
        "libpthread.so.0",
        "librt.so.1",
        "ld-linux-x86-64.so.2",
        "ld-linux-aarch64.so.1",
    ];
    replace(
        dir,
        "about.json",
        "\"missing_libraries\": []",
        &format!("\"missing_libraries\": {others:?}"),
    );
    done(&tool(dir, &PACK));
    let metadata: serde_json::Value = serde_json::from_str(&text(dir, "metadata")).unwrap();
    // Only what another package provides: nobody could satisfy a library that may be missing.
    let requires = metadata["requires"].as_array().unwrap();
    assert!(requires.contains(&"so:libc.so.6".into()) && !requires.contains(&"so:ld-linux-x86-64.so.2".into()));
    assert_eq!(metadata["runtime_deps"].as_array().unwrap().len(), 1);
    assert_eq!(metadata["runtime_deps"][0]["name"], "c");
}

/// Two names that are one where letter case does not count: allowed here, but told.
#[test]
fn names_that_differ_only_in_case() {
    let world = world();
    for name in ["README", "readme"] {
        fs::write(world.path().join("tree").join(name), name).unwrap();
    }
    let output = tool(world.path(), &MANIFEST);
    assert_eq!(output.status.code(), Some(0));
    let expected = "binpkg-tool: warning: `README` and `readme` are one file where letter case does not count\n";
    assert_eq!(stderr(&output), expected);
}

#[test]
fn sources_that_cannot_be_packed() {
    let refused = |change: fn(&Path)| {
        let world = world();
        change(world.path());
        let output = tool(world.path(), &MANIFEST);
        assert_eq!(output.status.code(), Some(1));
        assert!(!world.path().join("MANIFEST").exists());
        stderr(&output)
    };
    assert_eq!(
        refused(|dir| symlink("../../outside", dir.join("tree/out")).unwrap()),
        "binpkg-tool: error: cannot pack tree\n  caused by: the link `out` leads to `../../outside`: expected a target inside \
         the payload\n"
    );
    assert_eq!(
        refused(|dir| replace(dir, "payload.json", "usr/bin/su", "usr/bin/sudo")),
        "binpkg-tool: error: cannot pack tree\n  caused by: `permissions` names `usr/bin/sudo`, expected a path of the payload, \
         found none; paths are relative to its top\n"
    );
    assert!(
        refused(|dir| replace(dir, "payload.json", "\"tree\"", "\"none\""))
            .contains("caused by: cannot look at none\n")
    );
    assert!(
        refused(|dir| replace(dir, "payload.json", "4755", "755"))
            .contains("four octal digits such as `4755`, found `755`")
    );
    assert!(
        refused(|dir| replace(dir, "payload.json", "\"place\": \"\"", "\"place\": \"/x\""))
            .contains("`place` cannot be one")
    );
}
