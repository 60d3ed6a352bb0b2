//! What people write for targets, and what the engine makes of it.

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use engine::Engine;

/// A package to build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Its label without configuration.
    pub label: String,
    /// Whether the recipes of what it is built with can be had.
    pub has_lineage: bool,
    /// Modifiers with their question mark, or nothing.
    modifiers: String,
}

impl Target {
    /// The label of a sub-target, in this target's configuration.
    pub fn sub(&self, sub: &str) -> String {
        format!("{}{sub}{}", self.label, self.modifiers)
    }
}

/// The packages that the arguments mean, each once, in their order.
///
/// # Errors
/// An argument that matches nothing, or a target that is no package.
pub fn resolve(engine: &Engine, arguments: &[String]) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for argument in arguments {
        let (name, modifiers) = match argument.split_once('?') {
            Some((name, modifiers)) => (name, format!("?{modifiers}")),
            None => (argument.as_str(), String::new()),
        };
        // The engine has said why, when it cannot be analysed or does not exist.
        let found = engine
            .sub_targets(std::slice::from_ref(argument))
            .exit(Exit::NotFound)?;
        let packages: Vec<_> = found
            .into_iter()
            .filter(|(_, subs)| subs.contains("tarball"))
            .map(|(label, subs)| (label, subs.contains("lineage")))
            .collect();
        if packages.is_empty() {
            return Err(no_package(name)).exit(Exit::NotFound);
        }
        for (label, has_lineage) in packages {
            let target = Target {
                label,
                has_lineage,
                modifiers: modifiers.clone(),
            };
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
    }
    Ok(targets)
}

fn no_package(name: &str) -> anyhow::Error {
    if name.ends_with("...") || name.ends_with(':') {
        return anyhow!("no target of {name} is a binary package");
    }
    let short = name.rsplit([':', '/']).next().unwrap_or(name);
    anyhow!(
        "{name} is no binary package: it has no sub-target `tarball`. Add one beside it: binary_package(name = \"{short}-package\", \
         package_name = \"{short}\", version = \"…\", src = \"{name}\")"
    )
}
