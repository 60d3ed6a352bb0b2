//! `unpack`: the content of an archive as a directory. What kind of archive it is, its first bytes say.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use archive::{Codec, Limits, Symlinks};

use crate::{deb, unpack_zip};

/// Arguments of `unpack`.
#[derive(clap::Args)]
pub struct Args {
    /// The archive: tar (plain, gzip, xz, bzip2 or zstd), zip (also a wheel), or a Debian package
    #[arg(long)]
    archive: PathBuf,
    /// Leading folders to take off every path; there must be exactly one on each level
    #[arg(long, default_value_t = 0)]
    strip: usize,
    /// The folder that is wanted, of what is left then
    #[arg(long)]
    folder: Option<PathBuf>,
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
    let parent = args
        .out
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let staging = tempfile::tempdir_in(parent).with_context(|| format!("cannot write in {}", parent.display()))?;
    let mut root = unpacked(&args.archive, args.strip, staging.path())?;
    if let Some(folder) = &args.folder {
        root = folder_of(&root, folder).with_context(|| format!("cannot unpack {}", args.archive.display()))?;
    }
    if args.out.exists() {
        bail!(
            "{} exists already; remove it, or unpack to another place",
            args.out.display()
        );
    }
    std::fs::rename(&root, &args.out).with_context(|| format!("cannot write {}", args.out.display()))
}

/// Unpacks into the directory `staging` and returns the place of what is left without `strip` leading folders.
///
/// # Errors
/// An archive that cannot be read or is unsafe, a top level that cannot be taken off.
pub fn unpacked(archive: &Path, strip: usize, staging: &Path) -> Result<PathBuf> {
    let name = archive.display();
    let mut root = staging.join("tree");
    std::fs::create_dir(&root).with_context(|| format!("cannot write in {}", staging.display()))?;
    unpack(archive, &root).with_context(|| format!("cannot unpack {name}"))?;
    for level in 0..strip {
        root =
            only_folder(&root).with_context(|| format!("cannot strip {strip} folders off {name}, at level {level}"))?;
    }
    Ok(root)
}

/// Whether the first bytes are those of an archive that `unpack` knows.
///
/// # Errors
/// The file cannot be read.
pub fn is_archive(file: &Path) -> Result<bool> {
    let context = || format!("cannot read {}", file.display());
    let mut start = Vec::new();
    File::open(file)
        .with_context(context)?
        .take(512)
        .read_to_end(&mut start)
        .with_context(context)?;
    // A plain tar says so only here.
    let tar = start.get(257..262) == Some(b"ustar".as_slice());
    let known = [unpack_zip::MAGIC, deb::MAGIC];
    let mut magics = known.into_iter().chain(MAGICS.iter().map(|(magic, _)| *magic));
    Ok(tar || magics.any(|magic| start.starts_with(magic)))
}

fn unpack(archive: &Path, tree: &Path) -> Result<()> {
    let mut file = BufReader::new(File::open(archive).context("cannot open it")?);
    let start = file.fill_buf().context("cannot read it")?;
    if start.starts_with(unpack_zip::MAGIC) {
        return unpack_zip::unpack(file, tree, LIMITS);
    }
    if start.starts_with(deb::MAGIC) {
        return unpack_tar(BufReader::new(deb::data(file)?), tree);
    }
    unpack_tar(file, tree)
}

fn unpack_tar(mut input: impl BufRead, tree: &Path) -> Result<()> {
    let start = input.fill_buf().context("cannot read it")?;
    let codec = MAGICS
        .iter()
        .find(|(magic, _)| start.starts_with(magic))
        .map(|(_, codec)| *codec);
    let tar = archive::decode(input, codec.as_slice()).context("cannot read it")?;
    archive::unpack(tar, tree, &LIMITS)?;
    Ok(())
}

/// How compressed streams begin.
const MAGICS: [(&[u8], Codec); 4] = [
    (&[0x1f, 0x8b], Codec::Gzip),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], Codec::Xz),
    (b"BZh", Codec::Bzip2),
    (&[0x28, 0xb5, 0x2f, 0xfd], Codec::Zstd),
];

/// A folder of the tree, which no link may lead out of.
fn folder_of(root: &Path, folder: &Path) -> Result<PathBuf> {
    let plain = folder.components().all(|part| matches!(part, Component::Normal(_)));
    let place = root.join(folder);
    let is_folder = place
        .canonicalize()
        .is_ok_and(|real| real.is_dir() && !place.is_symlink());
    if plain && is_folder {
        return Ok(place);
    }
    bail!(
        "--folder: expected a folder in the archive, found none at {}",
        folder.display()
    )
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
