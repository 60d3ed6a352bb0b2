use std::path::Path;

use binpkg::index::{Index, IndexError, Root, unpack};

use super::form::{Form, Front};
use super::judge::{Believed, judge};
use super::kept::{Kept, KeptFront};
use super::read::{read, read_changed};
use super::trust::TrustError;
use super::{CatalogError, Options, Seen, Source};
use crate::attempt::AttemptError;
use crate::stamp::Stamp;

/// Whether an answer may be an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// If it is young enough.
    MayBeKept,
    /// No: the mirror is asked, if only whether it still holds.
    Now,
}

/// What came of a question.
pub(super) struct Answer {
    pub(super) front: Front,
    /// Whether the mirror was not asked, because it was a short while ago.
    pub(super) is_kept: bool,
    pub(super) warnings: Vec<String>,
}

/// Asking one mirror what it has.
pub(super) struct Question<'a> {
    source: &'a Source,
    kept: Kept,
    seen: Seen,
    options: &'a Options,
}

/// No signature file comes near to this.
const LARGEST_SIGNATURES: u64 = 1 << 20;

/// How often a root and signatures that do not belong together are read: a publisher may be replacing both just now.
const ROUNDS: u32 = 3;

impl<'a> Question<'a> {
    pub(super) fn new(source: &'a Source, cache: Option<&Path>, options: &'a Options) -> Self {
        let address = source.mirror.address();
        Self {
            source,
            kept: Kept::new(cache, address),
            seen: Seen::new(cache, address),
            options,
        }
    }

    /// What the mirror has, believed.
    pub(super) fn ask(&self, asked: Asked) -> Result<Answer, CatalogError> {
        let mut kept = self.kept.read();
        if let Some(front) = &kept
            && (self.options.offline || asked == Asked::MayBeKept && self.is_young(front))
        {
            match self.believe(front) {
                // Whatever is wrong with it, the mirror may have a better one by now.
                Err(_) if !self.options.offline => kept = None,
                outcome => {
                    return outcome.map(|answer| Answer {
                        is_kept: true,
                        ..answer
                    });
                }
            }
        }
        if self.options.offline {
            let file = Root::PATH.to_owned();
            return Err(CatalogError::Offline { file });
        }
        let mut round = 1;
        loop {
            let (front, is_new) = match self.newest(kept.take())? {
                Newest::Same(front) => (front, false),
                Newest::Other(front) => (front, true),
            };
            match self.believe(&front) {
                Ok(answer) => {
                    self.kept.write(&front, is_new);
                    return Ok(answer);
                }
                // The signatures that came with it then may not be those that count now; nothing is kept in the next round.
                Err(CatalogError::Untrusted(_)) if !is_new => {}
                Err(CatalogError::Untrusted(TrustError::OtherBytes { .. })) if round < ROUNDS => {
                    std::thread::sleep(self.options.pause * round);
                    round += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn is_young(&self, front: &KeptFront) -> bool {
        // What a mirror cannot be asked about, such as a folder, is read each time: it costs nothing.
        !front.stamp.is_empty() && front.age.is_some_and(|age| age <= self.options.max_age)
    }

    fn believe(&self, front: &KeptFront) -> Result<Answer, CatalogError> {
        let Believed {
            front,
            signers,
            warning,
        } = judge(
            self.source,
            &self.seen,
            self.options.purpose,
            front.form,
            &front.body,
            front.signatures.as_deref(),
        )?;
        let forgotten = self.seen.remember(front.serial(), &signers)?;
        let warnings = warning.into_iter().chain(forgotten).collect();
        Ok(Answer {
            front,
            is_kept: false,
            warnings,
        })
    }

    /// What the mirror has now, in the form of the last time if it still has that.
    fn newest(&self, kept: Option<KeptFront>) -> Result<Newest, CatalogError> {
        let mut forms = Form::ALL.to_vec();
        if let Some(kept) = &kept {
            forms.sort_by_key(|form| *form != kept.form);
        }
        let nothing = Stamp::default();
        for form in forms {
            let known = kept
                .as_ref()
                .filter(|kept| kept.form == form)
                .map_or(&nothing, |kept| &kept.stamp);
            let found = read_changed(
                &self.source.mirror,
                form.path(),
                known,
                form.largest(),
                self.options.pause,
            );
            let (bytes, stamp) = match found {
                Ok(Some(found)) => found,
                Ok(None) => match kept {
                    Some(front) => return Ok(Newest::Same(front)),
                    None => continue,
                },
                Err(source) if source.is_not_there() && form != Form::Whole => continue,
                Err(source) => {
                    let file = form.path().to_owned();
                    return Err(CatalogError::Open { file, source });
                }
            };
            let body = match form {
                Form::Packed => unpack(&bytes, form.largest()).map_err(|source| {
                    let file = form.path();
                    CatalogError::Packed { file, source }
                })?,
                Form::Plain | Form::Whole => bytes,
            };
            if form == Form::Whole && kept.is_some() && is_pointer(&body) {
                // It has grown since the last time.
                return self.newest(None);
            }
            return Ok(Newest::Other(KeptFront {
                form,
                stamp,
                signatures: self.signatures(form)?,
                body,
                age: None,
            }));
        }
        let source = AttemptError::Open(crate::OpenError::NotThere);
        let file = Form::Whole.path().to_owned();
        Err(CatalogError::Open { file, source })
    }

    fn signatures(&self, form: Form) -> Result<Option<String>, CatalogError> {
        if self.source.trusted.is_empty() {
            return Ok(None);
        }
        let file = format!("{}.sig", form.signed_name());
        match read(&self.source.mirror, &file, LARGEST_SIGNATURES, self.options.pause) {
            // What is no text is no signature, and says so when it is parsed.
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(source) if source.is_not_there() => Ok(None),
            Err(source) => Err(CatalogError::Open { file, source }),
        }
    }
}

enum Newest {
    Same(KeptFront),
    Other(KeptFront),
}

fn is_pointer(body: &[u8]) -> bool {
    matches!(Index::parse(body), Err(IndexError::Elsewhere { .. }))
}
