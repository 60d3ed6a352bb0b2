//! What the metadata of a package say and its recipe does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use binpkg::interface::{Interface, Places};
use binpkg::metadata::{Layout, Metadata, RuntimeDep, TargetLabel};
use binpkg::names::ShortHash;
use binpkg::payload::{Payload, files_with};
use binpkg::recipe::Recipe;
use serde::Deserialize;
use serde_json::Map;

/// The file after `--about`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    target: TargetLabel,
    /// Whether the package works below any prefix, which is checked.
    relocatable: bool,
    /// Paths that may contain the prefix all the same.
    prefix_in: BTreeSet<String>,
    /// `METADATA.json` of each package that is needed at run time.
    runtime_deps: Vec<PathBuf>,
    /// Libraries that every system of the platform has.
    platform_libraries: BTreeSet<String>,
    /// Libraries that may be missing, by name.
    missing_libraries: BTreeSet<String>,
    slot: String,
    license: String,
    homepage: String,
    description: String,
}

impl About {
    /// The metadata of a payload.
    ///
    /// # Errors
    /// A payload that needs a library which nobody has, or one that is not as relocatable as it says.
    pub fn metadata(self, recipe: &Recipe, payload: &Payload) -> Result<Metadata> {
        if self.relocatable {
            self.check_prefix(payload, &recipe.layout.prefix)?;
        }
        let places = Places {
            kind: payload.kind(),
            prefix: &recipe.layout.prefix,
            libdir: &recipe.layout.libdir,
        };
        let interface = Interface::of(payload, places)?;
        let deps = self
            .runtime_deps
            .iter()
            .map(|file| read_metadata(file))
            .collect::<Result<Vec<_>>>()?;
        let requires = self.requires(interface.needs, &deps)?;
        let (config_hash, content_hash) = (recipe.config_hash()?, payload.manifest().content_hash());
        Ok(Metadata {
            schema: Some(Metadata::SCHEMA.into()),
            target: self.target,
            name: recipe.name.clone(),
            version: recipe.version.clone(),
            config_hash: ShortHash::of(&config_hash),
            content_hash: ShortHash::of(&content_hash),
            config_hash_full: Some(config_hash),
            content_hash_full: Some(content_hash),
            recipe_kind: recipe.kind,
            platform: recipe.platform.clone(),
            layout: Some(Layout {
                kind: payload.kind(),
                prefix: recipe.layout.prefix.clone(),
                libdir: recipe.layout.libdir.clone(),
                relocatable: self.relocatable,
            }),
            use_flags: recipe.use_flags.clone(),
            runtime_deps: runtime_deps(&deps)?,
            provides: interface.provides.into_iter().collect(),
            requires,
            slot: self.slot,
            installed_size: payload.manifest().installed_size(),
            file_count: payload.manifest().entries().len() as u64,
            license: self.license,
            homepage: self.homepage,
            description: self.description,
            unknown: Map::new(),
        })
    }

    fn check_prefix(&self, payload: &Payload, prefix: &str) -> Result<()> {
        let found = files_with(payload, prefix.as_bytes())?;
        let found: Vec<_> = found
            .iter()
            .map(ToString::to_string)
            .filter(|path| !self.prefix_in.contains(path))
            .collect();
        ensure!(
            found.is_empty(),
            "`relocatable` is set, but the prefix {prefix} is in {}; build it without, list the path in `prefix_in` if it \
             does not matter there, or leave `relocatable` out",
            found.join(", ")
        );
        Ok(())
    }

    /// The `so:` names that other packages must provide.
    fn requires(
        &self,
        mut needs: BTreeMap<String, impl std::fmt::Display>,
        deps: &[(Metadata, &Path)],
    ) -> Result<Vec<String>> {
        needs.retain(|name, _| !self.platform_libraries.contains(name) && !self.missing_libraries.contains(name));
        let offered = |name: &str| deps.iter().any(|(dep, _)| dep.provides.contains(&format!("so:{name}")));
        let missing: Vec<_> = needs
            .iter()
            .filter(|(name, _)| !offered(name))
            .map(|(name, file)| format!("{name} (needed by {file})"))
            .collect();
        ensure!(
            missing.is_empty(),
            "nobody provides {}: expected it in the package, in one of its `runtime_deps` or on every system of the \
             platform; add the package that has it to `runtime_deps`, or its name to `missing_libraries`",
            missing.join(", ")
        );
        Ok(needs.into_keys().map(|name| format!("so:{name}")).collect())
    }
}

fn read_metadata(file: &Path) -> Result<(Metadata, &Path)> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let metadata = Metadata::parse(&text).with_context(|| format!("cannot use {}", file.display()))?;
    Ok((metadata, file))
}

/// Exact builds, sorted by name; the same one twice counts once.
fn runtime_deps(deps: &[(Metadata, &Path)]) -> Result<Vec<RuntimeDep>> {
    let mut sorted = BTreeMap::new();
    for (metadata, file) in deps {
        let hash = metadata.config_hash_full;
        let config_hash_full = hash.with_context(|| format!("{} has no `config_hash_full`", file.display()))?;
        let (name, version) = (metadata.name.clone(), metadata.version.clone());
        sorted.insert(
            (name.clone(), config_hash_full),
            RuntimeDep {
                name,
                version,
                config_hash_full,
            },
        );
    }
    Ok(sorted.into_values().collect())
}
