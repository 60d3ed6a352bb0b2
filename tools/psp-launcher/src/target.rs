//! Where things go in the workenv: paths that come from a package and must not leave it.

use std::path::{Path, PathBuf};

use pspf_verify::Slot;

use crate::failure::{Code, Failure};

/// A relative path of at least one part, without `..`, without an empty name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(PathBuf);

impl Target {
    /// Reads a path as metadata writes it: relative to the workenv, with or without `{workenv}/` before it.
    ///
    /// # Errors
    /// A sentence about what the path is instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = text
            .strip_prefix("{workenv}/")
            .unwrap_or(if text == "{workenv}" { "" } else { text });
        let refuse = |what: &str| Err(format!("`{}` {what}", text.escape_debug()));
        if path.starts_with('/') {
            return refuse("is an absolute path, expected one below {workenv}");
        }
        if path.contains('\0') {
            return refuse("holds a zero byte");
        }
        if cfg!(windows)
            && let Some(what) = path.split('/').find_map(windows_flaw)
        {
            return refuse(what);
        }
        let mut target = PathBuf::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => return refuse("leads out of its directory by `..`, expected a path below {workenv}"),
                name => target.push(name),
            }
        }
        if target.as_os_str().is_empty() {
            return refuse("is the workenv itself, expected a path below it");
        }
        Ok(Target(target))
    }

    /// The place of the file of a slot that holds one.
    ///
    /// # Errors
    /// A target outside of the workenv.
    pub fn of_slot(slot: &Slot) -> Result<Self, Failure> {
        Target::parse(&slot.entry.target).map_err(|what| {
            let id = slot.entry.id.escape_debug();
            Failure::new(
                Code::Extraction,
                format!("the package is refused: slot {id}: its target {what}"),
            )
        })
    }

    /// The path, relative to the workenv.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// The path as text; it was made from text.
    pub fn as_text(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }
}

fn windows_flaw(part: &str) -> Option<&'static str> {
    match part {
        "." | ".." => None,
        // Patterns of setup commands pass; as the name of a file the system refuses a star.
        name => archive::windows_name::flaw(&name.replace('*', "x")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_the_workenv() {
        for (text, expected) in [
            ("a", "a"),
            ("{workenv}/bin/x", "bin/x"),
            ("./a//b/.", "a/b"),
            ("a b/ü", "a b/ü"),
            ("..a/b..", "..a/b.."),
            (r"a\..\x", r"a\..\x"),
        ] {
            assert_eq!(Target::parse(text).unwrap().as_text(), expected);
        }
    }

    #[test]
    fn slot_targets_outside_of_the_workenv_are_refused() {
        for text in [
            "../x",
            "a/../../x",
            "a/../x",
            "{workenv}/../x",
            "/etc/x",
            "{workenv}//../x",
            "",
            ".",
            "{workenv}",
            "a\0b",
        ] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Target::parse("{workenv}/../x").unwrap_err(),
            "`{workenv}/../x` leads out of its directory by `..`, expected a path below {workenv}"
        );
    }
}
