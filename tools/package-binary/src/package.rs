//! Packaging: one build for all targets, then copies under final names.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use binpkg::sidecar::Sidecar;
use clap::ValueEnum;
use cli::{Exit, WithExit};
use engine::{Built, Engine};
use mirror::WholeFile;
use mirror::whole_file::Taken;
use serde_json::{Value as Json, json};

use crate::targets::resolve;
use crate::{EngineArgs, upload};

/// Arguments of packaging.
#[derive(clap::Args)]
pub struct Args {
    /// Targets, as the build engine names them; patterns mean the packages among their targets
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<String>,
    /// Where the files go
    #[arg(short, long, default_value = "./binaries")]
    output_dir: PathBuf,
    /// Publish what was packaged
    #[arg(short, long, requires = "mirror_url")]
    upload: bool,
    /// The mirror to publish to: a directory, or file://
    #[arg(short, long)]
    mirror_url: Option<String>,
    /// How tarballs are compressed [default: as each target says]
    #[arg(long)]
    format: Option<Format>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Gz,
    Zst,
    Both,
}

impl Format {
    /// The sub-targets that hold tarball and sidecar, with brackets; the target itself does where nothing was said.
    fn views(format: Option<Self>) -> &'static [&'static str] {
        match format {
            None => &[""],
            Some(Self::Gz) => &["[gz]"],
            Some(Self::Zst) => &["[zst]"],
            Some(Self::Both) => &["[gz]", "[zst]"],
        }
    }
}

/// What was packaged.
struct Packaged {
    target: String,
    sidecar: Sidecar,
    file: PathBuf,
    size: u64,
}

/// Builds, copies, prints, and publishes where that was asked for.
///
/// # Errors
/// Exit code 1 if a target failed; the others are packaged all the same.
pub fn run(args: &Args) -> Result<()> {
    let engine = Engine::find(args.engine.engine.as_deref())?;
    let targets = resolve(&engine, &args.targets)?;
    let mut labels = Vec::new();
    for target in &targets {
        labels.push(target.sub("[recipe]"));
        for view in Format::views(args.format) {
            labels.push(target.sub(&format!("{view}[tarball]")));
            labels.push(target.sub(&format!("{view}[sha256]")));
        }
    }
    let report = engine.build(&labels, &build_options(args))?;
    std::fs::create_dir_all(&args.output_dir).with_context(|| format!("cannot make {}", args.output_dir.display()))?;
    let (mut packaged, mut failed) = (Vec::new(), Vec::new());
    for built in &report.built {
        let outcome = if built.ok {
            copy_all(built, args)
        } else {
            Err(anyhow!("{}", built.errors.join("\n")))
        };
        match outcome {
            Ok(more) => packaged.extend(more),
            Err(error) => {
                eprintln!("package-binary: error: {} failed: {error:#}", built.label);
                failed.push(built.label.clone());
            }
        }
    }
    print(&packaged, args)?;
    if let (true, Some(mirror)) = (args.upload && !packaged.is_empty(), &args.mirror_url) {
        upload::run(packaged.iter().map(|package| package.file.as_path()), mirror)?;
    }
    if !failed.is_empty() {
        bail!(
            "{} of {} targets failed: {}",
            failed.len(),
            report.built.len(),
            failed.join(", ")
        );
    }
    Ok(())
}

fn build_options(args: &Args) -> Vec<OsString> {
    match args.engine.jobs {
        Some(jobs) => vec!["-j".into(), jobs.to_string().into()],
        None => Vec::new(),
    }
}

fn copy_all(built: &Built, args: &Args) -> Result<Vec<Packaged>> {
    let recipe = output(built, "recipe")?;
    Format::views(args.format)
        .iter()
        .map(|view| {
            let key = |what: &str| match view.trim_matches(['[', ']']) {
                "" => what.to_owned(),
                format => format!("{format}|{what}"),
            };
            let (tarball, sidecar) = (output(built, &key("tarball"))?, output(built, &key("sha256"))?);
            copy(built, tarball, sidecar, recipe, &args.output_dir)
        })
        .collect()
}

fn output<'a>(built: &'a Built, key: &str) -> Result<&'a Path> {
    match built.outputs.get(key).map(Vec::as_slice) {
        Some([path]) => Ok(path),
        _ => bail!("the engine's report has not one output for the sub-target {key}"),
    }
}

/// The sidecar comes last: where it is, everything is.
fn copy(built: &Built, tarball: &Path, sidecar: &Path, recipe: &Path, folder: &Path) -> Result<Packaged> {
    let text = std::fs::read(sidecar).with_context(|| format!("cannot read {}", sidecar.display()))?;
    let name = Sidecar::file_of(&text).to_owned();
    let parsed = Sidecar::parse(&text, &name)
        .with_context(|| format!("{} does not verify", sidecar.display()))
        .exit(Exit::Unverified)?;
    // A name with a slash in it would lead out of the folder.
    let file_name: binpkg::names::FileName = name.parse().exit(Exit::Unverified)?;
    let file = folder.join(file_name.to_string());
    for (from, suffix) in [(tarball, ""), (recipe, ".recipe.json"), (sidecar, ".sha256")] {
        let to = folder.join(format!("{file_name}{suffix}"));
        let context = || format!("cannot copy {} to {}", from.display(), to.display());
        let mut whole = WholeFile::create(&to).with_context(context)?;
        io::copy(&mut File::open(from).with_context(context)?, &mut whole).with_context(context)?;
        whole.finish(Taken::Replace).with_context(context)?;
    }
    let size = std::fs::metadata(&file)
        .with_context(|| format!("cannot look at {}", file.display()))?
        .len();
    Ok(Packaged {
        target: built.label.clone(),
        sidecar: parsed,
        file,
        size,
    })
}

fn print(packaged: &[Packaged], args: &Args) -> Result<()> {
    let text = if args.json {
        let all: Vec<_> = packaged.iter().map(as_json).collect();
        format!("{}\n", Json::from(all))
    } else {
        packaged.iter().map(line).collect()
    };
    io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to standard output")
}

fn as_json(packaged: &Packaged) -> Json {
    let sidecar = &packaged.sidecar;
    json!({"target": packaged.target, "name": sidecar.package, "version": sidecar.version,
        "config_hash_full": sidecar.config_hash_full, "content_hash_full": sidecar.content_hash_full,
        "file": packaged.file, "size": packaged.size})
}

fn line(packaged: &Packaged) -> String {
    let sidecar = &packaged.sidecar;
    format!(
        "{} {} config {} content {} {} bytes {}\n",
        sidecar.package,
        sidecar.version,
        sidecar.config_hash,
        sidecar.content_hash,
        packaged.size,
        packaged.file.display()
    )
}
