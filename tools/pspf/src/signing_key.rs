use pspf_format::{PrivateKey, PublicKey};

use crate::Error;

/// A private key, and where it came from: the package says so.
#[derive(Clone, Debug)]
pub struct SigningKey {
    key: PrivateKey,
    origin: &'static str,
}

impl SigningKey {
    /// The development key of a seed. Whoever knows the seed can sign with it; `psp inspect` says
    /// "development key".
    pub fn from_seed(seed: &str) -> Self {
        Self {
            key: PrivateKey::from_seed(seed),
            origin: "seed",
        }
    }

    /// A private key in PKCS#8 PEM form.
    pub fn from_pem(private: &str) -> Result<Self, Error> {
        Ok(Self {
            key: PrivateKey::from_pem(private)?,
            origin: "file",
        })
    }

    /// A key pair in PEM form; refused when the halves do not belong together.
    pub fn from_pem_pair(private: &str, public: &str) -> Result<Self, Error> {
        let key = Self::from_pem(private)?;
        key.key.check_pair(&PublicKey::from_pem(public)?)?;
        Ok(key)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    pub(crate) fn private(&self) -> &PrivateKey {
        &self.key
    }

    /// `seed` or `file`.
    pub(crate) fn origin(&self) -> &'static str {
        self.origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_that_do_not_belong_together_are_refused() {
        let (one, two) = (PrivateKey::from_seed("1"), PrivateKey::from_seed("2"));
        assert!(SigningKey::from_pem_pair(&one.to_pem(), &one.public().to_pem().unwrap()).is_ok());
        let error = SigningKey::from_pem_pair(&one.to_pem(), &two.public().to_pem().unwrap()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the public key does not belong to the private key"),
            "{error}"
        );
    }
}
