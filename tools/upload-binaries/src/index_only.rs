//! `--generate-index-only`: an index of what lies in a folder, or again of what lies on a mirror.

use std::path::PathBuf;

use anyhow::{Context, Result};
use binpkg::index::{Index, Record, Root};
use mirror::WholeFile;
use mirror::local_package::LocalPackage;
use mirror::publish::{Found, INDEX, List, State, Store, UploadError, read_packages};
use mirror::whole_file::Taken;

use crate::args::UploadArgs;
use crate::target::{nothing, with_exit};

/// Writes the index.
///
/// # Errors
/// Packages that do not verify, an index that cannot be written.
pub fn run(args: &UploadArgs) -> Result<()> {
    match &args.mirror {
        Some(_) => of_mirror(args, &*args.store()?),
        None => of_folder(args),
    }
}

fn of_folder(args: &UploadArgs) -> Result<()> {
    let index = index(&with_exit(read_packages(args.source()))?)?;
    let path: PathBuf = args.staging_dir.as_ref().map_or(args.source(), |path| path).join(INDEX);
    let context = || format!("cannot write {}", path.display());
    if !args.dry_run {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(context)?;
        }
        WholeFile::text(&path, &index.to_json()?, Taken::Replace).with_context(context)?;
    }
    println(&format!("{} ({} packages)", path.display(), index.packages().len()))
}

fn of_mirror(args: &UploadArgs, store: &dyn Store) -> Result<()> {
    let context = || format!("cannot write the index of {}", store.address());
    let signing = args.signing.read()?;
    if with_exit(store.list()).with_context(context)?.is_empty() {
        return nothing(store);
    }
    let lock = match args.dry_run {
        true => None,
        false => Some(with_exit(store.lock(&args.lock.rules())).with_context(context)?),
    };
    let state = with_exit(State::read(store)).with_context(context)?;
    let listed = with_exit(store.list()).with_context(context)?;
    let found = with_exit(Found::look(store, &state, &listed, false)).with_context(context)?;
    if !found.bad.is_empty() {
        let bad = found.bad.into_iter().map(|(file, why)| format!("{file}: {why}"));
        return with_exit(Err(UploadError::Bad(List(bad.collect()))));
    }
    let total = found.packages.len() as u64;
    if let Some(lock) = &lock {
        let written = found.write(store, &**lock, &state, signing.as_ref(), false, &mut |text| {
            args.warn(text)
        });
        with_exit(written).with_context(context)?;
    }
    println(&format!("{}/{INDEX} ({total} packages)", store.address()))
}

fn index(packages: &[LocalPackage]) -> Result<Index> {
    let mut records = Vec::new();
    for package in packages {
        let checked = &package.checked;
        let path = format!("{}/{}", checked.sidecar.package.letter(), checked.sidecar.file);
        let (metadata, sidecar) = (&checked.package.metadata, &checked.sidecar);
        records.push(Record::new(metadata, sidecar, checked.size, path, 1));
    }
    let root = Root {
        serial: 1,
        ..Root::default()
    };
    Ok(Index::of(&root, records))
}

fn println(line: &str) -> Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}
