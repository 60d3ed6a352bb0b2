//! `--download-only`: packages with their sidecars, under their names.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use binpkg::sidecar::Sidecar;
use cli::{Exit, WithExit};
use mirror::WholeFile;
use mirror::catalog::Found;
use mirror::whole_file::Taken;
use serde_json::json;

use crate::choose::Root;
use crate::out;
use crate::progress::Mode;
use crate::resolve::resolve;
use crate::supply::Supply;

/// Fetches packages, and what they need whether it is installed or not; prints where they are.
pub(super) fn run(roots: Vec<Root>, no_deps: bool, dry_run: bool, supply: &mut Supply<'_>) -> Result<()> {
    let mut builds: Vec<_> = roots.into_iter().map(|root| root.build).collect();
    if !no_deps {
        let resolution = resolve(&builds, &[], supply).or_else(|error| match error {
            crate::resolve::ResolveError::Published(error) => Err(error),
            other => Err(anyhow!("{other}")).exit(Exit::NotFound),
        })?;
        builds.extend(resolution.added.into_iter().map(|added| added.build));
    }
    let found = supply.found(&builds);
    if dry_run {
        let line = |found: &Found| {
            format!(
                "{}, {} to fetch\n",
                found.record.filename,
                out::bytes(found.record.size)
            )
        };
        return out::print(&found.iter().map(line).collect::<String>());
    }
    let folder = supply
        .cache
        .as_deref()
        .context("no folder for what is fetched")?
        .join("packages");
    let paths = supply.download(&found.iter().collect::<Vec<_>>())?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (found, path) in found.iter().zip(paths) {
        let place = folder.join(&found.record.filename);
        let context = || format!("cannot write {}", place.display());
        let sidecar = sidecar(found, supply)?;
        put(&path, &place).with_context(context)?;
        let beside = folder.join(format!("{}.sha256", found.record.filename));
        WholeFile::text(&beside, &sidecar, Taken::Replace).with_context(context)?;
        match supply.reporter.mode() {
            Mode::Json => out::print_json(&json!({"event": "downloaded", "file": place.display().to_string()}))?,
            _ => out::print(&format!("{}\n", place.display()))?,
        }
    }
    Ok(())
}

/// The same file under its name: one more name for what is in the cache, or a copy where that cannot be.
fn put(from: &Path, place: &Path) -> std::io::Result<()> {
    let part = place.with_extension("part");
    let _ = fs::remove_file(&part);
    if fs::hard_link(from, &part).is_err() {
        fs::copy(from, &part)?;
    }
    fs::rename(part, place)
}

/// The sidecar that the mirror has beside the tarball, if it is about these bytes.
fn sidecar(found: &Found, supply: &Supply<'_>) -> Result<String> {
    use std::io::Read as _;
    let record = &found.record;
    let path = format!("{}.sha256", record.place());
    let mirror = &supply.mirrors.transports[found.source];
    let context = || format!("cannot read {path} of {}", mirror.address());
    let mut bytes = Vec::new();
    let content = mirror
        .open(&path)
        .map_err(|error| anyhow!("{error}"))
        .with_context(context)
        .exit(Exit::NoMirror)?;
    content
        .reader
        .take(1 << 20)
        .read_to_end(&mut bytes)
        .with_context(context)
        .exit(Exit::NoMirror)?;
    let sidecar = Sidecar::parse(&bytes, &record.filename)
        .with_context(|| format!("{path} does not verify"))
        .exit(Exit::Unverified)?;
    if Some(sidecar.sha256) != record.sha256 {
        return Err(anyhow!("{path} of {} is the sidecar of another file", mirror.address())).exit(Exit::Unverified);
    }
    String::from_utf8(bytes).context("a sidecar that parses is text")
}
