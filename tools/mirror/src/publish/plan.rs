use std::fmt;

use binpkg::index::{Index, Record};
use binpkg::metadata::Metadata;
use binpkg::names::Version;

use crate::local_package::LocalPackage;

/// What a publication will do. Nothing is published when anything is refused.
#[derive(Debug, Default)]
pub struct Plan {
    /// What is not on the mirror.
    pub new: Vec<LocalPackage>,
    /// What is there with the same content.
    pub present: Vec<LocalPackage>,
    /// What must not be published.
    pub refused: Vec<Refusal>,
}

/// A package that must not be published, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// File name.
    pub file: String,
    /// Why not.
    pub why: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.why)
    }
}

impl Plan {
    /// Compares packages with what a mirror has.
    pub fn new(packages: Vec<LocalPackage>, index: &Index) -> Self {
        let mut plan = Self::default();
        for package in packages {
            if let Some(other) = plan.other_spelling(&package, index) {
                let why =
                    format!("version {other} has the same form in file names; publish this one under another version");
                plan.refused.push(refusal(&package, why));
                continue;
            }
            let file = &package.checked.sidecar.file;
            let taken = index.packages().iter().find(|record| record.filename == *file);
            let taken_here = plan.new.iter().find(|other| other.checked.sidecar.file == *file);
            match (taken, taken_here) {
                (Some(record), _) => match clash(record, &package) {
                    Some(why) => plan.refused.push(refusal(&package, why)),
                    None => plan.present.push(package),
                },
                // The same package in two folders of the source.
                (None, Some(other)) => {
                    let sha256 = other.checked.sidecar.sha256;
                    if sha256 != package.checked.sidecar.sha256 {
                        let why = format!("{} is another package of this name; keep one", other.tarball.display());
                        plan.refused.push(refusal(&package, why));
                    }
                }
                (None, None) => plan.new.push(package),
            }
        }
        plan
    }

    /// Another version of the package, on the mirror or among the new ones, that file names cannot tell from its own.
    fn other_spelling(&self, package: &LocalPackage, index: &Index) -> Option<Version> {
        let Metadata { name, version, .. } = &package.checked.package.metadata;
        let there = index.packages().iter().map(|record| (&record.name, &record.version));
        let new = self.new.iter().map(|other| &other.checked.package.metadata);
        there
            .chain(new.map(|metadata| (&metadata.name, &metadata.version)))
            .find(|(other, other_version)| *other == name && version.clashes_with(other_version))
            .map(|(_, version)| version.clone())
    }
}

fn refusal(package: &LocalPackage, why: String) -> Refusal {
    Refusal {
        file: package.checked.sidecar.file.clone(),
        why,
    }
}

/// Why a package may not take the place of a record with its name; `None` when it is the same package.
fn clash(record: &Record, package: &LocalPackage) -> Option<String> {
    let metadata = &package.checked.package.metadata;
    let text = |hash: Option<digest::Sha256>| hash.map_or_else(|| "none".to_owned(), |hash| hash.hex());
    if record.config_hash_full != metadata.config_hash_full {
        return Some(format!(
            "the mirror has another configuration under this name (config hash {}, here {}); their short forms are alike, so give \
             this one another `revision`",
            text(record.config_hash_full),
            text(metadata.config_hash_full),
        ));
    }
    if record.content_hash_full != metadata.content_hash_full {
        return Some(format!(
            "the mirror has other content under this name (content hash {}, here {}); the build is not reproducible, or its recipe \
             misses an input: raise `revision`, or look with `package-binary reproduce`",
            text(record.content_hash_full),
            text(metadata.content_hash_full),
        ));
    }
    None
}
