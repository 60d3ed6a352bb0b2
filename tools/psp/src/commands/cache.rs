use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use cli::{Exit, WithExit};
use pspf_cache::{Cache, DigestList, Limits, Listed, Variables, choose, effective_user};
use serde_json::json;

use crate::plain::plain;

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
    Verify,
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
            Command::Verify => verify(&cache),
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

fn verify(cache: &Cache) -> anyhow::Result<()> {
    let (mut entries, mut changed) = (0, 0);
    for listed in pspf_cache::list(cache)?
        .into_iter()
        .filter(|listed| listed.about.is_some())
    {
        entries += 1;
        let entry = cache.entry(&listed.name);
        let compare = |workenv: &Path| DigestList::compare(&entry.digests(), workenv);
        let deviations =
            compare(&entry.workenv()).with_context(|| format!("cannot verify {}", listed.path.display()))?;
        for deviation in &deviations {
            let path = entry.workenv().join(&deviation.path);
            println!(
                "changed  {}: expected {}, found {}",
                path.display(),
                deviation.expected,
                deviation.found
            );
        }
        changed += deviations.len();
    }
    if changed == 0 {
        println!("ok       {entries} unpacked packages");
        return Ok(());
    }
    let advice = "`psp cache clean --days 0` removes what is unpacked, and the next start unpacks again";
    Err(anyhow::anyhow!(
        "{changed} files are not as they were unpacked; {advice}"
    ))
    .exit(Exit::Unverified)
}
