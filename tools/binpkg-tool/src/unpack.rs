//! `unpack`: the content of a tar archive as a directory.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use archive::{Codec, Limits, Symlinks};

/// Arguments of `unpack`.
#[derive(clap::Args)]
pub struct Args {
    /// The archive, plain or gzip
    #[arg(long)]
    archive: PathBuf,
    /// Leading folders to take off every path; there must be exactly one on each level
    #[arg(long, default_value_t = 0)]
    strip: usize,
    /// The directory to make
    #[arg(long)]
    out: PathBuf,
}

/// A source archive larger than this is more likely an attack than a program.
const LIMITS: Limits = Limits {
    bytes: 16 << 30,
    entries: 1_000_000,
    symlinks: Symlinks::InsideTree,
};

/// Unpacks beside the directory and renames, so that the name never stands for half of it.
///
/// # Errors
/// An archive that cannot be read or is unsafe, a top level that `--strip` cannot take off, an `--out` that exists.
pub fn run(args: &Args) -> Result<()> {
    let name = args.archive.display();
    let parent = args
        .out
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let staging = tempfile::tempdir_in(parent).with_context(|| format!("cannot write in {}", parent.display()))?;
    let tree = staging.path().join("tree");
    std::fs::create_dir(&tree).with_context(|| format!("cannot write in {}", staging.path().display()))?;

    let mut file = BufReader::new(File::open(&args.archive).with_context(|| format!("cannot open {name}"))?);
    let gzip = file
        .fill_buf()
        .with_context(|| format!("cannot read {name}"))?
        .starts_with(&[0x1f, 0x8b]);
    let codecs: &[Codec] = if gzip { &[Codec::Gzip] } else { &[] };
    let tar = archive::decode(file, codecs).with_context(|| format!("cannot read {name}"))?;
    archive::unpack(tar, &tree, &LIMITS).with_context(|| format!("cannot unpack {name}"))?;

    let mut root = tree;
    for level in 0..args.strip {
        root = only_folder(&root)
            .with_context(|| format!("cannot strip {} folders off {name}, at level {level}", args.strip))?;
    }
    if args.out.exists() {
        bail!(
            "{} exists already; remove it, or unpack to another place",
            args.out.display()
        );
    }
    std::fs::rename(&root, &args.out).with_context(|| format!("cannot write {}", args.out.display()))
}

fn only_folder(dir: &Path) -> Result<PathBuf> {
    let mut entries = std::fs::read_dir(dir)?.collect::<std::io::Result<Vec<_>>>()?;
    match (entries.pop(), entries.len()) {
        (Some(entry), 0) if entry.file_type()?.is_dir() => Ok(entry.path()),
        (Some(entry), 0) => bail!("expected one folder, found the file {}", entry.file_name().display()),
        (None, _) => bail!("expected one folder, found nothing"),
        (Some(_), others) => bail!("expected one folder, found {} entries", others + 1),
    }
}
