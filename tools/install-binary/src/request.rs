//! What was asked for: `PACKAGE[@VERSION[:CFG]]` or the path of a tarball, and the options that say it more exactly.

use std::fmt;
use std::path::PathBuf;

use binpkg::names::{NameError, PackageName, ShortHash, ShortHashError, Version, VersionError};

/// One package that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where it comes from.
    pub source: Source,
    /// The version that it must have.
    pub version: Option<Version>,
    /// What its full config hash begins with.
    pub config_hash: Option<ShortHash>,
    /// What its content hash begins with.
    pub file_hash: Option<ShortHash>,
}

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A mirror, by name.
    Mirror(PackageName),
    /// A tarball of this machine, whose sidecar lies beside it.
    File(PathBuf),
}

/// The options that are for one package.
#[derive(Clone, Debug, Default)]
pub struct Exactly {
    /// `--version`.
    pub version: Option<Version>,
    /// `--config-hash`.
    pub config_hash: Option<ShortHash>,
    /// `--file-hash`.
    pub file_hash: Option<ShortHash>,
}

/// Why a text asks for nothing.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No name.
    #[error("`{text}` asks for no package")]
    Name {
        /// The text.
        text: String,
        /// Why not.
        source: NameError,
    },
    /// No version after the `@`.
    #[error("`{text}` asks for no version")]
    Version {
        /// The text.
        text: String,
        /// Why not.
        source: VersionError,
    },
    /// The same thing in two ways.
    #[error("`{text}` and {option} say the same thing twice; keep one of them")]
    Twice {
        /// The text.
        text: String,
        /// The option.
        option: &'static str,
    },
    /// Options for one package, and several packages.
    #[error("{option} is for one package, found {count}; write PACKAGE@VERSION:CONFIG_HASH for each")]
    Several {
        /// The option.
        option: &'static str,
        /// How many packages there are.
        count: usize,
    },
}

impl Request {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn parse_all(texts: &[String], exactly: &Exactly) -> Result<Vec<Self>, RequestError> {
        let count = texts.len();
        let given = [
            ("--version", exactly.version.is_some()),
            ("--config-hash", exactly.config_hash.is_some()),
            ("--file-hash", exactly.file_hash.is_some()),
        ];
        if count > 1
            && let Some((option, _)) = given.into_iter().find(|(_, given)| *given)
        {
            return Err(RequestError::Several { option, count });
        }
        texts.iter().map(|text| Self::parse(text, exactly)).collect()
    }

    fn parse(text: &str, exactly: &Exactly) -> Result<Self, RequestError> {
        let Exactly {
            version,
            config_hash,
            file_hash,
        } = exactly.clone();
        let mut request = Self {
            source: Source::File(text.into()),
            version,
            config_hash,
            file_hash,
        };
        if is_path(text) {
            return Ok(request);
        }
        let (name, rest) = match text.split_once('@') {
            Some((name, rest)) => (name, Some(rest)),
            None => (text, None),
        };
        request.source = Source::Mirror(name.parse().map_err(|source| RequestError::Name {
            text: text.to_owned(),
            source,
        })?);
        let Some(rest) = rest else { return Ok(request) };
        let twice = |option| RequestError::Twice {
            text: text.to_owned(),
            option,
        };
        let (version, config_hash) = split_hash(rest);
        if request.version.is_some() {
            return Err(twice("--version"));
        }
        request.version = Some(version.parse().map_err(|source| RequestError::Version {
            text: text.to_owned(),
            source,
        })?);
        if config_hash.is_some() && request.config_hash.is_some() {
            return Err(twice("--config-hash"));
        }
        request.config_hash = config_hash.or(request.config_hash);
        Ok(request)
    }
}

/// A slash is in no name, and what ends like a tarball is taken for one.
fn is_path(text: &str) -> bool {
    text.contains('/') || text.ends_with(".tar.gz") || text.ends_with(".tar.zst")
}

/// Versions may hold colons (`1:2.3`), so only what can be a hash is one.
fn split_hash(text: &str) -> (&str, Option<ShortHash>) {
    match text.rsplit_once(':').map(|(version, hash)| (version, hash.parse())) {
        Some((version, Ok(hash))) => (version, Some(hash)),
        _ => (text, None),
    }
}

/// Reads a hash option. Capital letters are forgiven, because people copy hashes from everywhere.
///
/// # Errors
/// Something else than 8 to 64 hex digits.
pub fn parse_hash(text: &str) -> Result<ShortHash, ShortHashError> {
    text.to_ascii_lowercase().parse()
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::File(path) => return path.display().fmt(f),
            Source::Mirror(name) => name.fmt(f)?,
        }
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        match &self.config_hash {
            Some(hash) => write!(f, " ({hash})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Request, String> {
        Request::parse(text, &Exactly::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn names_versions_and_hashes() {
        for (text, shown) in [
            ("bash", "bash"),
            ("bash@5.3", "bash 5.3"),
            ("bash@5.3:86884539", "bash 5.3 (86884539)"),
            ("bash@1:2.3", "bash 1:2.3"),
            ("bash@1:2.3:86884539", "bash 1:2.3 (86884539)"),
            ("./x.tar.gz", "./x.tar.gz"),
            ("x-1-86884539-bin.tar.zst", "x-1-86884539-bin.tar.zst"),
        ] {
            assert_eq!(one(text).unwrap().to_string(), shown);
        }
        assert_eq!(one("a/b").unwrap().source, Source::File("a/b".into()));
    }

    #[test]
    fn refused() {
        for (text, words) in [
            ("", "`` asks for no package"),
            ("+x", "`+x` asks for no package"),
            ("bash@", "`bash@` asks for no version"),
        ] {
            assert_eq!(one(text).unwrap_err(), words);
        }
        let exactly = Exactly {
            version: Some("5".parse().unwrap()),
            config_hash: Some("86884539".parse().unwrap()),
            file_hash: None,
        };
        let refuse = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            Request::parse_all(&texts, &exactly).unwrap_err().to_string()
        };
        assert!(refuse(&["bash@5"]).contains("`bash@5` and --version say the same thing twice"));
        assert!(refuse(&["a", "b"]).contains("--version is for one package, found 2"));
    }

    #[test]
    fn hashes_of_people() {
        assert_eq!(parse_hash("ABCDEF01").unwrap().as_str(), "abcdef01");
        for text in ["e5f6g7h8", "1234567", ""] {
            assert!(parse_hash(text).is_err(), "{text}");
        }
    }
}
