use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use cli::{Exit, WithExit};
use pspf_cache::{Cache, FileList, Limits, Listed, Variables, choose, effective_user};
use serde_json::json;

use crate::plain::plain;
use crate::unpacked::{compare, package_of};

/// Look after the unpacked packages of this user.
///
/// They lie below FLAVOR_CACHE_DIR, XDG_CACHE_HOME/flavor or HOME/.cache/flavor.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List what is unpacked, the longest unused first.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove what was not used for long. What runs stays.
    Clean {
        /// Remove what was not used for so many days; 0 removes all.
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        days: u64,
        /// Then remove the longest unused while the rest is larger.
        #[arg(long, value_name = "BYTES")]
        max_bytes: Option<u64>,
    },
    /// Compare every unpacked file with what was unpacked. Exit code 4 when one differs.
    ///
    /// Files are compared with the signed package where that is still to be found, else with the checksums that were
    /// noted when they were unpacked: these find damage, but not an edit by somebody who edited them, too.
    Verify {
        /// A package that is not where it was when it was unpacked; may be given several times.
        #[arg(long, value_name = "FILE")]
        package: Vec<PathBuf>,
    },
}

impl Args {
    /// Does it.
    pub fn run(self) -> anyhow::Result<()> {
        let user = effective_user();
        let root = choose(&Variables::of_process(), user, &std::env::current_dir()?);
        if !root.entries().exists() {
            eprintln!("nothing is unpacked: {} does not exist", root.entries().display());
            return Ok(());
        }
        // Looking is subject to the same checks of owner and mode as starting.
        let place = pspf_cache::check_path(&root.entries(), user)?;
        let cache = Cache::new(place, user);
        match self.command {
            Command::List { json } => list(&cache, json),
            Command::Clean { days, max_bytes } => clean(&cache, days, max_bytes),
            Command::Verify { package } => verify(&cache, &package),
        }
    }
}

fn list(cache: &Cache, as_json: bool) -> anyhow::Result<()> {
    let entries = pspf_cache::list(cache)?;
    if as_json {
        let row = |entry: &Listed| {
            json!({
                "name": entry.about.as_ref().map(|about| &about.name),
                "version": entry.about.as_ref().map(|about| &about.version),
                "bytes": entry.about.as_ref().map(|about| about.bytes),
                "unused_days": unused_days(entry),
                "in_use": entry.in_use,
                "path": entry.path,
            })
        };
        println!(
            "{:#}",
            json!({ "entries": entries.iter().map(row).collect::<Vec<_>>() })
        );
        return Ok(());
    }
    for entry in &entries {
        let what = match &entry.about {
            Some(about) => format!(
                "{} {}, {} bytes",
                plain(&about.name),
                plain(&about.version),
                about.bytes
            ),
            None => "unfinished".into(),
        };
        let state = if entry.in_use {
            "in use".into()
        } else {
            format!("unused for {} days", unused_days(entry))
        };
        println!("{what}, {state}, {}", entry.path.display());
    }
    Ok(())
}

fn unused_days(entry: &Listed) -> u64 {
    SystemTime::now()
        .duration_since(entry.last_use)
        .map_or(0, |unused| unused.as_secs() / 86400)
}

fn clean(cache: &Cache, days: u64, max_bytes: Option<u64>) -> anyhow::Result<()> {
    let limits = Limits {
        max_age: Duration::from_secs(days * 86400),
        max_bytes: max_bytes.unwrap_or(if days == 0 { 0 } else { u64::MAX }),
        max_removals: usize::MAX,
    };
    let swept = pspf_cache::sweep(cache, &limits)?;
    for entry in &swept.removed {
        println!("removed {}", entry.path.display());
    }
    eprintln!("{} removed, {} kept", swept.removed.len(), swept.kept.len());
    Ok(())
}

fn verify(cache: &Cache, packages: &[PathBuf]) -> anyhow::Result<()> {
    let (mut compared, mut changed) = (0, 0);
    let mut without = Vec::new();
    for listed in pspf_cache::list(cache)? {
        let Some(about) = &listed.about else { continue };
        let entry = cache.entry(&listed.name);
        let context = || format!("cannot verify {}", listed.path.display());
        let mut deviations = FileList::compare(&entry.files(), &entry.workenv()).with_context(context)?;
        let known = about.package.as_ref().map(PathBuf::from);
        match packages.iter().chain(&known).find_map(|path| package_of(&entry, path)) {
            Some(file) => {
                let more = compare(&entry, &file).with_context(context)?;
                deviations.retain(|deviation| more.iter().all(|other| other.path != deviation.path));
                deviations.extend(more);
            }
            None => without.push(format!("{} {}", plain(&about.name), plain(&about.version))),
        }
        for deviation in &deviations {
            let path = entry.workenv().join(&deviation.path);
            println!(
                "changed  {}: expected {}, found {}",
                path.display(),
                deviation.expected,
                deviation.found
            );
        }
        compared += 1;
        changed += deviations.len();
    }
    for name in &without {
        println!(
            "warning  {name}: its package is not where it was; compared with checksums only (--package FILE names it)"
        );
    }
    if changed == 0 {
        println!("ok       {compared} unpacked packages");
        return Ok(());
    }
    let advice = "`psp cache clean --days 0` removes what is unpacked, and the next start unpacks again";
    Err(anyhow::anyhow!(
        "{changed} files are not as they were unpacked; {advice}"
    ))
    .exit(Exit::Unverified)
}
