//! The Builder API from outside: states, limits of the profiles, and what is read back.

use pspf::{
    Editor, Error, FileMode, Launcher, OperationChain, PackageFile, Profile, SigningKey, Slot, Target, extract_all,
};

fn editor() -> Editor {
    let launcher = Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n");
    Editor::new("many", "1")
        .command("/bin/true")
        .launcher(launcher, Target::Any)
}

fn with_slots(count: usize, profile: Profile) -> Editor {
    let slot =
        |number: usize| Slot::bytes(format!("slot-{number}"), format!("{number}\n")).target(format!("d/{number}"));
    (0..count).fold(editor().profile(profile), |editor, number| editor.slot(slot(number)))
}

fn message(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

#[test]
fn profiles_have_their_limits() {
    for (profile, most) in [(Profile::Flavorpack, 123), (Profile::Buckpack, 2000)] {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("many.psp");
        let key = SigningKey::from_seed("x");
        with_slots(most, profile)
            .store()
            .unwrap()
            .sign(&key)
            .unwrap()
            .write(&path)
            .unwrap();
        let file = PackageFile::open(&path).unwrap();
        assert!(file.verify().unwrap().is_ok());
        let out = world.path().join("out");
        assert_eq!(extract_all(&file, &out).unwrap().len(), most);
        let last = out.join(format!("{:02}_slot-{}", most - 1, most - 1));
        assert_eq!(std::fs::read_to_string(last).unwrap(), format!("{}\n", most - 1));

        let error = with_slots(most + 1, profile).store().err().unwrap();
        assert_eq!(
            message(&error),
            format!("profile `{profile}`: at most {most} slots, found {}", most + 1)
        );
    }
}

#[test]
fn jobs_do_not_change_the_bytes() {
    let bytes = |jobs: usize| {
        let slot = |number: u8| {
            let bytes = vec![number; 100_000 * usize::from(number)];
            Slot::bytes(format!("s{number}"), bytes)
                .target(format!("f{number}"))
                .operations(OperationChain::parse("gzip").unwrap())
        };
        let editor = (1..9).fold(editor().jobs(jobs), |editor, number| editor.slot(slot(number)));
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("out.psp");
        editor
            .store()
            .unwrap()
            .sign(&SigningKey::from_seed("x"))
            .unwrap()
            .write(&path)
            .unwrap();
        std::fs::read(&path).unwrap()
    };
    assert!(bytes(1) == bytes(8));
}

#[test]
fn streams_of_any_length_go_through() {
    struct Zeros(u64);
    impl std::io::Read for Zeros {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.min(buffer.len() as u64) as usize;
            buffer[..count].fill(0);
            self.0 -= count as u64;
            Ok(count)
        }
    }
    let world = tempfile::tempdir().unwrap();
    let path = world.path().join("big.psp");
    let slot = Slot::reader("zeros", Zeros(50 << 20))
        .target("zeros")
        .operations(OperationChain::parse("gzip").unwrap());
    let written = editor()
        .slot(slot)
        .store()
        .unwrap()
        .sign(&SigningKey::from_seed("x"))
        .unwrap()
        .write(&path)
        .unwrap();
    assert!(written.size < 100_000, "{}", written.size);
    let file = PackageFile::open(&path).unwrap();
    assert_eq!(file.package().unwrap().slots()[0].original_size, 50 << 20);
}

#[test]
fn a_source_that_changes_meanwhile_leaves_no_package() {
    let world = tempfile::tempdir().unwrap();
    let (source, out) = (world.path().join("source"), world.path().join("out.psp"));
    for change in ["jello\n", "hell", "hello and more\n"] {
        std::fs::write(&source, "hello\n").unwrap();
        // Long ago, so that the change is seen whatever the resolution of the clock.
        std::fs::File::options()
            .write(true)
            .open(&source)
            .unwrap()
            .set_modified(std::time::UNIX_EPOCH)
            .unwrap();
        let unsigned = editor().slot(Slot::path("s", &source).target("s")).store().unwrap();
        std::fs::write(&source, change).unwrap();
        let error = unsigned
            .sign(&SigningKey::from_seed("x"))
            .unwrap()
            .write(&out)
            .unwrap_err();
        assert!(matches!(error, Error::SourceChanged { .. }), "{error}");
        assert_eq!(std::fs::read_dir(world.path()).unwrap().count(), 1);
    }
}

#[test]
fn errors_say_which_slot_and_which_file() {
    let slot = Slot::path("data", "/does/not/exist").target("x");
    assert_eq!(
        message(&editor().slot(slot).store().err().unwrap()),
        "slot `data`: cannot open /does/not/exist: No such file or directory (os error 2)"
    );
    let slot = Slot::bytes("data", *b"").target("slot_3_x/y");
    assert_eq!(
        message(&editor().slot(slot).store().err().unwrap()),
        "slot `data`: profile `flavorpack`: no top-level directory named slot_<number>_…, found `slot_3_x/y`"
    );
    let chain = OperationChain::parse("xz").unwrap();
    let slot = Slot::bytes("data", *b"").operations(chain);
    assert_eq!(
        message(&editor().profile(Profile::Buckpack).slot(slot).store().err().unwrap()),
        "slot `data`: operation `xz` is not applied: no launcher could undo it; use gzip, or zstd in profile `buckpack`"
    );
}

#[test]
fn permissions_and_defaults() {
    let world = tempfile::tempdir().unwrap();
    let path = world.path().join("p.psp");
    let editor = editor()
        .slot(Slot::bytes("a", *b"a"))
        .slot(Slot::bytes("b", *b"b").permissions(FileMode::from_bits(0o711)));
    editor
        .store()
        .unwrap()
        .sign(&SigningKey::from_seed("x"))
        .unwrap()
        .write(&path)
        .unwrap();
    let file = PackageFile::open(&path).unwrap();
    let package = file.package().unwrap();
    let slots: Vec<_> = package
        .slots()
        .iter()
        .map(|slot| (slot.entry.target.as_str(), slot.mode.bits()))
        .collect();
    assert_eq!(slots, [("a", 0o644), ("b", 0o711)]);
}

/// Metadata over 64 KiB is compressed, so that its length is known only with all digests.
#[test]
fn large_metadata_and_files_go_together() {
    let world = tempfile::tempdir().unwrap();
    let (source, path) = (world.path().join("source"), world.path().join("p.psp"));
    std::fs::write(&source, "hello\n").unwrap();
    let mut custom = serde_json::Map::new();
    custom.insert("notes".into(), "x".repeat(100_000).into());
    let editor = editor().metadata(custom).slot(Slot::path("s", &source).target("s"));
    editor
        .store()
        .unwrap()
        .sign(&SigningKey::from_seed("x"))
        .unwrap()
        .write(&path)
        .unwrap();
    let report = PackageFile::open(&path).unwrap().verify().unwrap();
    assert!(report.is_ok(), "{report:?}");
}
