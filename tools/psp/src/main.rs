//! `psp`: build, inspect, verify, unpack and sign self-extracting packages (PSPF/2025).

use std::process::ExitCode;

use clap::Parser;
use psp_commands::Psp;

fn main() -> ExitCode {
    cli::finish("psp", Psp::parse().run())
}
