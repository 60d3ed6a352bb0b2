//! Packaging: one build for all targets, then copies under final names.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use binpkg::sign::SecretKey;
use clap::ValueEnum;
use engine::{Built, Engine};
use serde_json::{Value as Json, json};

use crate::copy::{Folder, Packaged, Parts};
use crate::targets::{Target, resolve};
use crate::{EngineArgs, reports, upload};

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
    /// Package what an earlier build left, as its report says, and build nothing
    #[arg(short, long)]
    skip_build: bool,
    /// The engine's report: read with --skip-build, else written [default: buck-out/package-binary/report.json in the project]
    #[arg(long, value_name = "FILE")]
    build_report: Option<PathBuf>,
    /// Package what the targets need at run time, too
    #[arg(long, conflicts_with = "format")]
    with_deps: bool,
    /// Sign every sidecar with this secret key, a PEM file of `psp keygen`
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
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

/// Builds, copies, prints, and publishes where that was asked for.
///
/// # Errors
/// Exit code 1 if a target failed; the others are packaged all the same.
pub fn run(args: &Args) -> Result<()> {
    let key = args.sign_key.as_deref().map(read_key).transpose()?;
    let engine = Engine::find(args.engine.engine.as_deref())?;
    let targets = resolve(&engine, &args.targets)?;
    let place = args.build_report.clone().map_or_else(reports::default_place, Ok)?;
    let built = if args.skip_build {
        reports::earlier(&targets, &place)?
    } else {
        reports::build(&engine, &labels(&targets, args), args.engine.jobs, &place)?
    };
    std::fs::create_dir_all(&args.output_dir).with_context(|| format!("cannot make {}", args.output_dir.display()))?;
    let folder = Folder {
        path: &args.output_dir,
        key: key.as_ref(),
    };
    let (mut packaged, mut failed) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::new();
    for entry in &built {
        let outcome = if entry.ok {
            take(entry, args, &folder, &mut known)
        } else {
            Err(anyhow!("{}", entry.errors.join("\n")))
        };
        match outcome {
            Ok(more) => packaged.extend(more),
            Err(error) => {
                eprintln!("package-binary: error: {} failed: {error:#}", entry.label);
                failed.push(entry.label.clone());
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
            built.len(),
            failed.join(", ")
        );
    }
    Ok(())
}

fn read_key(path: &Path) -> Result<SecretKey> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the key {}", path.display()))?;
    text.parse().with_context(|| format!("cannot use {}", path.display()))
}

/// The sub-targets to build, with brackets.
fn labels(targets: &[Target], args: &Args) -> Vec<String> {
    let subs: Vec<_> = match args.with_deps {
        true => vec!["[with-deps]".to_owned()],
        false => std::iter::once("[recipe]".to_owned())
            .chain(
                Format::views(args.format)
                    .iter()
                    .flat_map(|view| ["tarball", "sha256"].map(|part| format!("{view}[{part}]"))),
            )
            .collect(),
    };
    let of = |target: &Target| subs.iter().map(|sub| target.sub(sub)).collect::<Vec<_>>();
    targets.iter().flat_map(of).collect()
}

/// Copies what a target gave.
fn take(built: &Built, args: &Args, folder: &Folder<'_>, known: &mut BTreeSet<String>) -> Result<Vec<Packaged>> {
    if args.with_deps {
        let mut packaged = Vec::new();
        for directory in outputs(built, "with-deps")? {
            packaged.extend(folder.take_directory(directory, known)?);
        }
        return Ok(packaged);
    }
    let recipe = output(built, "recipe")?;
    Format::views(args.format)
        .iter()
        .map(|view| {
            let key = |what: &str| match view.trim_matches(['[', ']']) {
                "" => what.to_owned(),
                format => format!("{format}|{what}"),
            };
            let (tarball, sidecar) = (output(built, &key("tarball"))?, output(built, &key("sha256"))?);
            folder.take(
                Some(&built.label),
                &Parts {
                    tarball,
                    sidecar,
                    recipe,
                },
            )
        })
        .collect()
}

fn outputs<'a>(built: &'a Built, key: &str) -> Result<&'a [PathBuf]> {
    built.outputs.get(key).map(Vec::as_slice).with_context(|| {
        format!("the engine's report has no output for the sub-target {key}; build it without --skip-build")
    })
}

fn output<'a>(built: &'a Built, key: &str) -> Result<&'a Path> {
    match outputs(built, key)? {
        [path] => Ok(path),
        several => bail!(
            "expected one output for the sub-target {key} in the engine's report, found {}",
            several.len()
        ),
    }
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
