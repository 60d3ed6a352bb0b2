//! Steps after the phases.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use archive::RelativePath;
use binpkg::recipe::Transform;

/// Applies the transforms in order.
///
/// | transform | does |
/// |---|---|
/// | `["remove", PATH…]` | removes files and directories, each of which must be there |
///
/// # Errors
/// One that this version does not know, a path that is not there.
pub fn apply(transforms: &[Transform], out: &Path) -> Result<()> {
    for transform in transforms {
        let words = match transform {
            Transform::Name(name) => std::slice::from_ref(name),
            Transform::WithOptions(words) => words,
        };
        match words {
            [name, paths @ ..] if name == "remove" => remove(paths, out)?,
            [name, ..] => bail!(
                "the transform `{}` is not known; expected `remove`",
                name.escape_debug()
            ),
            [] => bail!("a transform without a name; expected `remove`"),
        }
    }
    Ok(())
}

fn remove(paths: &[String], out: &Path) -> Result<()> {
    for text in paths {
        let relative = RelativePath::parse(text).with_context(|| format!("`remove`: `{}`", text.escape_debug()))?;
        ensure!(!relative.is_empty(), "`remove`: expected a path, found none");
        let path = out.join(relative.as_path());
        let found = fs::symlink_metadata(&path)
            .with_context(|| format!("`remove`: expected `{text}` in the output, found none"))?;
        if found.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        }
        .with_context(|| format!("`remove`: cannot remove `{text}`"))?;
    }
    Ok(())
}
