//! Signatures of packages (sections 10.1 and 10.2): keys, the statement, and the line that carries a signature.

mod key;
mod secret_key;
mod signature_line;
mod statement;
mod trust_list;

pub use key::{KeyId, KeyIdError, TrustLineError, TrustedKey};
pub use secret_key::{SecretKey, SecretKeyError};
pub use signature_line::{SignatureLine, SignatureLineError, signature_texts};
pub use statement::Statement;
pub use trust_list::{TrustList, TrustListError, UntrustedError};
