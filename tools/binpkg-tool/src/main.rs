//! The binary-package tool of the build graph: what rules need done to archives and registries, one subcommand each.

mod about;
#[cfg(target_os = "linux")]
mod applets;
mod apt_source;
#[cfg(target_os = "linux")]
mod build;
mod check;
mod choice;
mod collect;
mod deb;
mod explain;
mod fetch;
mod hash;
mod host_identity;
mod letter_case;
mod lineage;
mod manifest;
mod output;
mod pack;
mod payload_spec;
mod references;
mod registry;
mod registry_file;
mod release;
mod require;
mod sbom;
mod unpack;
mod unpack_package;
mod unpack_zip;

use std::process::ExitCode;

use clap::Parser;

/// Does the work of the binary-package and fetching rules; people use `package-binary` and `install-binary`.
#[derive(Parser)]
#[command(version)]
enum Command {
    #[cfg(target_os = "linux")]
    /// Put a static program into a directory under every name that it answers to.
    Applets(applets::Args),
    #[cfg(target_os = "linux")]
    /// Execute a recipe: build a package from source where nothing but the recipe's inputs can be seen.
    Build(build::Args),
    /// Check a binary package against its sidecar, and every file in it against its manifest.
    Check(check::Args),
    /// Say whether a published binary is taken, and how those that are not taken differ.
    Choice(choice::Args),
    /// Put a binary package, its sidecar and its recipe into a directory, under their final names.
    Collect(collect::Args),
    /// Say why the config hashes of two recipes differ.
    Explain(explain::Args),
    /// Fetch a published binary that the lock file names, or its recipe.
    Fetch(fetch::Args),
    /// Hash a recipe: bring it into its one spelling and print the config hash.
    Hash(hash::Args),
    /// Put the recipes of a package and of everything that it is built with into one file.
    Lineage(lineage::Args),
    /// Say who the programs of this machine are, in one line for a recipe.
    HostIdentity(host_identity::Args),
    /// List what a package would hold; the digest of the list is the content hash.
    Manifest(manifest::Args),
    /// Pack a binary package: tarball, sidecar, manifest and metadata.
    Pack(pack::Args),
    /// Fetch one file of a package registry through the registry's own client.
    RegistryFile(registry_file::Args),
    /// Put files that are published together into a directory, with their digests.
    Release(release::Args),
    /// Fail because there is no published binary, and say why.
    Require(require::Args),
    /// Write a bill of materials for a package.
    Sbom(sbom::Args),
    /// Unpack a tar or zip archive or a Debian package safely.
    Unpack(unpack::Args),
    /// Unpack the payload of a binary package after checking it against its lock record.
    UnpackPackage(unpack_package::Args),
}

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    // Started by `build` in new namespaces; nothing that a person types.
    if std::env::args().nth(1).as_deref() == Some(build::INSIDE) {
        return build::run_inside();
    }
    let result = match Command::parse() {
        #[cfg(target_os = "linux")]
        Command::Applets(args) => applets::run(&args),
        #[cfg(target_os = "linux")]
        Command::Build(args) => build::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Choice(args) => choice::run(&args),
        Command::Collect(args) => collect::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Fetch(args) => fetch::run(&args),
        Command::Hash(args) => hash::run(&args),
        Command::Lineage(args) => lineage::run(&args),
        Command::HostIdentity(args) => host_identity::run(&args),
        Command::Manifest(args) => manifest::run(&args),
        Command::Pack(args) => pack::run(&args),
        Command::RegistryFile(args) => registry_file::run(&args),
        Command::Release(args) => release::run(&args),
        Command::Require(args) => require::run(&args),
        Command::Sbom(args) => sbom::run(&args),
        Command::Unpack(args) => unpack::run(&args),
        Command::UnpackPackage(args) => unpack_package::run(&args),
    };
    cli::finish("binpkg-tool", result)
}
