//! Signatures of packages (sections 10.1 and 10.2): keys, the statement, and the line that carries a signature.

mod key;
mod signature_line;
mod statement;

pub use key::{KeyId, KeyIdError, TrustLineError, TrustedKey};
pub use signature_line::{SignatureLine, SignatureLineError};
pub use statement::Statement;
