//! `release`: files that are published together, and their digests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use digest::HashingReader;

use crate::output;

/// The list of digests, as `sha256sum -c` takes it.
const SUMS: &str = "SHA256SUMS";

/// Arguments of `release`.
#[derive(clap::Args)]
pub struct Args {
    /// NAME=FILE: a file and its name in the directory (repeatable)
    #[arg(long = "file", value_parser = named)]
    files: Vec<(String, PathBuf)>,
    /// The directory to make
    #[arg(long)]
    out: PathBuf,
}

fn named(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !name.contains('/') && name != SUMS => Ok((name.into(), file.into())),
        _ => Err(format!("expected NAME=FILE, where NAME has no slash and is not {SUMS}")),
    }
}

/// Copies the files and writes `SHA256SUMS` beside them.
///
/// # Errors
/// Two files of one name, files that cannot be read, a directory that exists.
pub fn run(args: &Args) -> Result<()> {
    let mut files = BTreeMap::new();
    for (name, file) in &args.files {
        if let Some(other) = files.insert(name, file) {
            bail!(
                "{name}: {} and {} cannot both have this name",
                other.display(),
                file.display()
            );
        }
    }
    if args.out.exists() {
        bail!(
            "{} exists already; remove it, or choose another directory",
            args.out.display()
        );
    }
    let parent = args.out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let staging = tempfile::tempdir_in(parent).with_context(|| format!("cannot write in {}", parent.display()))?;
    let made = staging.path().join("files");
    std::fs::create_dir(&made).with_context(|| format!("cannot write in {}", staging.path().display()))?;
    let mut sums = String::new();
    for (name, file) in files {
        // With its mode: programs stay programs.
        std::fs::copy(file, made.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
        let mut reader =
            HashingReader::new(File::open(file).with_context(|| format!("cannot open {}", file.display()))?);
        std::io::copy(&mut reader, &mut std::io::sink()).with_context(|| format!("cannot read {}", file.display()))?;
        writeln!(sums, "{}  {name}", reader.finish().0)?;
    }
    output::text(&made.join(SUMS), &sums)?;
    std::fs::rename(&made, &args.out).with_context(|| format!("cannot write {}", args.out.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_their_digests() {
        let world = tempfile::tempdir().unwrap();
        let path = |name: &str| world.path().join(name);
        std::fs::write(path("a"), "abc").unwrap();
        let args = |files: &[(&str, &str)]| Args {
            files: files
                .iter()
                .map(|(name, file)| (name.to_string(), path(file)))
                .collect(),
            out: path("out"),
        };
        assert!(
            run(&args(&[("x", "a"), ("x", "a")]))
                .unwrap_err()
                .to_string()
                .contains("cannot both have this name")
        );
        assert!(run(&args(&[("x", "missing")])).is_err() && !path("out").exists());
        run(&args(&[("y", "a"), ("x", "a")])).unwrap();
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sums = std::fs::read_to_string(path("out/SHA256SUMS")).unwrap();
        assert_eq!(sums, format!("{digest}  x\n{digest}  y\n"));
        assert!(run(&args(&[])).unwrap_err().to_string().contains("exists already"));
        assert!(
            named("SHA256SUMS=f").is_err() && named("a/b=f").is_err() && named("=f").is_err() && named("a=").is_ok()
        );
    }
}
