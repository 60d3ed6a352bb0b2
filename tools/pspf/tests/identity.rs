//! Build, read, build: the same bytes again, and what goes in comes out.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use pspf::{Editor, Launcher, OperationChain, PackageFile, Profile, SigningKey, Slot, Target, extract_slot, resign};

#[derive(Clone, Debug)]
struct Part {
    content: Vec<u8>,
    chain: &'static str,
    mode: u16,
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let chain = prop::sample::select(vec!["none", "gzip", "gzip|gzip", "zstd", "zstd|gzip"]);
    let content = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2000),
        (any::<u8>(), 0usize..100_000).prop_map(|(byte, length)| vec![byte; length]),
    ];
    let mode = 0u16..=0o777;
    let part = (content, chain, mode).prop_map(|(content, chain, mode)| Part { content, chain, mode });
    prop::collection::vec(part, 0..6)
}

fn build(parts: &[Part], path: &Path) {
    let launcher = Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n");
    let mut editor = Editor::new("p", "1")
        .profile(Profile::Buckpack)
        .command("/bin/true")
        .launcher(launcher, Target::Any);
    for (number, part) in parts.iter().enumerate() {
        let slot = Slot::bytes(format!("part {number}"), part.content.clone()).target(format!("d/{number}"));
        let slot = slot.operations(OperationChain::parse(part.chain).unwrap());
        editor = editor.slot(slot.permissions(pspf::FileMode::from_bits(part.mode)));
    }
    editor
        .store()
        .unwrap()
        .sign(&SigningKey::from_seed("x"))
        .unwrap()
        .write(path)
        .unwrap();
}

proptest! {
    // Each case writes three files and syncs them.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_goes_in_comes_out_and_signing_again_changes_nothing(parts in parts()) {
        let world = tempfile::tempdir().unwrap();
        let (path, again) = (world.path().join("p.psp"), world.path().join("again.psp"));
        build(&parts, &path);
        let file = PackageFile::open(&path).unwrap();
        let report = file.verify().unwrap();
        prop_assert!(report.is_ok() && report.warnings.is_empty(), "{:?}", report);
        for (number, part) in parts.iter().enumerate() {
            let out = world.path().join(number.to_string());
            extract_slot(&file, &format!("part {number}"), &out).unwrap();
            // A mode of zero, or one that its owner cannot read, is still a file with that content.
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(&out, fs::Permissions::from_mode(0o600)).unwrap();
            }
            prop_assert!(fs::read(&out).unwrap() == part.content);
        }
        resign(&file, &SigningKey::from_seed("x"), &again).unwrap();
        prop_assert!(fs::read(&again).unwrap() == fs::read(&path).unwrap());
    }
}
