/// One hostile package.
pub struct Case {
    /// What is hostile about it, for the output of a failed test.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What the first finding must begin with, such as `metadata: expected one gzip member`; where
    /// several are right, their common beginning.
    pub refusal: String,
}

impl Case {
    /// A case; `refusal` is the beginning of the first finding.
    pub(crate) fn new(name: impl Into<String>, bytes: Vec<u8>, refusal: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            bytes,
            refusal: refusal.into(),
        }
    }
}
