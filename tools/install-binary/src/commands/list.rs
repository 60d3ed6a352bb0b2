//! `list`: what is installed.

use anyhow::Result;
use serde_json::json;

use crate::exit::Coded;
use crate::out;
use crate::plan::hash_text;
use crate::target::TargetArgs;
use crate::wishes::Flags;

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: TargetArgs,
    /// Only packages that were asked for, not those that came as a dependency
    #[arg(long)]
    explicit: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints it.
///
/// # Errors
/// A damaged database.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut all = args.target.open()?.all().coded()?;
    all.retain(|installed| installed.origin.explicit || !args.explicit);
    if args.json {
        let all: Vec<_> = all
            .iter()
            .map(|installed| {
                let (metadata, origin) = (&installed.metadata, &installed.origin);
                json!({
                    "name": metadata.name,
                    "slot": metadata.slot,
                    "version": metadata.version,
                    "config_hash_full": origin.config_hash_full,
                    "content_hash_full": origin.content_hash_full,
                    "use": metadata.use_flags,
                    "platform": metadata.platform,
                    "prefix": format!("/{}", origin.prefix.to_string().trim_start_matches('/')),
                    "explicit": origin.explicit,
                    "installed_size": metadata.installed_size,
                    "mirror": origin.source.mirror,
                })
            })
            .collect();
        return out::print_json(&all);
    }
    let rows: Vec<_> = all
        .iter()
        .map(|installed| {
            let metadata = &installed.metadata;
            let name = match installed.id.slot() {
                "0" => metadata.name.to_string(),
                _ => installed.id.to_string(),
            };
            let flags = Flags(&metadata.use_flags).to_string();
            let origin = if installed.origin.explicit {
                "explicit"
            } else {
                "dependency"
            };
            vec![
                name,
                metadata.version.to_string(),
                hash_text(installed.origin.config_hash_full.as_ref()),
                origin.to_owned(),
                flags,
            ]
        })
        .collect();
    out::print_table(&rows)
}
