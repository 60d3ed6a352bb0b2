/// Stands for a string that is read from a file when the value is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The digest of the file; for a directory, the content hash of its tree.
    Sha256(String),
    /// The only line of the file, without its end.
    Text(String),
}

impl Reference {
    /// The reference that an object with this single key is.
    pub(super) fn of_key(key: &str) -> Option<fn(String) -> Self> {
        match key {
            "$sha256" => Some(Self::Sha256),
            "$text" => Some(Self::Text),
            _ => None,
        }
    }

    /// The path of the file.
    pub fn path(&self) -> &str {
        let (Self::Sha256(path) | Self::Text(path)) = self;
        path
    }
}
