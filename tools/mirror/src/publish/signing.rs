//! Signing of the index while it is written (section 10.3).

use std::time::{Duration, SystemTime};

use binpkg::index::Expires;
use binpkg::sign::{IndexSignatures, SecretKey, TrustList};

use super::PublishError;
use super::store::NewFile;

/// How an index is signed.
pub struct Signing {
    /// With each of these; several while one takes the place of another.
    pub keys: Vec<SecretKey>,
    /// For how long the signatures count.
    pub lifetime: Duration,
    /// Further keys that may have signed what is there.
    pub trusted: TrustList,
}

impl Signing {
    /// How long signatures count if nobody says otherwise.
    pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

    /// When what is signed now stops to count.
    pub fn expires(&self) -> Expires {
        Expires::at(SystemTime::now() + self.lifetime)
    }

    /// The trust in what these keys, or the trusted ones, have signed.
    fn trusts(&self) -> Result<TrustList, PublishError> {
        let ours = self.keys.iter().map(|key| key.public().to_string());
        let theirs = self.trusted.to_string();
        let lines: Vec<_> = ours.chain(theirs.lines().map(str::to_owned)).collect();
        Ok(TrustList::parse(lines.iter().map(String::as_str)).map_err(Box::new)?)
    }
}

/// A file of an index and its signatures, as they are on the mirror.
#[derive(Clone, Debug, Default)]
pub(super) struct Signed {
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) signatures: IndexSignatures,
}

/// The signatures of a file, as they were read.
pub(super) fn signatures(path: &str, bytes: Option<Vec<u8>>) -> Result<IndexSignatures, PublishError> {
    let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    text.parse().map_err(|source| PublishError::Signature {
        path: format!("{path}.sig"),
        source,
    })
}

impl Signed {
    /// Whether the key has signed it.
    pub(super) fn is_signed_by(&self, key: &SecretKey) -> bool {
        self.bytes
            .as_ref()
            .is_some_and(|bytes| self.signatures.covers(bytes, key))
    }

    /// Whether it may be signed again: whoever could write to the mirror must not get signatures for what they put there.
    pub(super) fn check(&self, path: &str, signing: &Signing) -> Result<(), PublishError> {
        let Some(bytes) = self.bytes.as_ref().filter(|_| !self.signatures.is_empty()) else {
            return Ok(());
        };
        let trusts = signing.trusts()?;
        let checked = self.signatures.check(bytes, &trusts);
        checked.map(drop).map_err(|source| PublishError::Untrusted {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// The files to write in its place: the signatures first, see [`IndexSignatures`].
    pub(super) fn replaced(&self, path: &str, bytes: Vec<u8>, signing: Option<&Signing>) -> Vec<NewFile> {
        let mut files = Vec::new();
        if let Some(signing) = signing {
            let renewed = self.signatures.renewed(&signing.keys, self.bytes.as_deref(), &bytes);
            files.push(NewFile::bytes(format!("{path}.sig"), renewed.to_string()));
        }
        files.push(NewFile::bytes(path, bytes));
        files
    }
}
