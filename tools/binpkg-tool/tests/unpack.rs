//! `binpkg-tool unpack`, the program itself: what it makes, and what it says when it refuses.

use std::path::Path;
use std::process::{Command, Output};

fn unpack(dir: &Path, archive: &str, strip: &str) -> Output {
    Command::new(testkit::program("binpkg-tool"))
        .args(["unpack", "--archive", archive, "--strip", strip, "--out", "out"])
        .current_dir(dir)
        .env_clear()
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A ustar archive of files, by hand: name, mode, content.
fn tar(entries: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, mode, content) in entries {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(format!("{mode:0>7}").as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(content.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

#[test]
fn strips_the_top_folder_and_keeps_the_executable_bit() {
    let world = tempfile::tempdir().unwrap();
    let bytes = tar(&[
        ("pkg-1/run", "755", "#!/bin/sh\n"),
        ("pkg-1/doc/read.me", "644", "text"),
    ]);
    std::fs::write(world.path().join("pkg.tar"), bytes).unwrap();

    let output = unpack(world.path(), "pkg.tar", "1");

    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(
        std::fs::read_to_string(world.path().join("out/doc/read.me")).unwrap(),
        "text"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(world.path().join("out/run"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}

#[test]
fn says_which_archive_has_two_top_folders() {
    let world = tempfile::tempdir().unwrap();
    std::fs::write(
        world.path().join("pkg.tar"),
        tar(&[("a/x", "644", ""), ("b/y", "644", "")]),
    )
    .unwrap();

    let output = unpack(world.path(), "pkg.tar", "1");

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "binpkg-tool: error: cannot strip 1 folders off pkg.tar, at level 0\n  \
         caused by: expected one folder, found 2 entries\n"
    );
    assert!(!world.path().join("out").exists());
}

#[test]
fn a_name_that_leaves_the_folder_unpacks_nothing() {
    let world = tempfile::tempdir().unwrap();
    std::fs::write(
        world.path().join("pkg.tar"),
        tar(&[("good", "644", "x"), ("../bad", "644", "x")]),
    )
    .unwrap();

    let output = unpack(world.path(), "pkg.tar", "0");

    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("../bad"), "{}", stderr(&output));
    let left: Vec<_> = std::fs::read_dir(world.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["pkg.tar"]);
}

/// A wheel as pip brings it: its folders come out, and programs can be started.
#[test]
fn a_wheel() {
    use std::io::Write;
    let world = tempfile::tempdir().unwrap();
    let mut wheel = zip::ZipWriter::new(std::fs::File::create(world.path().join("tool-1-py3-none-any.whl")).unwrap());
    for (name, mode) in [("tool/run", 0o755), ("tool-1.dist-info/RECORD", 0o644)] {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(mode);
        wheel.start_file(name, options).unwrap();
        wheel.write_all(b"#!/bin/sh\n").unwrap();
    }
    wheel.finish().unwrap();

    let output = unpack(world.path(), "tool-1-py3-none-any.whl", "0");

    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(
        std::fs::read_to_string(world.path().join("out/tool/run")).unwrap(),
        "#!/bin/sh\n"
    );
}

/// A Debian package: the files of its data member, whichever way that is compressed.
#[test]
fn a_debian_package() {
    let world = tempfile::tempdir().unwrap();
    let tar = tar(&[("./bin/busybox", "755", "program")]);
    let mut gz = archive::GzipWriter::new(Vec::new(), None);
    std::io::Write::write_all(&mut gz, &tar).unwrap();
    for (name, data) in [("data.tar", tar), ("data.tar.gz", gz.finish().unwrap())] {
        let mut deb = b"!<arch>\n".to_vec();
        for (name, content) in [("debian-binary", &b"2.0\n"[..]), (name, &data)] {
            let length = content.len();
            deb.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{length:<10}`\n", 0, 0, 0, 100_644).bytes());
            deb.extend(content);
            deb.resize(deb.len().next_multiple_of(2), b'\n');
        }
        std::fs::write(world.path().join("busybox.deb"), deb).unwrap();

        let output = unpack(world.path(), "busybox.deb", "0");

        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
        let file = world.path().join("out/bin/busybox");
        assert_eq!(std::fs::read_to_string(file).unwrap(), "program");
        std::fs::remove_dir_all(world.path().join("out")).unwrap();
    }
}
