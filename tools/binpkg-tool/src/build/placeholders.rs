//! Placeholders of phases and variables, and what they stand for inside.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use binpkg::recipe::Recipe;

/// The fixed places.
pub const SOURCES: &str = "/build/src";
/// What becomes the package.
pub const OUT: &str = "/build/out";
/// Below it the dependencies.
pub const DEPS: &str = "/build/dep";
/// Below it the tools.
pub const TOOLS: &str = "/build/tool";

/// Replaces the placeholders of a recipe.
pub struct Placeholders {
    deps: BTreeSet<String>,
    tools: BTreeSet<String>,
    jobs: u32,
}

impl Placeholders {
    /// Those of `recipe`.
    pub fn new(recipe: &Recipe, jobs: u32) -> Self {
        Self {
            deps: recipe.deps.iter().map(|dep| dep.name.to_string()).collect(),
            tools: recipe.tools.iter().map(|tool| tool.name.clone()).collect(),
            jobs,
        }
    }

    /// Replaces `{out}`, `{src}`, `{dep:NAME}`, `{tool:NAME}` and `{jobs}`; other braces are left as they are.
    ///
    /// # Errors
    /// A dependency or tool that the recipe does not have.
    pub fn replace(&self, text: &str) -> Result<String> {
        let mut replaced = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            let (before, from) = rest.split_at(start);
            replaced.push_str(before);
            let end = from.find('}').unwrap_or(0);
            match self.value(from.get(1..end).unwrap_or_default(), text)? {
                Some(value) => {
                    replaced.push_str(&value);
                    rest = &from[end + 1..];
                }
                None => {
                    replaced.push('{');
                    rest = &from[1..];
                }
            }
        }
        replaced.push_str(rest);
        Ok(replaced)
    }

    fn value(&self, name: &str, text: &str) -> Result<Option<String>> {
        let below = |place: &str, what: &str, known: &BTreeSet<String>, name: &str| {
            if known.contains(name) {
                return Ok(Some(format!("{place}/{name}")));
            }
            let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            bail!(
                "`{text}` names the {what} `{name}`, which the recipe does not have; expected one of: {}",
                if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                }
            )
        };
        match name.split_once(':') {
            Some(("dep", name)) => below(DEPS, "dependency", &self.deps, name),
            Some(("tool", name)) => below(TOOLS, "tool", &self.tools, name),
            None if name == "out" => Ok(Some(OUT.to_owned())),
            None if name == "src" => Ok(Some(SOURCES.to_owned())),
            None if name == "jobs" => Ok(Some(self.jobs.to_string())),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders() -> Placeholders {
        Placeholders {
            deps: ["zlib".to_owned()].into(),
            tools: ["make".to_owned(), "zig".to_owned()].into(),
            jobs: 3,
        }
    }

    #[test]
    fn replaced_and_left_alone() {
        for (text, expected) in [
            ("-j{jobs}", "-j3"),
            ("--with={dep:zlib}/usr:{out}", "--with=/build/dep/zlib/usr:/build/out"),
            ("{tool:make}{src}", "/build/tool/make/build/src"),
            ("${HOME} {} {{out}} {", "${HOME} {} {/build/out} {"),
            ("{other}", "{other}"),
            ("}", "}"),
        ] {
            assert_eq!(placeholders().replace(text).unwrap(), expected);
        }
    }

    #[test]
    fn unknown_names() {
        let error = placeholders().replace("{tool:cc}").unwrap_err().to_string();
        assert_eq!(
            error,
            "`{tool:cc}` names the tool `cc`, which the recipe does not have; expected one of: `make`, `zig`"
        );
        let error = placeholders().replace("-L{dep:}").unwrap_err().to_string();
        assert!(error.contains("names the dependency ``"), "{error}");
    }
}
