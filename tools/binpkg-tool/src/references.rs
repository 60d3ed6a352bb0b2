//! JSON of rules whose references to files are replaced: a rule knows paths, only an action knows what lies there.

use std::path::Path;

use anyhow::{Context, Result, bail};
use binpkg::canonical::{Reference, Value};
use binpkg::payload::input_digest;

/// Reads a JSON file and replaces `{"$sha256": PATH}` by the digest of what lies there and `{"$text": PATH}` by the one line
/// in that file.
///
/// # Errors
/// The file is no canonical JSON, or a reference leads nowhere.
pub fn read(file: &Path) -> Result<Value> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let value = Value::parse(&text).with_context(|| format!("cannot use {name}"))?;
    value
        .resolve(&mut replace)
        .with_context(|| format!("cannot replace a reference in {name}"))
}

fn replace(reference: &Reference) -> Result<String> {
    match reference {
        Reference::Sha256(path) => Ok(input_digest(Path::new(path))?.hex()),
        Reference::Text(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
            match text.strip_suffix('\n') {
                Some(line) if !line.is_empty() && !line.contains('\n') => Ok(line.to_owned()),
                _ => bail!(
                    "expected one line in {path}, found {} line ends",
                    text.matches('\n').count()
                ),
            }
        }
    }
}
