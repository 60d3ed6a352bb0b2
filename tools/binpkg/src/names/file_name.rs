use std::fmt;
use std::str::FromStr;

use super::{PackageName, ShortHash, Version, VersionToken};

/// How a tarball is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// gzip: readable everywhere.
    Gz,
    /// zstd: smaller and faster.
    Zst,
}

impl Compression {
    /// The end of a file name.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Gz => "gz",
            Self::Zst => "zst",
        }
    }
}

/// File name of a binary package (section 2.1): `<name>-<vtoken>-<cfg>-bin.tar.<gz|zst>`.
///
/// **A hint only**: a foreign file whose version contains `-` splits wrongly. Name, version and hashes come from the
/// metadata, then from the sidecar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    name: PackageName,
    version: VersionToken,
    config_hash: ShortHash,
    compression: Compression,
}

/// Why a text is no file name of a binary package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    /// Not of the form.
    #[error(
        "expected a file name of the form NAME-VERSION-CONFIG_HASH-bin.tar.gz or .zst, found `{}`",
        found.escape_debug()
    )]
    Form {
        /// The text, cut after 240 characters.
        found: String,
    },
    /// Too long for the suffixes that are still to come.
    #[error("expected a file name of at most {} bytes, found {length} bytes", FileName::MAX)]
    Long {
        /// Its length in bytes.
        length: usize,
    },
}

impl FileName {
    /// Longest file name in bytes, so that every suffix fits the usual limit of 255.
    pub const MAX: usize = 230;

    /// Puts a name together.
    ///
    /// # Errors
    /// Longer than [`FileName::MAX`].
    pub fn new(
        name: PackageName,
        version: &Version,
        config_hash: ShortHash,
        compression: Compression,
    ) -> Result<Self, FileNameError> {
        let version = version.token();
        Self {
            name,
            version,
            config_hash,
            compression,
        }
        .check_length()
    }

    fn check_length(self) -> Result<Self, FileNameError> {
        let length = self.to_string().len();
        if length > Self::MAX {
            return Err(FileNameError::Long { length });
        }
        Ok(self)
    }

    /// The package.
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    /// The version as far as the file name knows it.
    pub fn version(&self) -> &VersionToken {
        &self.version
    }

    /// The first digits of the config hash.
    pub fn config_hash(&self) -> &ShortHash {
        &self.config_hash
    }

    /// How the file is compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Where a mirror holds it, below `binaries/`.
    pub fn mirror_path(&self) -> String {
        format!("{}/{self}", self.name.letter())
    }
}

/// Percent-encodes everything outside `[A-Za-z0-9._~-]` but the slashes of a path: some object stores read a bare `+` as
/// a blank.
pub fn url_path(path: &str) -> String {
    use fmt::Write as _;
    let mut url = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"._~-/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            version,
            config_hash,
            compression,
        } = self;
        write!(f, "{name}-{version}-{config_hash}-bin.tar.{}", compression.suffix())
    }
}

impl FromStr for FileName {
    type Err = FileNameError;

    /// Parses from the right, which is unambiguous for names that [`FileName::new`] made.
    fn from_str(text: &str) -> Result<Self, FileNameError> {
        let parse = || {
            let (stem, compression) = [Compression::Gz, Compression::Zst]
                .into_iter()
                .find_map(|compression| {
                    let stem = text.strip_suffix(compression.suffix())?.strip_suffix("-bin.tar.")?;
                    Some((stem, compression))
                })?;
            let (stem, config_hash) = stem.rsplit_once('-')?;
            let (name, version) = stem.rsplit_once('-')?;
            Some(Self {
                name: name.parse().ok()?,
                version: version.parse().ok()?,
                config_hash: config_hash.parse().ok()?,
                compression,
            })
        };
        let found = || text.chars().take(240).collect();
        parse()
            .ok_or_else(|| FileNameError::Form { found: found() })?
            .check_length()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(name: &str, version: &str) -> Result<FileName, FileNameError> {
        let hash = "86884539".parse().unwrap();
        FileName::new(name.parse().unwrap(), &version.parse().unwrap(), hash, Compression::Gz)
    }

    #[test]
    fn composed_names() {
        assert_eq!(file("bash", "5.3").unwrap().to_string(), "bash-5.3-86884539-bin.tar.gz");
        let name = file("gtk+-extra", "1:2.0-rc1").unwrap();
        assert_eq!(name.to_string(), "gtk+-extra-1_2.0_rc1-86884539-bin.tar.gz");
        assert_eq!(name.mirror_path(), "g/gtk+-extra-1_2.0_rc1-86884539-bin.tar.gz");
        assert_eq!(
            url_path(&name.mirror_path()),
            "g/gtk%2B-extra-1_2.0_rc1-86884539-bin.tar.gz"
        );
    }

    #[test]
    fn parts_of_a_name_with_hyphens() {
        let name: FileName = "lib-x-2-1.0-86884539abcd-bin.tar.zst".parse().unwrap();
        assert_eq!((name.name().as_str(), name.version().as_str()), ("lib-x-2", "1.0"));
        assert_eq!(name.config_hash().as_str(), "86884539abcd");
        assert_eq!(name.compression(), Compression::Zst);
    }

    #[test]
    fn url_forms() {
        assert_eq!(url_path("gtk+"), "gtk%2B");
        assert_eq!(url_path("a/B-9._~"), "a/B-9._~");
        assert_eq!(url_path(" %:@?#&=ü"), "%20%25%3A%40%3F%23%26%3D%C3%BC");
    }

    #[test]
    fn longest_name_that_fits() {
        assert!(file(&"a".repeat(128), &"1".repeat(64)).is_ok());
        let hash: ShortHash = "0".repeat(64).parse().unwrap();
        let name = "a".repeat(128).parse().unwrap();
        let error = FileName::new(name, &"1".repeat(64).parse().unwrap(), hash, Compression::Zst).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a file name of at most 230 bytes, found 270 bytes"
        );
    }

    /// A foreign version with a hyphen splits wrongly: the reason why the name is a hint only.
    #[test]
    fn a_foreign_hyphen_goes_to_the_name() {
        let name: FileName = "tool-2.0-rc1-86884539-bin.tar.zst".parse().unwrap();
        assert_eq!((name.name().as_str(), name.version().as_str()), ("tool-2.0", "rc1"));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "bash-5.3-86884539.tar.gz",
            "bash-5.3-8688453-bin.tar.gz",
            "bash-5.3-8688453G-bin.tar.gz",
            "bash-86884539-bin.tar.gz",
            "bash-5.3-86884539-bin.tar.xz",
            "../bash-5.3-86884539-bin.tar.gz",
        ] {
            let error = text.parse::<FileName>().unwrap_err().to_string();
            assert!(
                error.starts_with("expected a file name of the form NAME-VERSION-"),
                "{error}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_composed_parses(name in "[A-Za-z0-9][A-Za-z0-9+._-]{0,20}", version in "[A-Za-z0-9][ -~]{0,20}") {
            let made = file(&name, &version);
            prop_assume!(name != "MANIFEST");
            let made = made.unwrap();
            prop_assert_eq!(made.to_string().parse::<FileName>(), Ok(made));
        }

        #[test]
        fn any_text_parses_or_refuses(text in ".{0,60}(-bin.tar.gz)?") {
            if let Ok(name) = text.parse::<FileName>() {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
