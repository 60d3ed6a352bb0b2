use std::fmt;
use std::path::{Path, PathBuf};

use binpkg::index::Index;

use super::{DirectoryStore, LockError, LockRules, Plan, PublishError, Refusal, Store, publish, read_index};
use crate::local_package::{LocalError, LocalPackage, find};

/// Publishing on a mirror that is a directory, from the lock to the new index.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    /// The mirror.
    pub base: &'a Path,
    /// Whose lock does not count.
    pub rules: LockRules,
    /// Whether packages of the machine's own compiler may be published.
    pub allow_host_built: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// What was published, or would be.
#[derive(Debug)]
pub struct Outcome {
    /// What was new, there, refused; in a dry run, something may be refused.
    pub plan: Plan,
    /// Records in the index before.
    pub before: usize,
    /// Records in the index afterwards.
    pub after: usize,
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
    #[error("cannot publish to {}", base.display())]
    Publish {
        /// The mirror.
        base: PathBuf,
        /// Why not.
        source: PublishError,
    },
}

impl UploadError {
    /// Whether somebody else writes the mirror.
    pub fn is_locked(&self) -> bool {
        let Self::Publish { source, .. } = self else {
            return false;
        };
        matches!(source, PublishError::Lock(LockError::Taken { .. }))
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

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

impl Upload<'_> {
    /// Publishes what is new of these packages, or nothing.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub fn run(&self, packages: Vec<LocalPackage>, warn: &mut dyn FnMut(&str)) -> Result<Outcome, UploadError> {
        if self.dry_run {
            let index = read_index(&DirectoryStore::at(self.base)).map_err(|error| self.publish_error(error))?;
            let plan = self.plan(packages, &index, warn);
            let before = index.packages().len();
            let after = before + plan.new.len();
            return Ok(Outcome { plan, before, after });
        }
        let store = DirectoryStore::create(self.base).map_err(|source| {
            self.publish_error(PublishError::File {
                verb: "make",
                path: "the folder".into(),
                source,
            })
        })?;
        let lock = store
            .lock(&self.rules)
            .map_err(|error| self.publish_error(error.into()))?;
        if let Some(warning) = &lock.warning {
            warn(warning);
        }
        let index = read_index(&store).map_err(|error| self.publish_error(error))?;
        let before = index.packages().len();
        let plan = self.plan(packages, &index, warn);
        if !plan.refused.is_empty() {
            return Err(refused(&plan));
        }
        let after = publish(&store, index, &plan).map_err(|error| self.publish_error(error))?;
        let after = after.packages().len();
        Ok(Outcome { plan, before, after })
    }

    fn publish_error(&self, source: PublishError) -> UploadError {
        let base = self.base.to_owned();
        UploadError::Publish { base, source }
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
