use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use binpkg::sign::SecretKey;
use cli::{Exit, WithExit};
use mirror::WholeFile;
use mirror::local_package::{LocalPackage, find};
use mirror::publish::sign_mirror;
use mirror::whole_file::Taken;

use super::print;
use crate::args::{LockArgs, warn};
use crate::signing::SigningArgs;
use crate::target::{FarArgs, published, with_exit};

/// Arguments of `sign`.
#[derive(clap::Args)]
pub struct Args {
    /// A mirror, or tarballs, or folders with packages
    #[arg(required = true)]
    targets: Vec<String>,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    far: FarArgs,
}

/// Adds the signatures that are missing.
///
/// # Errors
/// Exit code 4 for packages that do not verify, and as publishing.
pub fn run(args: &Args) -> Result<()> {
    let signing = args.signing.need()?;
    for target in &args.targets {
        let path = Path::new(target);
        if path.is_file() {
            sign(&tarball(path), &signing.keys)?;
        } else if path.is_dir() && !is_mirror(path) {
            sign_folder(path, &signing.keys)?;
        } else {
            let store = published(target, args.far.rules())?;
            let lock = with_exit(store.lock(&args.lock.rules()))?;
            lock.warning().into_iter().for_each(warn);
            let done = with_exit(sign_mirror(&*store, &*lock, &signing, &mut warn))?;
            print(&format!(
                "{target}: {} packages signed, {} were; serial {}\n",
                done.packages, done.unchanged, done.serial
            ))?;
        }
    }
    Ok(())
}

fn is_mirror(path: &Path) -> bool {
    ["", "binaries"]
        .iter()
        .flat_map(|below| ["index.json", "index/root.json"].map(|file| path.join(below).join(file)))
        .any(|file| file.is_file())
}

/// A sidecar stands for its tarball.
fn tarball(path: &Path) -> PathBuf {
    match path.extension() {
        Some(extension) if extension == "sha256" => path.with_extension(""),
        _ => path.to_owned(),
    }
}

fn sign_folder(folder: &Path, keys: &[SecretKey]) -> Result<()> {
    let found = find(folder)?;
    if found.is_empty() {
        return Err(anyhow!("no binary package and no index in {}", folder.display())).exit(Exit::NotFound);
    }
    found.iter().try_for_each(|path| sign(path, keys))
}

/// Signs what was read to its last byte: a signature says that somebody has looked.
fn sign(tarball: &Path, keys: &[SecretKey]) -> Result<()> {
    let mut sidecar = LocalPackage::read(tarball).exit(Exit::Unverified)?.checked.sidecar;
    let mut added = false;
    for key in keys {
        added |= sidecar.sign(key) == Some(true);
    }
    if added {
        let mut path = tarball.as_os_str().to_owned();
        path.push(".sha256");
        let path = PathBuf::from(path);
        WholeFile::text(&path, &sidecar.to_string(), Taken::Replace)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let what = if added { "signed" } else { "was signed" };
    print(&format!("{}: {what}\n", tarball.display()))
}
