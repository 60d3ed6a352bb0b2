//! From the places where an engine leaves files to final names: each file whole or not at all, the sidecar last.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use binpkg::names::FileName;
use binpkg::sidecar::Sidecar;
use binpkg::sign::SecretKey;
use cli::{Exit, WithExit};
use digest::HashingReader;
use mirror::WholeFile;
use mirror::whole_file::Taken;

/// Where the files of a package are before they have names.
pub struct Parts<'a> {
    /// The tarball.
    pub tarball: &'a Path,
    /// Its sidecar.
    pub sidecar: &'a Path,
    /// The recipe that was hashed.
    pub recipe: &'a Path,
}

/// What was packaged.
pub struct Packaged {
    /// Label of the target.
    pub target: String,
    /// What the sidecar says.
    pub sidecar: Sidecar,
    /// The tarball under its final name.
    pub file: PathBuf,
    /// Its size in bytes.
    pub size: u64,
}

/// Puts packages into a folder.
pub struct Folder<'a> {
    /// The folder.
    pub path: &'a Path,
    /// Signs every sidecar.
    pub key: Option<&'a SecretKey>,
}

impl Folder<'_> {
    /// Copies one package. Without a `target` it is the one that the sidecar names.
    ///
    /// # Errors
    /// Exit code 4 for a tarball that is not the sidecar's, or a sidecar that proves nothing.
    pub fn take(&self, target: Option<&str>, parts: &Parts<'_>) -> Result<Packaged> {
        let text = fs::read(parts.sidecar).with_context(|| format!("cannot read {}", parts.sidecar.display()))?;
        let name = Sidecar::file_of(&text).to_owned();
        let mut sidecar = Sidecar::parse(&text, &name)
            .with_context(|| format!("{} does not verify", parts.sidecar.display()))
            .exit(Exit::Unverified)?;
        // A name with a slash in it would lead out of the folder.
        let file_name: FileName = name.parse().exit(Exit::Unverified)?;
        self.refuse_other_spelling(&sidecar, &file_name)?;
        let file = self.path.join(file_name.to_string());
        let size = self.tarball(parts.tarball, &file, &sidecar)?;
        let beside = |suffix: &str| self.path.join(format!("{file_name}{suffix}"));
        write(File::open(parts.recipe), parts.recipe, &beside(".recipe.json"))?;
        if let Some(key) = self.key {
            let Some(statement) = sidecar.statement() else {
                bail!(
                    "{}: expected size and full hashes to sign, found a sidecar without",
                    parts.sidecar.display()
                );
            };
            sidecar.add_signature(key.sign(&statement));
        }
        let text = if self.key.is_some() {
            sidecar.to_string().into_bytes()
        } else {
            text
        };
        write(Ok(&text[..]), parts.sidecar, &beside(".sha256"))?;
        Ok(Packaged {
            target: target.map_or_else(|| sidecar.target.to_string(), str::to_owned),
            sidecar,
            file,
            size,
        })
    }

    /// Refuses a package of which another version is there that file names cannot tell from its own.
    fn refuse_other_spelling(&self, sidecar: &Sidecar, file_name: &FileName) -> Result<()> {
        let context = || format!("cannot list {}", self.path.display());
        for entry in fs::read_dir(self.path).with_context(context)? {
            let entry = entry.with_context(context)?;
            let name = entry.file_name().into_string().unwrap_or_default();
            let Some(tarball) = name.strip_suffix(".sha256") else {
                continue;
            };
            let alike = |other: FileName| other.name() == file_name.name() && other.version() == file_name.version();
            if !tarball.parse().is_ok_and(alike) {
                continue;
            }
            let text = fs::read(entry.path()).with_context(|| format!("cannot read {}", entry.path().display()))?;
            // What cannot be read is no package, and nothing to be confused with.
            if let Ok(other) = Sidecar::parse(&text, tarball)
                && sidecar.version.clashes_with(&other.version)
            {
                bail!(
                    "{} has version {} of {}, which in file names is the same as {}; give one of them another version",
                    self.path.display(),
                    other.version,
                    sidecar.package,
                    sidecar.version
                );
            }
        }
        Ok(())
    }

    /// Copies all packages of a directory in which they have their names already, but those whose names are in `known`.
    ///
    /// # Errors
    /// As [`Folder::take`].
    pub fn take_directory(&self, from: &Path, known: &mut BTreeSet<String>) -> Result<Vec<Packaged>> {
        let context = || format!("cannot list {}", from.display());
        let mut packaged = Vec::new();
        for entry in fs::read_dir(from).with_context(context)? {
            let name = entry
                .with_context(context)?
                .file_name()
                .into_string()
                .unwrap_or_default();
            let Some(tarball) = name.strip_suffix(".sha256") else {
                continue;
            };
            if !known.insert(tarball.to_owned()) {
                continue;
            }
            packaged.push(self.take(
                None,
                &Parts {
                    tarball: &from.join(tarball),
                    sidecar: &from.join(&name),
                    recipe: &from.join(format!("{tarball}.recipe.json")),
                },
            )?);
        }
        Ok(packaged)
    }

    /// Nothing gets the final name that is not what the sidecar says: a build after the report may have left something else.
    fn tarball(&self, from: &Path, to: &Path, sidecar: &Sidecar) -> Result<u64> {
        let context = || format!("cannot copy {} to {}", from.display(), to.display());
        let mut reader = HashingReader::new(File::open(from).with_context(context)?);
        let mut whole = WholeFile::create(to).with_context(context)?;
        let size = io::copy(&mut reader, &mut whole).with_context(context)?;
        let (found, _) = reader.finish();
        if found != sidecar.sha256 {
            return Err(anyhow::anyhow!(
                "{} is not what its sidecar says: expected the SHA-256 {}, found {found}; build it again",
                from.display(),
                sidecar.sha256
            ))
            .exit(Exit::Unverified);
        }
        whole.finish(Taken::Replace).with_context(context)?;
        Ok(size)
    }
}

fn write(bytes: io::Result<impl Read>, from: &Path, to: &Path) -> Result<()> {
    let context = || format!("cannot copy {} to {}", from.display(), to.display());
    let mut whole = WholeFile::create(to).with_context(context)?;
    io::copy(&mut bytes.with_context(context)?, &mut whole).with_context(context)?;
    whole.finish(Taken::Replace).with_context(context)?;
    Ok(())
}
