use std::path::PathBuf;

use anyhow::Context;
use pspf::{Platform, Target};
use serde_json::json;

use crate::errors::Coded;
use crate::launchers::{Found, find, folders};

/// Show which launchers there are.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List launchers: whose, for which platform, where, how large, and which would be chosen.
    ///
    /// Chosen is the one given by --launcher-bin or FLAVOR_LAUNCHER_BIN, else psp-launcher, else
    /// FlavorPack's Rust launcher, else its Go launcher; of several the first found.
    List {
        /// Platform to choose for, such as linux_arm64; this machine's by default.
        #[arg(long)]
        platform: Option<String>,
        /// Folder to look into first; may be given several times.
        #[arg(long, value_name = "DIR")]
        dir: Vec<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Args {
    /// Lists them.
    pub fn run(self) -> anyhow::Result<()> {
        let Command::List { platform, dir, json } = self.command;
        let wanted = match platform {
            Some(text) => text.parse().coded()?,
            None => Target::Platform(Platform::current().context("this platform has no name; give --platform")?),
        };
        let launchers = find(&folders(&dir));
        let chosen = std::env::var_os("FLAVOR_LAUNCHER_BIN").map(PathBuf::from);
        let chosen = match &chosen {
            Some(path) => Some((path.clone(), "FLAVOR_LAUNCHER_BIN names it")),
            None => choose(&launchers, &wanted),
        };
        if json {
            print_json(&launchers, &wanted, chosen)
        } else {
            print(&launchers, &wanted, chosen)
        }
        Ok(())
    }
}

fn choose(launchers: &[Found], wanted: &Target) -> Option<(PathBuf, &'static str)> {
    let fits = |launcher: &&Found| {
        launcher
            .platforms
            .iter()
            .any(|platform| *wanted == Target::Platform(*platform))
    };
    let first = launchers.iter().find(fits)?;
    Some((first.path.clone(), "the first of the preferred kind for this platform"))
}

fn platforms(launcher: &Found) -> String {
    launcher
        .platforms
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("+")
}

fn print(launchers: &[Found], wanted: &Target, chosen: Option<(PathBuf, &str)>) {
    for launcher in launchers {
        let (kind, size, digest) = (launcher.origin.word(), launcher.size, launcher.digest);
        println!(
            "{kind}  {}  {size} bytes  sha256 {digest}  {}",
            platforms(launcher),
            launcher.path.display()
        );
    }
    match chosen {
        Some((path, why)) => println!("chosen for {wanted}: {} ({why})", path.display()),
        None => println!(
            "chosen for {wanted}: none; build `//tools:helpers` and copy it to dist/bin, or give --launcher-bin"
        ),
    }
}

fn print_json(launchers: &[Found], wanted: &Target, chosen: Option<(PathBuf, &str)>) {
    let row = |launcher: &Found| {
        json!({
            "kind": launcher.origin.word(),
            "platform": platforms(launcher),
            "size": launcher.size,
            "sha256": launcher.digest,
            "path": launcher.path,
        })
    };
    let (path, why) = chosen.map_or((None, None), |(path, why)| (Some(path), Some(why)));
    println!(
        "{:#}",
        json!({
            "launchers": launchers.iter().map(row).collect::<Vec<_>>(),
            "platform": wanted.to_string(),
            "chosen": path,
            "why": why,
        })
    );
}
