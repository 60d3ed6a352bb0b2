//! Downloads, pinned by digest, through the host's `curl`: it knows proxies, certificates and redirects.

use super::entry::{Entry, FileEntry};
use super::layout::Layout;
use super::store::Store;
use super::{environment, files, scan};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What to fetch and how to know it.
#[derive(Clone, Copy, Debug)]
pub struct Pinned<'a> {
    /// `http://…` or `https://…`.
    pub url: &'a str,
    /// Expected digest, 64 hex digits.
    pub sha256: &'a str,
    /// Expected size.
    pub size: Option<u64>,
    /// Mode of the file.
    pub executable: bool,
}

/// Fetches a file into the store.
///
/// # Errors
/// A bad address, no `curl`, a failed transfer, or other bytes than expected; nothing of it is kept.
pub fn download(pinned: &Pinned<'_>, layout: &Layout, store: &Store) -> Result<Entry> {
    let url = pinned.url;
    ensure!(
        url.starts_with("https://") || url.starts_with("http://"),
        "`{url}` is no http or https address; use a source file for what is on disk"
    );
    let path = std::env::var("PATH").unwrap_or_default();
    let Some(curl) = environment::find_program("curl", &path) else {
        bail!("downloads need the program `curl`, which is not on PATH; install it")
    };
    let dir = layout.sandboxes();
    files::make_dir(&dir)?;
    let file = dir.join(files::unique("download-"));
    let entry = fetch(&curl, &file, pinned).and_then(|entry| store.adopt(&file, &entry).map(|()| Entry::File(entry)));
    let _ = fs::remove_file(&file);
    entry
}

fn fetch(curl: &Path, file: &Path, pinned: &Pinned<'_>) -> Result<FileEntry> {
    let mut command = Command::new(curl);
    command.args([
        "--fail",
        "--location",
        "--silent",
        "--show-error",
        "--proto",
        "=http,https",
    ]);
    command
        .args(["--retry", "3", "--connect-timeout", "20", "--output"])
        .arg(file)
        .arg("--")
        .arg(pinned.url);
    let output = command.stdin(Stdio::null()).output().context("cannot start curl")?;
    if !output.status.success() {
        bail!(
            "{} cannot be fetched: {}",
            pinned.url,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let metadata = fs::metadata(file).context("curl wrote nothing")?;
    let found = scan::file(file, &metadata)?;
    if let Some(size) = pinned.size {
        ensure!(
            found.size == size,
            "{} has {} bytes, but `size_bytes` says {size}; correct the one that is wrong",
            pinned.url,
            found.size
        );
    }
    ensure!(
        found.digest.hex() == pinned.sha256.to_ascii_lowercase(),
        "{} has the SHA-256 {}, but `sha256` says {}; correct the one that is wrong",
        pinned.url,
        found.digest,
        pinned.sha256
    );
    Ok(FileEntry {
        executable: pinned.executable,
        ..found
    })
}
