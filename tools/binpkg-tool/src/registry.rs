//! The clients of the package registries: which program to start, and where its file ends up.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::apt_source::{self, Wanted};

/// A registry, named by its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Debian's archive, by `apt-get download`.
    Apt,
    /// A file of one of Debian's source packages, by `apt-get source`, whether or not the machine lists sources.
    AptSource,
    /// The crate registry, by `cargo info`, which leaves the crate in cargo's cache.
    Cargo,
    /// The npm registry, by `npm pack`.
    Npm,
    /// The Python package index, by `pip download`.
    Pip,
}

impl Client {
    /// The program, and the Debian package that brings it.
    fn program(self) -> (&'static str, &'static str) {
        match self {
            Client::Apt | Client::AptSource => ("apt-get", "apt"),
            Client::Cargo => ("cargo", "cargo"),
            Client::Npm => ("npm", "npm"),
            Client::Pip => ("pip", "python3-pip"),
        }
    }

    fn arguments(self, package: &str, version: &str, dir: &Path) -> Vec<OsString> {
        let dir = dir.as_os_str().to_owned();
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        match self {
            Client::Apt => words(&["download", "--quiet=2", &format!("{package}={version}")]),
            Client::AptSource => words(&[
                "source",
                "--download-only",
                "--only-source",
                "--quiet=2",
                &format!("{package}={version}"),
            ]),
            Client::Cargo => words(&["info", "--quiet", &format!("{package}@{version}")]),
            Client::Npm => {
                let mut args = words(&[
                    "pack",
                    "--silent",
                    &format!("{package}@{version}"),
                    "--pack-destination",
                ]);
                args.push(dir);
                args
            }
            Client::Pip => {
                let mut args = words(&[
                    "download",
                    "--quiet",
                    "--no-deps",
                    &format!("{package}=={version}"),
                    "--dest",
                ]);
                args.push(dir);
                args
            }
        }
    }

    /// Starts the client and returns the files it brought; `dir` is empty and may be used.
    ///
    /// # Errors
    /// The client is missing, or fails; its own words are repeated.
    pub fn fetch(
        self,
        package: &str,
        version: &str,
        options: &[String],
        suite: Option<&str>,
        dir: &Path,
    ) -> Result<Vec<PathBuf>> {
        let (name, debian) = self.program();
        let program = which::which(name).with_context(|| {
            format!(
                "{name} is not on PATH; install it (Debian package {debian}), or put the file under its sha256 into \
                 the folder that `[buckpack] registry_dir` names"
            )
        })?;
        // Nothing of the machine's own apt is changed: lists of sources get a place of their own.
        let lists = match (self, suite) {
            (Client::Apt, Some(suite)) => apt_source::options(&program, Wanted::Suite(suite))?,
            (_, Some(suite)) => bail!("--suite {suite} is for the client apt alone, but the client is {name}"),
            (Client::AptSource, None) => apt_source::options(&program, Wanted::Sources)?,
            (_, None) => apt_source::Lists::default(),
        };
        let output = Command::new(program)
            .args(&lists.options)
            .args(self.arguments(package, version, dir))
            .args(options)
            .current_dir(dir)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {name}"))?;
        if !output.status.success() {
            bail!(
                "{name} could not bring {package} {version} ({}): {}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        if self == Client::Cargo {
            cached_crates(package, version)
        } else {
            files(dir)
        }
    }
}

/// Cargo keeps crates in `$CARGO_HOME/registry/cache/<registry>/`, one folder a registry.
fn cached_crates(package: &str, version: &str) -> Result<Vec<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))
        .context("neither CARGO_HOME nor HOME is set, so cargo's cache cannot be found")?;
    let cache = home.join("registry").join("cache");
    let name = format!("{package}-{version}.crate");
    let registries = std::fs::read_dir(&cache).with_context(|| format!("cargo's cache {}", cache.display()))?;
    let mut found = Vec::new();
    for registry in registries {
        let file = registry?.path().join(&name);
        if file.is_file() {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = std::fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(|| format!("{}", dir.display()))?;
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_pins_the_version() {
        for client in Client::value_variants() {
            let text = format!("{:?}", client.arguments("name", "1.2.3", Path::new("dir")));
            assert!(text.contains("1.2.3"), "{client:?}: {text}");
        }
    }
}
