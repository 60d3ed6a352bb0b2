//! `explain`: why two config hashes differ.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use binpkg::recipe::{Recipe, explain};
use cli::{Exit, WithExit};
use digest::Sha256;
use engine::{Built, Engine};

use crate::EngineArgs;
use crate::targets::{Target, resolve};

/// Arguments of `explain`.
#[derive(clap::Args)]
pub struct Args {
    /// A package (the tarball, with its recipe beside it), a recipe, or a target
    one: String,
    /// Another one
    two: String,
    /// A recipe of a dependency, so that what differs in it can be said (repeatable)
    #[arg(long = "with")]
    with: Vec<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

/// Prints a line for each difference, in order of field; nothing for recipes with one hash.
///
/// # Errors
/// Something that has no recipe.
pub fn run(args: &Args) -> Result<()> {
    let mut known = BTreeMap::new();
    for file in &args.with {
        let recipe = read(file)?;
        known.insert(recipe.config_hash()?, recipe);
    }
    let one = find(&args.one, args, &mut known)?;
    let two = find(&args.two, args, &mut known)?;
    let mut stdout = std::io::stdout().lock();
    for difference in explain(&one, &two, &known)? {
        writeln!(stdout, "{difference}").context("cannot write to standard output")?;
    }
    Ok(())
}

fn find(text: &str, args: &Args, known: &mut BTreeMap<Sha256, Recipe>) -> Result<Recipe> {
    let path = Path::new(text);
    if path.is_file() {
        let is_tarball = text.ends_with(".tar.gz") || text.ends_with(".tar.zst");
        return read(&if is_tarball {
            PathBuf::from(format!("{text}.recipe.json"))
        } else {
            path.to_owned()
        });
    }
    let engine = Engine::find(args.engine.engine.as_deref())?;
    let targets = resolve(&engine, &[text.to_owned()])?;
    let [target] = &targets[..] else {
        return Err(anyhow!("expected one package for {text}, found {}", targets.len())).exit(Exit::Usage);
    };
    of_target(&engine, target, known)
}

/// The recipe of a target; those of what it is built with become known.
fn of_target(engine: &Engine, target: &Target, known: &mut BTreeMap<Sha256, Recipe>) -> Result<Recipe> {
    let mut labels = vec![target.sub("[recipe]")];
    labels.extend(target.has_lineage.then(|| target.sub("[lineage]")));
    let report = engine.build(&labels, &[])?;
    let built = report
        .built
        .first()
        .with_context(|| format!("the engine's report says nothing of {}", target.label))?;
    if !built.ok {
        return Err(anyhow!("{} failed: {}", built.label, built.errors.join("\n")));
    }
    if target.has_lineage {
        known.extend(lineage(output(built, "lineage")?)?);
    }
    read(output(built, "recipe")?)
}

fn output<'a>(built: &'a Built, key: &str) -> Result<&'a Path> {
    let path = built.outputs.get(key).and_then(|paths| paths.first());
    Ok(path.with_context(|| format!("the engine's report has no output for the sub-target {key}"))?)
}

fn lineage(file: &Path) -> Result<BTreeMap<Sha256, Recipe>> {
    let context = || format!("cannot use {}", file.display());
    let text = std::fs::read(file).with_context(context)?;
    let recipes: BTreeMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_slice(&text).with_context(context)?;
    let parse = |text: &serde_json::value::RawValue| {
        let recipe = Recipe::parse(text.get()).with_context(context)?;
        Ok((recipe.config_hash()?, recipe))
    };
    recipes.values().map(|text| parse(text)).collect()
}

fn read(file: &Path) -> Result<Recipe> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Recipe::parse(&text).with_context(|| format!("cannot use {}", file.display()))
}
