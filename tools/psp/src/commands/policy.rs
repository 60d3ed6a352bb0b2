use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use cli::{Exit, WithExit};
use pspf::{PackageFile, Platform};
use pspf_policy::{Facts, Floor, OperatorPolicy, Places, TrustStore, Verdict, check};
use pspf_verify::Package;
use serde_json::{Value, json};

use crate::errors::Coded;
use crate::files;

/// Show under which conditions packages run here, or try a package against them.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show the policies of the administrator and of the user.
    Show {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say whether a package may run here, now, as this user. Exit code 4 when it may not.
    Check {
        /// The package.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Args {
    /// Does it.
    pub fn run(self) -> anyhow::Result<()> {
        let places = Places::of_process();
        match self.command {
            Command::Show { json } => show(&places, json),
            Command::Check { file, json } => try_package(&places, &file, json),
        }
    }
}

fn show(places: &Places, as_json: bool) -> anyhow::Result<()> {
    // Understood first, so that nothing is shown as a policy that is none.
    let policies = OperatorPolicy::read_all(places)?;
    let floor = Floor::read(places)?;
    let mut rows = Vec::new();
    for policy in &policies {
        rows.push(json!({ "path": policy.origin, "policy": files::read_json::<Value>(&policy.origin)? }));
    }
    let floor = format!("{:?}", floor.validation_floor).to_lowercase();
    if as_json {
        println!("{:#}", json!({ "policies": rows, "validation_floor": floor }));
        return Ok(());
    }
    for row in rows {
        println!("{}\n{:#}", row["path"].as_str().unwrap_or_default(), row["policy"]);
    }
    if policies.is_empty() {
        println!("no policy: any package with a valid signature runs");
    }
    println!("validation floor: {floor}");
    Ok(())
}

fn try_package(places: &Places, file: &Path, as_json: bool) -> anyhow::Result<()> {
    let open = PackageFile::open(file).coded()?;
    let package = open.package().coded()?;
    let verdict = judge(places, &package)?;
    let (denied, warned) = (texts(&verdict.denied), texts(&verdict.warned));
    if as_json {
        println!(
            "{:#}",
            json!({ "ok": denied.is_empty(), "denied": denied, "warnings": warned })
        );
    } else {
        warned.iter().for_each(|text| println!("warning  {text}"));
        denied.iter().for_each(|text| println!("denied   {text}"));
        if denied.is_empty() {
            println!("ok       {} may run here", file.display());
        }
    }
    if denied.is_empty() {
        return Ok(());
    }
    Err(anyhow::anyhow!("{} may not run here", file.display())).exit(Exit::Unverified)
}

fn texts(violations: &[pspf_policy::Violation]) -> Vec<String> {
    violations.iter().map(ToString::to_string).collect()
}

fn judge(places: &Places, package: &Package<'_, File>) -> anyhow::Result<Verdict> {
    let store = TrustStore::read(places)?;
    let policies = OperatorPolicy::read_all(places)?;
    let (platform, key) = (Platform::current().map(|platform| platform.to_string()), package.key());
    let facts = Facts {
        platform: platform.as_deref().unwrap_or("unknown"),
        root: pspf_cache::is_root(),
        built: package.index().build_timestamp.get(),
        now: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
        key_id: &key.key_id(),
        trusted: &|| store.find(&key).is_some(),
        sbom: package.brings_sbom()?,
        has_env: &|name| std::env::var_os(name).is_some(),
    };
    let own = package
        .metadata()
        .package_policy()
        .context("the package's policy cannot be understood")?;
    Ok(check(&policies, own.as_ref(), &facts))
}
