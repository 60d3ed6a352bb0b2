//! `reproduce`: whether a second build elsewhere makes the same (section 16.4).

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use binpkg::manifest::Manifest;
use binpkg::names::PackageName;
use binpkg::recipe::Recipe;
use binpkg::sign::TrustList;
use cli::{Exit, WithExit};
use digest::Sha256;
use engine::{Engine, Settings};
use mirror::Address;
use mirror::catalog::{Catalog, Options, Purpose, Source};

use crate::EngineArgs;
use crate::differences::differences;
use crate::targets::{Target, resolve};

/// Arguments of `reproduce`.
#[derive(clap::Args)]
pub struct Args {
    /// A package
    target: String,
    /// Compare with what a mirror has published, too
    #[arg(long, value_name = "MIRROR")]
    against: Option<String>,
    /// Compare with what the mirror has published only
    #[arg(long, requires = "against")]
    no_second_build: bool,
    /// How many differences are shown
    #[arg(long, default_value = "10")]
    show: usize,
    #[command(flatten)]
    engine: EngineArgs,
}

/// What a build made.
struct Made {
    name: PackageName,
    config_hash: Sha256,
    manifest: Manifest,
}

/// Builds twice and compares. The second build is in a copy of the project, which knows nothing of the first one, so everything is
/// built again, tools included.
///
/// # Errors
/// Exit code 4 if the builds differ, or differ from what is published.
pub fn run(args: &Args) -> Result<()> {
    let engine = Engine::find(args.engine.engine.as_deref())?;
    let targets = resolve(&engine, std::slice::from_ref(&args.target))?;
    let [target] = &targets[..] else {
        return Err(anyhow!(
            "expected one package for {}, found {}",
            args.target,
            targets.len()
        ))
        .exit(Exit::Usage);
    };
    let first = make(&engine, target, args.engine.jobs)?;
    if !args.no_second_build {
        let second = elsewhere(&engine, target)?;
        compare(&first, &second, args)?;
    }
    if let Some(mirror) = &args.against {
        against(&first, mirror)?;
    }
    print(&format!(
        "{} is reproducible: content hash {}",
        target.label,
        first.manifest.content_hash()
    ))
}

fn make(engine: &Engine, target: &Target, jobs: Option<u32>) -> Result<Made> {
    // A published binary would be compared with itself.
    let mut options: Vec<OsString> = vec!["-c".into(), "buckos.prefer_binaries=never".into()];
    if let Some(jobs) = jobs {
        options.extend(["-j".into(), jobs.to_string().into()]);
    }
    let report = engine.build(
        &["[manifest]", "[config-hash]", "[recipe]"].map(|sub| target.sub(sub)),
        &options,
    )?;
    let built = report
        .built
        .first()
        .with_context(|| format!("the engine's report says nothing of {}", target.label))?;
    if !built.ok {
        return Err(anyhow!("{} failed: {}", built.label, built.errors.join("\n")));
    }
    let read = |key: &str| {
        let path = built.outputs.get(key).and_then(|paths| paths.first());
        let path = path.with_context(|| format!("the engine's report has no output for the sub-target {key}"))?;
        fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let hash = String::from_utf8(read("config-hash")?).context("the config hash is no text")?;
    let recipe = String::from_utf8(read("recipe")?).context("the recipe is no text")?;
    Ok(Made {
        name: Recipe::parse(&recipe).context("cannot use the recipe")?.name,
        config_hash: hash.trim_end().parse().context("cannot use the config hash")?,
        manifest: Manifest::parse(&read("manifest")?).context("cannot use the manifest")?,
    })
}

/// Another folder with a longer name, one action at a time, another locale, time zone and user name.
fn elsewhere(engine: &Engine, target: &Target) -> Result<Made> {
    let here = std::env::current_dir().context("cannot look at the current folder")?;
    let settings = Settings::find(&here).context("cannot read the project's .buckconfig")?;
    let project = settings
        .project
        .clone()
        .context("no project here: no folder from here upward has a .buckconfig")?;
    let world = tempfile::tempdir().context("cannot make a temporary folder")?;
    let copy = world.path().join("elsewhere/under a longer name/project");
    copy_project(&project, &copy, &settings.list("project", "ignore"))?;
    let below = here.strip_prefix(&project).unwrap_or(Path::new(""));
    let variables = [
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("LOGNAME", "somebody"),
        ("TZ", "Asia/Kathmandu"),
        ("USER", "somebody"),
    ];
    let there = engine.at(&copy.join(below), &variables);
    let made = make(&there, target, Some(1));
    there.stop();
    made
}

/// Copies a project without what engines and other tools made in it.
fn copy_project(project: &Path, copy: &Path, ignored: &[String]) -> Result<()> {
    let skipped: Vec<PathBuf> = ["buck-out", ".git"]
        .into_iter()
        .map(PathBuf::from)
        .chain(ignored.iter().map(PathBuf::from))
        // A link of the project is no folder of something else.
        .filter(|path| !project.join(path).is_symlink())
        .map(|path| project.join(path))
        .collect();
    let mut folders = vec![(project.to_owned(), copy.to_owned())];
    while let Some((from, to)) = folders.pop() {
        let context = || format!("cannot copy {}", from.display());
        fs::create_dir_all(&to).with_context(context)?;
        for entry in fs::read_dir(&from).with_context(context)? {
            let entry = entry.with_context(context)?;
            let (path, place) = (entry.path(), to.join(entry.file_name()));
            let context = || format!("cannot copy {}", path.display());
            let kind = entry.file_type().with_context(context)?;
            if skipped.contains(&path) {
                continue;
            }
            if kind.is_dir() {
                folders.push((path, place));
            } else if kind.is_symlink() {
                link(&fs::read_link(&path).with_context(context)?, &place).with_context(context)?;
            } else if kind.is_file() {
                fs::copy(&path, &place).with_context(context)?;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn link(target: &Path, place: &Path) -> std::io::Result<()> {
    fs::copy(place.parent().unwrap_or(Path::new("")).join(target), place).map(drop)
}

fn compare(first: &Made, second: &Made, args: &Args) -> Result<()> {
    if first.config_hash != second.config_hash {
        return Err(anyhow!(
            "the config hash depends on where or how it is made: {} here, {} in a copy of the project; see which with \
             `package-binary explain`",
            first.config_hash,
            second.config_hash
        ))
        .exit(Exit::Unverified);
    }
    let found = differences(&first.manifest, &second.manifest);
    if found.is_empty() {
        return Ok(());
    }
    let shown: Vec<_> = found.iter().take(args.show).map(String::as_str).collect();
    Err(anyhow!(
        "{} is not reproducible: {} paths differ between two builds:\n  {}",
        args.target,
        found.len(),
        shown.join("\n  ")
    ))
    .exit(Exit::Unverified)
}

fn against(made: &Made, mirror: &str) -> Result<()> {
    let address: Address = mirror.parse().exit(Exit::Usage)?;
    let source = Source {
        mirror: address.mirror(),
        trusted: TrustList::default(),
        serial: 0,
    };
    let mut warn = |text: &str| eprintln!("package-binary: warning: {text}");
    let options = Options::new(Purpose::Query);
    let catalog = Catalog::open(std::slice::from_ref(&source), None, options, &mut warn).exit(Exit::NoMirror)?;
    let records = catalog.records(&made.name, &mut warn).exit(Exit::NoMirror)?;
    let record = records
        .into_iter()
        .map(|found| found.record)
        .find(|record| record.config_hash_full == Some(made.config_hash));
    let Some(record) = record else {
        return Err(anyhow!(
            "{address} has no package of the config hash {}",
            made.config_hash
        ))
        .exit(Exit::NotFound);
    };
    let found = made.manifest.content_hash();
    if record.content_hash_full == Some(found) {
        return Ok(());
    }
    let expected = record
        .content_hash_full
        .map_or_else(|| record.file_hash.to_string(), |hash| hash.hex());
    Err(anyhow!(
        "{} of {address} has another content hash: expected {expected}, found {found} here",
        record.filename
    ))
    .exit(Exit::Unverified)
}

fn print(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}
