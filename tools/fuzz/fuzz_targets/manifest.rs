//! Any manifest for FlavorPack's builders: reading it ends without panic, and what can be built from it our reader takes.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use psp_commands::manifest::Manifest;
use pspf::{Launcher, PackageFile, SigningKey, Target};
use serde_json::Value;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed("fuzz"));
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    // In memory, where syncing a finished package costs nothing.
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary folder")
});

fuzz_target!(|text: &[u8]| {
    // Sources are files of whoever builds; here all of them are one.
    let Ok(mut value) = serde_json::from_slice::<Value>(text) else {
        return;
    };
    let source = FOLDER.path().join("source");
    if !source.exists() {
        std::fs::write(&source, "source").expect("a file");
    }
    if let Some(slots) = value.get_mut("slots").and_then(Value::as_array_mut) {
        for slot in slots.iter_mut().filter_map(Value::as_object_mut) {
            slot.insert("source".into(), source.to_string_lossy().into());
        }
    }
    let Ok(manifest) = serde_json::from_value::<Manifest>(value) else {
        return;
    };
    let Ok(editor) = manifest.editor(Path::new(".")) else {
        return;
    };
    let launcher = Launcher::from_bytes(b"#!/bin/sh\n".to_vec());
    let Ok(unsigned) = editor.launcher(launcher, Target::Any).store() else {
        return;
    };
    let Ok(signed) = unsigned.sign(&KEY) else { return };
    let path = FOLDER.path().join("package.psp");
    if signed.write(&path).is_ok() {
        let report = PackageFile::open(&path)
            .and_then(|file| file.verify())
            .expect("a file that was just written");
        assert!(report.is_ok(), "{:?}", report.refusals);
    }
});
