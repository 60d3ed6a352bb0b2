//! A first start without cache, policies and program: what it does with the bytes of a package.

use std::path::Path;

use pspf_cache::{FILES, FileList, remove_tree};
use pspf_policy::{Floor, Places};
use pspf_verify::{Level, Package, ReadAt, Trailer};

use crate::failure::Failure;
use crate::options::Options;
use crate::plan::Plan;
use crate::say::Say;
use crate::{prepare, sizes, unpack};

/// Verifies the package in `input` and unpacks it into `directory`, which must be empty and this user's alone, through
/// the same functions as a first start. For tests and fuzzers, which have hostile bytes and no wish to run them.
///
/// # Errors
/// As a first start: exit code and message.
pub fn rehearse<R: ReadAt + Sync + ?Sized>(input: &R, directory: &Path) -> Result<(), (u8, String)> {
    verify_and_unpack(input, directory).map_err(|failure| (failure.code as u8, failure.to_string()))
}

fn verify_and_unpack<R: ReadAt + Sync + ?Sized>(input: &R, directory: &Path) -> Result<(), Failure> {
    let package = Package::open(input, Trailer::read(input)?, Level::Strict)?;
    Plan::new(&package)?;
    let total = sizes::check_room(package.slots(), directory, &Floor::default(), &Places::of_process())?;
    let root = directory.join("workenv");
    let workenv = package.metadata().workenv.clone().unwrap_or_default();
    prepare::private_directory(&root)?;
    prepare::directories(&root, &workenv.directories)?;
    let again = || {
        remove_tree(&root)?;
        prepare::private_directory(&root)
    };
    let list = || FileList::create(directory.join(FILES)).map_err(Failure::from);
    let progress = Say::new(&Options::read(|_| None)).progress("unpacking".to_owned(), total);
    unpack::unpack(&package, &root, list, &progress, again).map(drop)
}
