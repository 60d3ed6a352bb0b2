//! Installing, and what may come before it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use binpkg::names::{PackageName, ShortHash, Version};
use cli::{Exit, WithExit};
use engine::Settings;
use mirror::download::Options as DownloadOptions;

use super::{available, download_only};
use crate::choose::{ChoiceArgs, Root, choose};
use crate::mirrors::MirrorArgs;
use crate::opened::check_file_hash;
use crate::progress::{Mode, Reporter};
use crate::request::{Exactly, Request, Source, parse_hash};
use crate::resolve::Build;
use crate::shelf::{self, Shelf};
use crate::supply::Supply;
use crate::target::{ChangeArgs, shell};
use crate::transact::HowArgs;
use crate::work::Work;

/// Arguments of `install`, and of the program without a command.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// `PACKAGE[@VERSION[:CONFIG_HASH]]` from a mirror, a tarball of this machine with its sidecar beside it, or a folder of them
    #[arg(required_unless_present = "list", value_name = "PACKAGE")]
    packages: Vec<String>,
    /// The version that it must have
    #[arg(short, long)]
    version: Option<Version>,
    /// What its full config hash must begin with: 8 to 64 hex digits
    #[arg(short, long, value_name = "HASH", value_parser = parse_hash)]
    config_hash: Option<ShortHash>,
    /// What its content hash must begin with: 8 to 64 hex digits
    #[arg(short, long, value_name = "HASH", value_parser = parse_hash)]
    file_hash: Option<ShortHash>,
    /// List what the mirrors have, and install nothing; without a package, the names of all
    #[arg(short, long, conflicts_with_all = ["download_only", "dry_run"])]
    list: bool,
    /// Fetch packages and what they need, print where they are, and install nothing
    #[arg(short, long)]
    download_only: bool,
    /// Say what would happen, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Install without what it needs
    #[arg(long)]
    no_deps: bool,
    /// Install again what is installed
    #[arg(long)]
    reinstall: bool,
    /// Folder with packages in which dependencies are looked for before mirrors are asked (repeatable)
    #[arg(long, value_name = "DIR")]
    from: Vec<PathBuf>,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    mirrors: MirrorArgs,
    #[command(flatten)]
    fetch: FetchArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    how: HowArgs,
    /// Print events as JSON, one a line
    #[arg(long)]
    json: bool,
}

/// How files are fetched.
#[derive(clap::Args)]
pub(crate) struct FetchArgs {
    /// Ask no mirror: use what is in the cache, however old it is
    #[arg(long)]
    pub(crate) offline: bool,
    /// How many files come at the same time
    #[arg(short, long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) jobs: u8,
}

impl FetchArgs {
    pub(crate) fn options(&self) -> DownloadOptions {
        DownloadOptions {
            jobs: self.jobs.into(),
            offline: self.offline,
            ..DownloadOptions::default()
        }
    }
}

/// The settings of the project that the current folder is in.
pub(crate) fn settings() -> Result<Settings> {
    let here = std::env::current_dir().context("cannot look at the current folder")?;
    Settings::find(&here).context("cannot read the project's .buckconfig")
}

/// Installs.
///
/// # Errors
/// Exit codes as in section 17.
pub(crate) fn run(args: &Args) -> Result<()> {
    let settings = settings()?;
    let requests = args.requests()?;
    let (mirrors, trusted) = args.mirrors.mirrors(&settings)?;
    let mut supply = Supply::new(
        (Shelf::new(&args.from, &trusted)?, &mirrors, &trusted),
        args.mirrors.cache(),
        args.fetch.options(),
        Reporter::new(Mode::new(args.change.quiet, args.json)),
    );
    let selector = args.choice.selector(&settings, &args.change.target.root)?;
    if args.list {
        return available::run(&requests, &selector, &mut supply);
    }
    let roots = args.roots(&requests, &selector, &mut supply)?;
    if args.download_only {
        return download_only::run(roots, args.no_deps, args.dry_run, &mut supply);
    }
    let question = question(&requests, &roots, &args.change);
    let work = Work {
        change: &args.change,
        how: &args.how,
        no_deps: args.no_deps,
        reinstall: args.reinstall,
        dry_run: args.dry_run,
        question,
    };
    work.run(roots, &mut supply)
}

impl Args {
    fn requests(&self) -> Result<Vec<Request>> {
        let exactly = Exactly {
            version: self.version.clone(),
            config_hash: self.config_hash.clone(),
            file_hash: self.file_hash.clone(),
        };
        Request::parse_all(&self.packages, &exactly).exit(Exit::Usage)
    }

    fn roots(
        &self,
        requests: &[Request],
        selector: &crate::select::Selector,
        supply: &mut Supply<'_>,
    ) -> Result<Vec<Root>> {
        let names: Vec<PackageName> = requests.iter().filter_map(Request::name).cloned().collect();
        if names.len() > 1 {
            supply.prefetch(&names)?;
        }
        let mut roots = Vec::new();
        for request in requests {
            match &request.source {
                Source::Mirror(name) => roots.push(choose(request, name, selector, supply)?),
                Source::File(path) => {
                    for tarball in shelf::tarballs(path)? {
                        let (incoming, sidecar) = shelf::open(&tarball, supply.trusted)?;
                        shelf::with_code(request.check(&incoming, &sidecar.file))?;
                        roots.push(Root {
                            build: supply.add(incoming),
                            because: String::new(),
                            candidates: Vec::new(),
                        });
                    }
                }
            }
        }
        Ok(roots)
    }
}

/// Where somebody left the choice of a version to us, they are asked (decision D6), and told how not to be.
fn question(requests: &[Request], roots: &[Root], change: &ChangeArgs) -> Option<String> {
    let open = requests
        .iter()
        .any(|request| request.name().is_some() && request.version.is_none() && request.config_hash.is_none());
    if !open {
        return None;
    }
    let exact = |build: &Build| match build.config_hash {
        Some(hash) => format!("{}@{}:{}", build.name, build.version, hash.short()),
        None => format!("{}@{}", build.name, build.version),
    };
    let mut command = "install-binary".to_owned();
    match roots {
        [Root { build, .. }] => {
            let (name, version) = (build.name.as_str(), build.version.as_str());
            command.push_str(&format!(" {} --version {}", shell(name), shell(version)));
            if let Some(hash) = build.config_hash {
                command.push_str(&format!(" --config-hash {}", hash.short()));
            }
        }
        roots => roots
            .iter()
            .for_each(|root| command.push_str(&format!(" {}", shell(&exact(&root.build))))),
    }
    command.push_str(&change.target.options());
    Some(format!("no version was asked for; exactly this is `{command}`"))
}

impl Request {
    /// The package of a mirror that it is for.
    pub(crate) fn name(&self) -> Option<&PackageName> {
        match &self.source {
            Source::Mirror(name) => Some(name),
            Source::File(_) => None,
        }
    }

    /// Whether a tarball is what was asked for.
    fn check(&self, incoming: &install::Incoming, file: &str) -> Result<(), crate::opened::OpenedError> {
        use crate::opened::OpenedError;
        let metadata = incoming.metadata();
        let other = |key, expected: &dyn ToString, found: &dyn ToString| OpenedError::Other {
            file: file.to_owned(),
            key,
            expected: expected.to_string(),
            found: found.to_string(),
        };
        if let Some(version) = self.version.as_ref().filter(|version| **version != metadata.version) {
            return Err(other("version", version, &metadata.version));
        }
        if let Some(hash) = &self.config_hash
            && !metadata.config_hash_full.is_some_and(|full| hash.fits(&full))
            && !hash.as_str().starts_with(metadata.config_hash.as_str())
        {
            return Err(other("config hash", hash, &metadata.config_hash));
        }
        match &self.file_hash {
            Some(wanted) => {
                let content = incoming.manifest().content_hash();
                check_file_hash(wanted, file, &metadata.content_hash, Some(content))
            }
            None => Ok(()),
        }
    }
}
