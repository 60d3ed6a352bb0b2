use std::fmt;

use binpkg::check::Checked;
use binpkg::index::{Index, Record};
use binpkg::metadata::Metadata;
use binpkg::names::{FileName, PackageName, ShortHash, Version};

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
            match plan.same_build(&package, index) {
                Some(There::OnMirror(record)) => match clash(record, &package) {
                    Some(why) => plan.refused.push(refusal(&package, why)),
                    None => plan.present.push(package),
                },
                // The same package in two folders of the source.
                Some(There::New(other)) => {
                    if other.checked.sidecar.sha256 != package.checked.sidecar.sha256 {
                        let why = format!("{} is another package of this name; keep one", other.tarball.display());
                        plan.refused.push(refusal(&package, why));
                    }
                }
                None => plan.add(package, index),
            }
        }
        plan
    }

    /// The package with this config hash and compression, or whatever has its name and says no config hash.
    fn same_build<'a>(&'a self, package: &LocalPackage, index: &'a Index) -> Option<There<'a>> {
        let Checked {
            package: read, sidecar, ..
        } = &package.checked;
        let (metadata, suffix) = (&read.metadata, read.compression.suffix());
        let is_same = |record: &&Record| match record.config_hash_full {
            Some(hash) => {
                record.name == metadata.name
                    && Some(hash) == metadata.config_hash_full
                    && record.filename.ends_with(suffix)
            }
            None => record.filename == sidecar.file,
        };
        let new = || {
            self.new.iter().find(|other| {
                let other = &other.checked.package;
                other.metadata.name == metadata.name
                    && other.metadata.config_hash_full == metadata.config_hash_full
                    && other.compression == read.compression
            })
        };
        let there = index.packages().iter().find(is_same).map(There::OnMirror);
        there.or_else(|| new().map(There::New))
    }

    /// Adds a new package, under a longer form of its config hash if another build has the usual one (section 2.3).
    fn add(&mut self, mut package: LocalPackage, index: &Index) {
        let metadata = &package.checked.package.metadata;
        let Some(hash) = metadata.config_hash_full else {
            return self.new.push(package);
        };
        let is_alike = |name: &PackageName, version: &Version| (name, version) == (&metadata.name, &metadata.version);
        let published = index
            .packages()
            .iter()
            .filter(|record| is_alike(&record.name, &record.version))
            .filter_map(|record| record.config_hash_full);
        let new = self.new.iter().map(|other| &other.checked.package.metadata);
        let taken: Vec<_> = new
            .filter(|other| is_alike(&other.name, &other.version))
            .filter_map(|other| other.config_hash_full)
            .chain(published)
            .collect();
        let short = ShortHash::unique(&hash, &taken);
        let file = FileName::new(
            metadata.name.clone(),
            &metadata.version,
            short.clone(),
            package.checked.package.compression,
        );
        match file {
            Ok(file) if short.as_str().len() > package.checked.sidecar.config_hash.as_str().len() => {
                package.checked.sidecar.file = file.to_string();
                package.checked.sidecar.config_hash = short;
                self.new.push(package);
            }
            Ok(_) => self.new.push(package),
            Err(error) => self.refused.push(refusal(&package, error.to_string())),
        }
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

/// Where a package is already.
enum There<'a> {
    OnMirror(&'a Record),
    New(&'a LocalPackage),
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
    if record.config_hash_full.is_none() && record.content_hash_full.is_none() {
        return clash_of_short_forms(record, package);
    }
    let text = |hash: Option<digest::Sha256>| hash.map_or_else(|| "none".to_owned(), |hash| hash.hex());
    if record.config_hash_full != metadata.config_hash_full {
        return Some(format!(
            "the mirror has a package under this name with the config hash {}, here it is {}; give this one another `revision`",
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

/// The same for a record of an older tool, which has nothing but short forms and the size.
fn clash_of_short_forms(record: &Record, package: &LocalPackage) -> Option<String> {
    let metadata = &package.checked.package.metadata;
    let fits = |short: &ShortHash, full: Option<digest::Sha256>| full.is_some_and(|full| short.fits(&full));
    let is_same = fits(&record.config_hash, metadata.config_hash_full)
        && fits(&record.file_hash, metadata.content_hash_full)
        && record.size == package.checked.size;
    (!is_same).then(|| {
        format!(
            "the mirror has another package under this name (config hash {}, content hash {}, {} bytes; here {}, {}, {} bytes)",
            record.config_hash,
            record.file_hash,
            record.size,
            metadata.config_hash,
            metadata.content_hash,
            package.checked.size,
        )
    })
}
