//! Unpacking the slots of a package into the staged workenv.
//!
//! Each payload is read once: it is hashed, undone and written on the way. Nothing of it may be used before its digest
//! was compared, which the caller guarantees by publishing the staged entry only after this module said yes.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pspf_cache::{FileList, IoContext};
use pspf_verify::{Package, ReadAt, Slot};

use crate::failure::{Code, Failure};
use crate::say::{Progress, Say};
use crate::sizes;
use crate::slot::{Stop, settle, unpack_slot};
use crate::tree::{Existing, Rest, Tree};

/// Below so many packed bytes a second thread costs more than it saves.
const WORTH_A_THREAD: u64 = 1 << 20;

/// Unpacks every slot below `root`; later slots win. Returns the bytes written.
///
/// Slots are unpacked at the same time where that pays. Should two of them name one file, all is begun again, one
/// after the other, so that the order of the slots decides and not chance: `again` has to empty the root.
///
/// # Errors
/// The first failure in the order of slots.
pub fn unpack<R: ReadAt + Sync + ?Sized>(
    package: &Package<'_, R>,
    root: &Path,
    list: impl Fn() -> Result<FileList, Failure>,
    progress: &Progress,
    again: impl FnOnce() -> Result<(), Failure>,
) -> Result<Unpacked, Failure> {
    let workers = workers(package.slots());
    if workers > 1 {
        let list = list()?;
        match attempt(package, root, &list, progress, Existing::Report, workers) {
            Err(Stop::Overlap) => again()?,
            Err(Stop::Failed(failure)) => return Err(failure),
            Ok(bytes) => {
                return Ok(Unpacked {
                    bytes,
                    files: list.finish()?,
                });
            }
        }
    }
    let list = list()?;
    match attempt(package, root, &list, progress, Existing::Replace, 1) {
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Overlap) => Err(Failure::new(
            Code::Extraction,
            "a link stands where another entry should",
        )),
        Ok(bytes) => Ok(Unpacked {
            bytes,
            files: list.finish()?,
        }),
    }
}

/// What was unpacked.
#[derive(Debug, Clone, Copy)]
pub struct Unpacked {
    /// Bytes of all files.
    pub bytes: u64,
    /// Files and links.
    pub files: u64,
}

fn workers(slots: &[Slot]) -> usize {
    let large = slots.iter().filter(|slot| slot.size >= WORTH_A_THREAD).count();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.min(large).min(8)
}

/// Unpacks all slots with so many workers.
fn attempt<R: ReadAt + Sync + ?Sized>(
    package: &Package<'_, R>,
    root: &Path,
    list: &FileList,
    progress: &Progress,
    existing: Existing,
    workers: usize,
) -> Result<u64, Stop> {
    let count = package.slots().len();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<Option<Result<Rest, Stop>>>> = Mutex::new((0..count).map(|_| None).collect());
    let work = || {
        let mut tree = Tree::new(root, existing, Some(list), progress);
        while !stop.load(Ordering::Relaxed) {
            let position = next.fetch_add(1, Ordering::Relaxed);
            if position >= count {
                break;
            }
            let result = unpack_slot(package, position, &mut tree).map(|()| tree.take_rest());
            stop.fetch_or(result.is_err(), Ordering::Relaxed);
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[position] = Some(result);
        }
    };
    if workers > 1 {
        std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    } else {
        work();
    }
    let mut tree = Tree::new(root, existing, Some(list), progress);
    let mut bytes = 0;
    for (slot, result) in package.slots().iter().zip(results.into_inner().unwrap_or_default()) {
        // Without a result another slot failed, and that failure comes.
        let Some(result) = result else { continue };
        let rest = result?;
        bytes += rest.bytes;
        settle(&mut tree, &rest, slot)?;
    }
    Ok(bytes)
}

/// Unpacks one slot below `directory`, which is made if it is missing.
///
/// # Errors
/// As [`unpack`]; what was written before stays.
pub fn unpack_one<R: ReadAt + Sync + ?Sized>(
    package: &Package<'_, R>,
    position: usize,
    directory: &Path,
    say: &Say,
) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).context("create directory", directory)?;
    let progress = say.progress(
        "unpacking".to_owned(),
        package.slots().get(position).map_or(0, sizes::declared),
    );
    let mut tree = Tree::new(directory, Existing::Replace, None, &progress);
    let done = unpack_slot(package, position, &mut tree).map(|()| tree.take_rest());
    let settled = done.and_then(|rest| match package.slots().get(position) {
        Some(slot) => settle(&mut tree, &rest, slot),
        None => Ok(()),
    });
    match settled {
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Overlap) => Err(Failure::new(
            Code::Extraction,
            "a link stands where another entry should",
        )),
        Ok(()) => Ok(()),
    }
}
