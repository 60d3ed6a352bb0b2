//! Metadata of your own, signed with the rest.

use std::error::Error;
use std::path::Path;

use pspf::{Editor, Launcher, SigningKey, Target};
use serde_json::json;

/// Custom keys stand beside those of the format; under `build` they are added to the builder's.
pub fn build(output: &Path) -> Result<(), Box<dyn Error>> {
    let custom = json!({
        "build": { "builder": "custom-builder" },
        "custom": { "license": "MIT", "author": "Your Name", "homepage": "https://example.com" },
    });
    let serde_json::Value::Object(custom) = custom else {
        unreachable!("the literal above is an object")
    };
    Editor::new("myapp", "1.0.0")
        .description("My custom application")
        .metadata(custom)
        .command("/bin/true")
        .launcher(Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n"), Target::Any)
        .store()?
        .sign(&SigningKey::from_seed("development"))?
        .write(output)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    build(Path::new("myapp.psp"))
}
