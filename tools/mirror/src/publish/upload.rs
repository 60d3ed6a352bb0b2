use std::fmt;
use std::path::{Path, PathBuf};

use binpkg::index::Index;

use super::next::Next;
use super::{LockError, LockRules, Plan, PublishError, Refusal, Signing, State, Store, StoreError, files};
use crate::causes::with_causes;
use crate::local_package::{LocalError, LocalPackage, find};

/// Publishing on a mirror, from the lock to the new index.
pub struct Upload<'a> {
    /// The mirror.
    pub store: &'a dyn Store,
    /// Whose lock does not count.
    pub rules: LockRules,
    /// Whether packages of the machine's own compiler may be published.
    pub allow_host_built: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// How the index is signed, if it is.
    pub signing: Option<Signing>,
    /// Whether new files are read back and hashed before the index has them.
    pub verify: bool,
}

/// What was published, or would be.
#[derive(Debug)]
pub struct Outcome {
    /// What was new, there, refused; in a dry run, something may be refused.
    pub plan: Plan,
    /// Records in the index before.
    pub before: u64,
    /// Records in the index afterwards.
    pub after: u64,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// Nothing to do.
    #[error(
        "no binary package in {}: expected files NAME-VERSION-HASH-bin.tar.gz or .zst with their .sha256; make them with \
         package-binary",
        source_folder.display()
    )]
    Nothing {
        /// The folder.
        source_folder: PathBuf,
    },
    /// The folder cannot be read.
    #[error(transparent)]
    Folder(LocalError),
    /// Packages that are not what they say.
    #[error("nothing was published, because of {0}")]
    Bad(List),
    /// Packages that clash with what is published, or that must not be.
    #[error("nothing was published, because of {0}")]
    Refused(List),
    /// The mirror.
    #[error("cannot publish to {address}")]
    Publish {
        /// The mirror.
        address: String,
        /// Why not.
        source: Box<PublishError>,
    },
}

impl UploadError {
    /// Whether somebody else writes the mirror.
    pub fn is_locked(&self) -> bool {
        let Self::Publish { source, .. } = self else {
            return false;
        };
        matches!(
            **source,
            PublishError::Lock(LockError::Taken { .. } | LockError::Lost { .. })
        )
    }

    /// Whether a name on the mirror stands for something else.
    pub fn is_conflict(&self) -> bool {
        let Self::Publish { source, .. } = self else {
            return matches!(self, Self::Refused(_));
        };
        matches!(**source, PublishError::Store(StoreError::OtherBytes { .. }))
    }
}

/// One thing as it is, several as a list.
#[derive(Debug)]
pub struct List(pub Vec<String>);

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [one] => f.write_str(one),
            all => write!(f, "{} packages:\n  {}", all.len(), all.join("\n  ")),
        }
    }
}

/// Every package below a folder, each read to its last byte.
///
/// # Errors
/// No package, or packages that do not verify: all of them are named.
pub fn read_packages(folder: &Path) -> Result<Vec<LocalPackage>, UploadError> {
    let found = find(folder).map_err(UploadError::Folder)?;
    if found.is_empty() {
        let source_folder = folder.to_owned();
        return Err(UploadError::Nothing { source_folder });
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for path in found {
        match LocalPackage::read(&path) {
            Ok(package) => good.push(package),
            Err(error) => bad.push(with_causes(&error)),
        }
    }
    if bad.is_empty() {
        Ok(good)
    } else {
        Err(UploadError::Bad(List(bad)))
    }
}

impl Upload<'_> {
    /// Publishes what is new of these packages, or nothing.
    ///
    /// # Errors
    /// See [`UploadError`]. What is on the mirror then is complete, but not in the index; publishing again goes on from there.
    pub fn run(&self, packages: Vec<LocalPackage>, warn: &mut dyn FnMut(&str)) -> Result<Outcome, UploadError> {
        if self.dry_run {
            let (state, plan) = self.compare(packages, warn)?;
            let before = state.total();
            let after = before + plan.new.len() as u64;
            return Ok(Outcome { plan, before, after });
        }
        let lock = self.store.lock(&self.rules).map_err(|error| self.failed(error))?;
        if let Some(warning) = lock.warning() {
            warn(warning);
        }
        let (mut state, plan) = self.compare(packages, warn)?;
        if !plan.refused.is_empty() {
            return Err(refused(&plan));
        }
        let (before, signing) = (state.total(), self.signing.as_ref());
        if state.is_behind || !plan.new.is_empty() {
            state.check_signing(signing, warn).map_err(|error| self.failed(error))?;
        }
        if state.is_behind {
            let caught_up = || {
                Next::same(self.store, &state)?.write(self.store, &*lock, &state, signing)?;
                State::read(self.store)
            };
            state = caught_up().map_err(|error| self.failed(error))?;
        }
        if plan.new.is_empty() {
            let after = before;
            return Ok(Outcome { plan, before, after });
        }
        let publish = || {
            files::put(self.store, &plan.new)?;
            if self.verify {
                files::read_back(self.store, &plan.new)?;
            }
            let new = plan.new.iter();
            let new = new
                .map(|package| files::described(package, state.next_serial()))
                .collect();
            let next = Next::with(self.store, &state, new, signing)?;
            next.write(self.store, &*lock, &state, signing)
        };
        let after = publish().map_err(|error| self.failed(error))?.total;
        Ok(Outcome { plan, before, after })
    }

    /// What is on the mirror, and what of the packages is not.
    fn compare(&self, packages: Vec<LocalPackage>, warn: &mut dyn FnMut(&str)) -> Result<(State, Plan), UploadError> {
        let state = State::read(self.store).map_err(|error| self.failed(error))?;
        let names = packages.iter().map(|package| &package.checked.sidecar.package);
        let index = state.of(self.store, names).map_err(|error| self.failed(error))?;
        Ok((state, self.plan(packages, &index, warn)))
    }

    fn failed(&self, source: impl Into<PublishError>) -> UploadError {
        UploadError::Publish {
            address: self.store.address(),
            source: Box::new(source.into()),
        }
    }

    fn plan(&self, packages: Vec<LocalPackage>, index: &Index, warn: &mut dyn FnMut(&str)) -> Plan {
        let mut plan = Plan::new(packages, index);
        for package in &plan.new {
            let file = &package.checked.sidecar.file;
            if package.recipe.is_none() {
                warn(&format!(
                    "{file} has no {file}.recipe.json beside it; nobody will be able to explain its config hash"
                ));
            }
            if package.is_host_built() && !self.allow_host_built {
                plan.refused.push(Refusal {
                    file: file.clone(),
                    why: "it was built with the machine's own compiler, which its recipe cannot pin; publish it with \
                          --allow-host-built if that is what you want"
                        .to_owned(),
                });
            }
        }
        plan
    }
}

/// What to say of a plan with refusals.
pub fn refused(plan: &Plan) -> UploadError {
    UploadError::Refused(List(plan.refused.iter().map(ToString::to_string).collect()))
}
