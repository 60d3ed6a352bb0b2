//! `psp-builder`: `psp build` under the flags of FlavorPack's builders, so that
//! `flavor pack --builder-bin` can call it.

use std::process::ExitCode;

use clap::Parser;
use psp_commands::commands::BuildArgs;

/// Build a self-extracting package (PSPF/2025) from a manifest.
#[derive(Parser)]
#[command(name = "psp-builder", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    build: BuildArgs,
}

fn main() -> ExitCode {
    cli::finish("psp-builder", Cli::parse().build.run())
}
