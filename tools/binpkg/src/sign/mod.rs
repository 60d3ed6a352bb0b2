//! Signatures of packages and of indices (section 10): keys, the statement, and the lines that carry signatures.

mod index_signatures;
mod key;
mod secret_key;
mod signature_line;
mod statement;
mod trust_list;

pub use index_signatures::{IndexSignatures, signed_index};
pub use key::{KeyId, KeyIdError, TrustLineError, TrustedKey};
pub use secret_key::{SecretKey, SecretKeyError};
pub use signature_line::{SignatureLine, SignatureLineError, signature_texts};
pub use statement::Statement;
pub use trust_list::{TrustList, TrustListError, UntrustedError};
