//! Errors: variants carry the facts, `source` tells the rest of the story.

use std::error::Error as _;
use std::path::Path;

use pspf::{Editor, Error, Launcher, SigningKey, Slot, Target};

/// Builds, and turns any failure into the lines a person should read.
pub fn build(source: &Path, output: &Path) -> Result<(), Vec<String>> {
    let launcher = Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n");
    let editor = Editor::new("myapp", "1.0.0")
        .command("/bin/true")
        .launcher(launcher, Target::Any);
    let editor = editor.slot(Slot::path("data", source).target("data"));
    let build = || {
        editor
            .store()?
            .sign(&SigningKey::from_seed("development"))?
            .write(output)
    };
    build().map(drop).map_err(|error| story(&error))
}

fn story(error: &Error) -> Vec<String> {
    let advice = match error {
        Error::Slot { id, .. } if error.is_missing() => format!("advice: make what slot `{id}` needs first"),
        Error::DuplicateSlot { id, .. } => format!("advice: rename one of the slots `{id}`"),
        Error::Profile { .. } => "advice: change the package, or its profile".into(),
        _ => "advice: none".into(),
    };
    let mut lines = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        lines.push(format!("caused by: {cause}"));
        source = cause.source();
    }
    lines.push(advice);
    lines
}

fn main() {
    if let Err(lines) = build(Path::new("no-such-file"), Path::new("myapp.psp")) {
        lines.iter().for_each(|line| eprintln!("{line}"));
        std::process::exit(1);
    }
}
