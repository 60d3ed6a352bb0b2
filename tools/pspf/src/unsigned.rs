use std::path::PathBuf;
use std::sync::Mutex;

use pspf_format::OperationChain;
use tempfile::NamedTempFile;

use crate::content::{Content, SourceFile};
use crate::document::Document;
use crate::signed::Signed;
use crate::slot::Source;
use crate::{Error, Launcher, Profile, SigningKey, Slot, SlotRecord, rules, store};

/// A package whose slots are stored and checked: the second state.
pub struct Unsigned {
    document: Document,
    launcher: Launcher,
    slots: Vec<(SlotRecord, Content)>,
    warnings: Vec<Error>,
    jobs: usize,
}

impl Unsigned {
    pub(crate) fn store(
        document: Document,
        launcher: Launcher,
        slots: Vec<Slot>,
        lenient: bool,
        jobs: usize,
    ) -> Result<Self, Error> {
        let slots = store_all(slots, document.profile, jobs)?;
        let records: Vec<SlotRecord> = slots.iter().map(|(record, _)| record.clone()).collect();
        let warnings = rules::check(&document, &records, lenient)?;
        Ok(Self {
            document,
            launcher,
            slots,
            warnings,
            jobs,
        })
    }

    /// Portability rules that do not hold, after [`Editor::lenient`](crate::Editor::lenient).
    pub fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    /// Commits to a key: the third state.
    pub fn sign(self, key: &SigningKey) -> Result<Signed, Error> {
        Signed::new(self.document, self.launcher, self.slots, key.clone(), self.jobs)
    }
}

/// Stores slots on `jobs` threads; of several errors the one of the first slot is returned.
fn store_all(slots: Vec<Slot>, profile: Profile, jobs: usize) -> Result<Vec<(SlotRecord, Content)>, Error> {
    let jobs = jobs.min(slots.len()).max(1);
    let count = slots.len();
    let work = Mutex::new(slots.into_iter().enumerate());
    let worker = || {
        let mut done = Vec::new();
        loop {
            // Taken in a statement of its own, so that the lock is not held while packing.
            let next = work.lock().ok().and_then(|mut work| work.next());
            let Some((position, slot)) = next else { return done };
            done.push((position, store_one(slot, profile)));
        }
    };
    let mut results = Vec::with_capacity(count);
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..jobs).map(|_| scope.spawn(worker)).collect();
        results.extend(worker());
        for other in others {
            match other.join() {
                Ok(done) => results.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    results.sort_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

fn store_one(slot: Slot, profile: Profile) -> Result<(SlotRecord, Content), Error> {
    let id = slot.id.clone();
    store_content(slot, profile).map_err(Error::slot(&id))
}

/// Bytes that are already in a file stay there; what has to be made is spooled to a temporary file,
/// so that memory does not grow with the package.
fn store_content(slot: Slot, profile: Profile) -> Result<(SlotRecord, Content), Error> {
    let plain = slot.operations == OperationChain::NONE;
    match &slot.source {
        Source::Stored(path, record) => {
            profile.check_chain(record.chain()?)?;
            let file = SourceFile::new(path.clone())?;
            if file.size() != record.size {
                return Err(Error::PayloadSize {
                    found: file.size(),
                    path: file.path,
                    expected: record.size,
                });
            }
            return Ok(((**record).clone(), Content::Recorded(file)));
        }
        Source::Path(path) if plain => return plain_file(path.clone(), slot, profile),
        Source::Packed(path) => return plain_file(path.clone(), slot, profile),
        Source::Bytes(_) => {
            let mut bytes = Vec::new();
            let record = store::write_slot(slot, profile, &mut bytes)?;
            return Ok((record, Content::Bytes(bytes)));
        }
        Source::Path(_) | Source::Reader(_) => {}
    }
    let mut spool = NamedTempFile::new().map_err(Error::file("create a file in", &std::env::temp_dir()))?;
    let record = store::write_slot(slot, profile, &mut spool)?;
    Ok((record, Content::Spooled(spool.into_temp_path())))
}

/// A file that is stored as it is: hashed when it is copied into the package.
fn plain_file(path: PathBuf, slot: Slot, profile: Profile) -> Result<(SlotRecord, Content), Error> {
    let record = store::describe(slot, profile)?;
    let file = SourceFile::new(path)?;
    let record = SlotRecord {
        size: file.size(),
        original_size: file.size(),
        ..record
    };
    Ok((record, Content::File(file)))
}
