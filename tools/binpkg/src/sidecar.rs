//! The sidecar `<file>.sha256` (section 6): what `sha256sum -c` reads, and comments that say more.

use std::fmt;

use digest::Sha256;

use crate::metadata::{Metadata, TargetLabel};
use crate::names::{PackageName, ShortHash, Version};
use crate::sign::{SecretKey, SignatureLine, Statement};

/// The content of a sidecar. Fields stand in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// Digest of the tarball.
    pub sha256: Sha256,
    /// Bare name of the tarball.
    pub file: String,
    /// Short form of the config hash.
    pub config_hash: ShortHash,
    /// Short form of the content hash.
    pub content_hash: ShortHash,
    /// The package.
    pub package: PackageName,
    /// Its version, as written.
    pub version: Version,
    /// Label of the target.
    pub target: TargetLabel,
    /// Size of the tarball in bytes; older sidecars have none.
    pub size: Option<u64>,
    /// Digest of the recipe; older sidecars have none.
    pub config_hash_full: Option<Sha256>,
    /// Digest of the manifest; older sidecars have none.
    pub content_hash_full: Option<Sha256>,
    /// Signatures of the package statement, any number.
    pub signatures: Vec<SignatureLine>,
}

/// Why a sidecar does not verify anything. All of these are failed verifications: nothing is installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SidecarError {
    /// The first line is no checksum line.
    #[error("sidecar line 1: expected 64 lower-case hex digits, a blank, a blank or `*`, and a file name, found `{}`", found.escape_debug())]
    Checksum {
        /// The line.
        found: String,
    },
    /// A checksum for another file.
    #[error("sidecar line 1: expected the checksum of `{expected}`, found that of `{}`", found.escape_debug())]
    File {
        /// The file asked for.
        expected: String,
        /// The file in the line.
        found: String,
    },
    /// A further line that is no comment.
    #[error("sidecar line {number}: expected `# Key: value`, found `{}`", found.escape_debug())]
    Line {
        /// Counted from 1.
        number: usize,
        /// The line.
        found: String,
    },
    /// A known key that is there twice.
    #[error("sidecar line {number}: `{key}` is there twice")]
    Twice {
        /// Counted from 1.
        number: usize,
        /// The key.
        key: &'static str,
    },
    /// A known key that is missing.
    #[error("sidecar: expected a line `# {0}: …`, found none")]
    Missing(&'static str),
    /// A value that cannot be one.
    #[error("sidecar: `{key}`: {why}")]
    Value {
        /// The key.
        key: &'static str,
        /// What was expected and found.
        why: String,
    },
    /// A short form that does not belong to the full one.
    #[error("sidecar: expected `{key}` to be the beginning of `{key} Full` ({full}), found `{short}`")]
    Prefix {
        /// `Config Hash` or `Content Hash`.
        key: &'static str,
        /// The short form.
        short: ShortHash,
        /// The full form.
        full: Sha256,
    },
    /// No final line end, or bytes that are no text.
    #[error("expected a sidecar of UTF-8 lines, each with its line end, found {found}")]
    Text {
        /// What was there instead.
        found: &'static str,
    },
}

const KEYS: [&str; 8] = [
    "Config Hash",
    "Content Hash",
    "Package",
    "Version",
    "Target",
    "Size",
    "Config Hash Full",
    "Content Hash Full",
];

impl Sidecar {
    /// The sidecar of a new tarball.
    pub fn new(metadata: &Metadata, file: String, sha256: Sha256, size: u64) -> Self {
        Self {
            sha256,
            file,
            config_hash: metadata.config_hash.clone(),
            content_hash: metadata.content_hash.clone(),
            package: metadata.name.clone(),
            version: metadata.version.clone(),
            target: metadata.target.clone(),
            size: Some(size),
            config_hash_full: metadata.config_hash_full,
            content_hash_full: metadata.content_hash_full,
            signatures: Vec::new(),
        }
    }

    /// What a signature of the package says (section 10.2); `None` for older sidecars, which do not know all of it.
    pub fn statement(&self) -> Option<Statement> {
        Some(Statement {
            name: self.package.clone(),
            version: self.version.clone(),
            config_hash: self.config_hash_full?,
            content_hash: self.content_hash_full?,
            sha256: self.sha256,
            size: self.size?,
        })
    }

    /// Adds a signature, in the place of an earlier one by the same key.
    pub fn add_signature(&mut self, line: SignatureLine) {
        self.signatures.retain(|other| other.key_id != line.key_id);
        self.signatures.push(line);
    }

    /// Adds the signature of this key, if it is not there; `None` for older sidecars, of which not all is known that is signed.
    pub fn sign(&mut self, key: &SecretKey) -> Option<bool> {
        let line = key.sign(&self.statement()?);
        let is_new = !self.signatures.contains(&line);
        if is_new {
            self.add_signature(line);
        }
        Some(is_new)
    }

    /// The file that a sidecar is for, as far as its first line says; [`Sidecar::parse`] decides whether that counts.
    pub fn file_of(bytes: &[u8]) -> &str {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let name = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// Reads the sidecar of the tarball called `file`.
    ///
    /// # Errors
    /// Whatever makes it useless as a proof; see [`SidecarError`].
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, SidecarError> {
        let text = std::str::from_utf8(bytes).map_err(|_| SidecarError::Text { found: "other bytes" })?;
        let text = match text.strip_suffix('\n') {
            Some(text) => text,
            None if text.is_empty() => return Err(SidecarError::Text { found: "an empty file" }),
            None => {
                return Err(SidecarError::Text {
                    found: "a last line without one",
                });
            }
        };
        let mut lines = text.split('\n').zip(1..);
        let (first, _) = lines.next().unwrap_or_default();
        let sha256 = checksum(first, file)?;
        let mut values = [None; KEYS.len()];
        let mut signatures = Vec::new();
        for (line, number) in lines {
            let comment = line.strip_prefix("# ").and_then(|line| line.split_once(": "));
            let Some((key, value)) = comment.filter(|(_, value)| !value.chars().any(char::is_control)) else {
                return Err(SidecarError::Line {
                    number,
                    found: cut(line),
                });
            };
            if key == "Signature" {
                signatures.push(parse("Signature", value)?);
            } else if let Some(index) = KEYS.iter().position(|known| *known == key)
                && values[index].replace(value).is_some()
            {
                return Err(SidecarError::Twice {
                    number,
                    key: KEYS[index],
                });
            }
        }
        let [
            config_hash,
            content_hash,
            package,
            version,
            target,
            size,
            config_hash_full,
            content_hash_full,
        ] = values;
        let sidecar = Self {
            sha256,
            file: file.into(),
            config_hash: needed(KEYS[0], config_hash)?,
            content_hash: needed(KEYS[1], content_hash)?,
            package: needed(KEYS[2], package)?,
            version: needed(KEYS[3], version)?,
            target: needed(KEYS[4], target)?,
            size: size.map(|value| parse(KEYS[5], value)).transpose()?,
            config_hash_full: config_hash_full.map(|value| parse(KEYS[6], value)).transpose()?,
            content_hash_full: content_hash_full.map(|value| parse(KEYS[7], value)).transpose()?,
            signatures,
        };
        prefix(KEYS[0], &sidecar.config_hash, sidecar.config_hash_full)?;
        prefix(KEYS[1], &sidecar.content_hash, sidecar.content_hash_full)?;
        Ok(sidecar)
    }
}

/// The digest of a line `<sha256>  <file>`.
fn checksum(line: &str, file: &str) -> Result<Sha256, SidecarError> {
    let refuse = || SidecarError::Checksum { found: cut(line) };
    let (digest, rest) = line.split_once(' ').ok_or_else(refuse)?;
    let found = rest
        .strip_prefix([' ', '*'])
        .filter(|name| !name.is_empty())
        .ok_or_else(refuse)?;
    let digest = digest.parse().map_err(|_| refuse())?;
    if found != file {
        return Err(SidecarError::File {
            expected: file.into(),
            found: cut(found),
        });
    }
    Ok(digest)
}

fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}

fn parse<T: std::str::FromStr<Err: fmt::Display>>(key: &'static str, value: &str) -> Result<T, SidecarError> {
    value.parse().map_err(|error: T::Err| SidecarError::Value {
        key,
        why: format!("{error}, in `{}`", cut(value)),
    })
}

fn needed<T: std::str::FromStr<Err: fmt::Display>>(key: &'static str, value: Option<&str>) -> Result<T, SidecarError> {
    parse(key, value.ok_or(SidecarError::Missing(key))?)
}

fn prefix(key: &'static str, short: &ShortHash, full: Option<Sha256>) -> Result<(), SidecarError> {
    match full {
        Some(full) if !short.fits(&full) => Err(SidecarError::Prefix {
            key,
            short: short.clone(),
            full,
        }),
        _ => Ok(()),
    }
}

impl fmt::Display for Sidecar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}", self.sha256, self.file)?;
        writeln!(f, "# Config Hash: {}", self.config_hash)?;
        writeln!(f, "# Content Hash: {}", self.content_hash)?;
        writeln!(f, "# Package: {}", self.package)?;
        writeln!(f, "# Version: {}", self.version)?;
        writeln!(f, "# Target: {}", self.target)?;
        if let Some(size) = self.size {
            writeln!(f, "# Size: {size}")?;
        }
        if let Some(hash) = self.config_hash_full {
            writeln!(f, "# Config Hash Full: {hash}")?;
        }
        if let Some(hash) = self.content_hash_full {
            writeln!(f, "# Content Hash Full: {hash}")?;
        }
        self.signatures
            .iter()
            .try_for_each(|line| writeln!(f, "# Signature: {line}"))
    }
}

#[cfg(test)]
#[path = "sidecar_tests.rs"]
mod tests;
