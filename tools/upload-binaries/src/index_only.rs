//! `--generate-index-only`: an index of what lies in a folder, or again of what lies on a mirror.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use binpkg::index::{Index, Record};
use mirror::WholeFile;
use mirror::local_package::LocalPackage;
use mirror::publish::{DirectoryStore, INDEX, Store, read_index, read_packages};
use mirror::whole_file::Taken;

use crate::Args;
use crate::upload::{directory, with_exit};

/// Writes the index.
///
/// # Errors
/// Packages that do not verify, an index that cannot be written.
pub fn run(args: &Args) -> Result<()> {
    match &args.mirror {
        Some(mirror) => of_mirror(args, &directory(mirror)?),
        None => of_folder(args),
    }
}

fn of_folder(args: &Args) -> Result<()> {
    let index = index(&with_exit(read_packages(&args.source))?, &Index::default())?;
    let path: PathBuf = args.staging_dir.as_ref().unwrap_or(&args.source).join(INDEX);
    let context = || format!("cannot write {}", path.display());
    if !args.dry_run {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(context)?;
        }
        WholeFile::text(&path, &index.to_json()?, Taken::Replace).with_context(context)?;
    }
    println(&format!("{} ({} packages)", path.display(), index.packages().len()))
}

/// The files say what there is; the old index only says since when.
fn of_mirror(args: &Args, base: &Path) -> Result<()> {
    let context = || format!("cannot write the index of {}", base.display());
    let store = DirectoryStore::at(base);
    let lock = if args.dry_run {
        None
    } else {
        Some(store.lock(&args.lock_rules()).with_context(context)?)
    };
    let old = read_index(&store).with_context(context)?;
    let new = index(&with_exit(read_packages(store.root()))?, &old)?;
    if lock.is_some() && new != old {
        store.replace(INDEX, new.to_json()?.as_bytes()).with_context(context)?;
    }
    println(&format!(
        "{} ({} packages)",
        store.root().join(INDEX).display(),
        new.packages().len()
    ))
}

fn index(packages: &[LocalPackage], old: &Index) -> Result<Index> {
    let mut index = Index::default();
    index.serial = old.serial;
    let known = |file: &str| old.packages().iter().find(|record| record.filename == file);
    for package in packages {
        let checked = &package.checked;
        let file = &checked.sidecar.file;
        let published = known(file).map_or(old.serial + 1, |record| record.published);
        let path = format!("{}/{file}", checked.sidecar.package.letter());
        index.insert(Record::new(
            &checked.package.metadata,
            &checked.sidecar,
            checked.size,
            path,
            published,
        ))?;
    }
    if index != *old {
        index.serial += 1;
    }
    Ok(index)
}

fn println(line: &str) -> Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}
