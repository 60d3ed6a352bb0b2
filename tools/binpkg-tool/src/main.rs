//! The binary-package tool of the build graph: what rules need done to archives and registries, one subcommand each.

mod registry;
mod registry_file;
mod unpack;

use std::process::ExitCode;

use clap::Parser;

/// Does the work of the binary-package and fetching rules; people use `package-binary` and `install-binary`.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Fetch one file of a package registry through the registry's own client.
    RegistryFile(registry_file::Args),
    /// Unpack a tar archive safely.
    Unpack(unpack::Args),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::RegistryFile(args) => registry_file::run(&args),
        Command::Unpack(args) => unpack::run(&args),
    };
    cli::finish("binpkg-tool", result)
}
