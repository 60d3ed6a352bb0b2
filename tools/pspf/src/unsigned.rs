use std::path::PathBuf;

use pspf_format::OperationChain;
use tempfile::NamedTempFile;

use crate::content::{Content, SourceFile};
use crate::document::Document;
use crate::signed::Signed;
use crate::slot::Source;
use crate::{Error, Launcher, Profile, SigningKey, Slot, SlotCache, SlotRecord, parallel, rules, store};

/// How slots are stored.
pub(crate) struct Options {
    /// Portability rules only warn.
    pub lenient: bool,
    /// Number of threads.
    pub jobs: usize,
    /// Where to look for slots that were packed before.
    pub cache: Option<SlotCache>,
}

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
        options: Options,
    ) -> Result<Self, Error> {
        let store = |slot: Slot| {
            let id = slot.id.clone();
            store_content(slot, document.profile, options.cache.as_ref()).map_err(Error::slot(&id))
        };
        // Of several errors the one of the first slot is returned.
        let slots = parallel::map(slots, options.jobs, store)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        let records: Vec<SlotRecord> = slots.iter().map(|(record, _)| record.clone()).collect();
        let warnings = rules::check(&document, &records, options.lenient)?;
        Ok(Self {
            document,
            launcher,
            slots,
            warnings,
            jobs: options.jobs,
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

/// Bytes that are already in a file stay there; what has to be made is spooled to a temporary file,
/// so that memory does not grow with the package.
fn store_content(slot: Slot, profile: Profile, cache: Option<&SlotCache>) -> Result<(SlotRecord, Content), Error> {
    if let (Some(cache), Source::Bytes(_) | Source::Path(_)) = (cache, &slot.source)
        && store::is_compressed(slot.operations)
    {
        return store::write_cached(slot, profile, cache);
    }
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
