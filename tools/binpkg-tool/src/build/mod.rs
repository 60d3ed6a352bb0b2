//! `build`: executes the recipe that was hashed, in a place where nothing else can be seen.
//!
//! The recipe names inputs by digest; the path map says where they lie here. A path map that lies is refused, and what it says
//! beyond that reaches no phase: inside, every input has one fixed place on every machine.
//!
//! | place | holds |
//! |---|---|
//! | `/build/src` | the sources, patched; where phases start |
//! | `/build/out` | what becomes the package |
//! | `/build/dep/NAME`, `/build/tool/NAME` | dependencies and tools, read-only |
//! | `/build/home`, `/build/tmp` | for scratch |
//! | `/bin/sh`, `/usr/bin/env` | those of the recipe's `PATH` |

mod finish;
mod inputs;
mod inside;
mod leaks;
mod namespaces;
mod patch;
mod placeholders;
mod plan;
mod root;
mod signals;
mod sources;
mod transforms;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use binpkg::recipe::Recipe;
use rustix::fs::Mode;

use inputs::Inputs;
use plan::Plan;

pub use inside::{COMMAND as INSIDE, run as run_inside};

/// Arguments of `build`.
#[derive(clap::Args)]
pub struct Args {
    /// The recipe that was hashed
    #[arg(long)]
    recipe: PathBuf,
    /// JSON: where the inputs lie that the recipe names by digest
    #[arg(long)]
    paths: PathBuf,
    /// The directory to make
    #[arg(long)]
    out: PathBuf,
    /// How many things a phase may do at once; by default as many as there are processors
    #[arg(long)]
    jobs: Option<u32>,
}

/// Builds beside the directory and renames, so that the name never stands for half of it.
///
/// # Errors
/// Inputs that are not those of the recipe, a kernel without namespaces, a phase that fails, an output that tells where it was
/// made.
pub fn run(args: &Args) -> Result<()> {
    let text =
        std::fs::read_to_string(&args.recipe).with_context(|| format!("cannot read {}", args.recipe.display()))?;
    let recipe = Recipe::parse(&text).with_context(|| format!("cannot use {}", args.recipe.display()))?;
    let name = format!("{} {}", recipe.name, recipe.version);
    if args.out.exists() {
        bail!(
            "{} exists already; remove it, or build to another place",
            args.out.display()
        );
    }
    build(args, &recipe).with_context(|| format!("cannot build {name}"))
}

fn build(args: &Args, recipe: &Recipe) -> Result<()> {
    if recipe.kind.is_some() {
        bail!("its recipe only packs what is there; there is nothing to build");
    }
    let inputs = Inputs::read(&args.paths)?;
    inputs.check(recipe)?;
    signals::reset();
    // What programs make has its mode from the recipe, not from who started us.
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let work = scratch(&args.out)?;
    let made = work.path().join("out");
    for dir in ["out", "home", "tmp", "root"] {
        let dir = work.path().join(dir);
        std::fs::create_dir(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    }
    sources::prepare(recipe, &inputs, &work.path().join("src"))?;
    let jobs = args.jobs.unwrap_or_else(processors);
    let built = Plan::new(recipe, &inputs, work.path(), jobs)
        .and_then(|plan| plan.execute())
        .and_then(|()| finish::finish(recipe, &inputs, &made));
    // What is left without permission to write cannot be removed, and the staging directory removes itself.
    finish::open(work.path());
    built?;
    std::fs::rename(&made, &args.out).with_context(|| format!("cannot write {}", args.out.display()))
}

/// A private directory: the engine's scratch where it gives one, else beside the output. Renaming needs one file system.
fn scratch(out: &Path) -> Result<tempfile::TempDir> {
    let parent = match std::env::var_os("BUCK_SCRATCH_PATH") {
        Some(path) => PathBuf::from(path),
        None => match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        },
    };
    let parent = std::path::absolute(&parent).context("there is no current directory")?;
    tempfile::tempdir_in(&parent).with_context(|| format!("cannot write in {}", parent.display()))
}

fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1))
}
