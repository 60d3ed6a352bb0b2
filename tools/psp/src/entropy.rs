//! Random keys.

use anyhow::anyhow;
use pspf::{PrivateKey, SigningKey};

/// A private key from the system's random numbers.
pub fn private_key() -> anyhow::Result<PrivateKey> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|error| anyhow!("the system gives no random numbers: {error}"))?;
    Ok(PrivateKey::from_entropy(entropy))
}

/// A key that is used once and forgotten.
pub fn signing_key() -> anyhow::Result<SigningKey> {
    Ok(SigningKey::from_pem(&private_key()?.to_pem())?)
}
