//! The trust store: files `*.pub`, each with an optional line `# Name: …` and one public key in PEM form.

use std::fs;
use std::path::{Path, PathBuf};

use pspf_format::PublicKey;

use crate::error::PolicyError;
use crate::files::{Places, absent};

/// One trusted key.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// The name in its file, if it has one.
    pub name: Option<String>,
    /// The file.
    pub path: PathBuf,
}

/// All trusted keys, those of the system first, each directory in order of file name.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    /// The keys.
    pub keys: Vec<TrustedKey>,
}

impl TrustStore {
    /// Reads both directories; one that does not exist is empty.
    ///
    /// # Errors
    /// A directory or file that cannot be read, a file that holds no key.
    pub fn read(places: &Places) -> Result<Self, PolicyError> {
        let mut store = TrustStore::default();
        store.add_directory(&places.system.join("trusted-keys"), true)?;
        if let Some(directory) = &places.user_keys {
            store.add_directory(directory, false)?;
        }
        Ok(store)
    }

    /// Whether `key` is trusted.
    pub fn find(&self, key: &PublicKey) -> Option<&TrustedKey> {
        self.keys.iter().find(|trusted| trusted.key == *key)
    }

    fn add_directory(&mut self, directory: &Path, operators: bool) -> Result<(), PolicyError> {
        let failed = |source| PolicyError::Io {
            path: directory.to_owned(),
            source,
        };
        let files = match fs::read_dir(directory) {
            Ok(files) => files,
            Err(error) if absent(&error, operators) => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        let mut paths = Vec::new();
        for file in files {
            let path = file.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "pub") {
                paths.push(path);
            }
        }
        paths.sort_unstable();
        for path in paths {
            self.keys.push(read_key(path)?);
        }
        Ok(())
    }
}

fn read_key(path: PathBuf) -> Result<TrustedKey, PolicyError> {
    let text = fs::read_to_string(&path).map_err(|source| PolicyError::Io {
        path: path.clone(),
        source,
    })?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("# Name:"))
        .map(|name| name.trim().to_owned());
    let pem: String = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect();
    match PublicKey::from_pem(&pem) {
        Ok(key) => Ok(TrustedKey { key, name, path }),
        Err(error) => Err(PolicyError::Malformed {
            path,
            what: error.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use pspf_format::PrivateKey;

    use super::*;

    #[test]
    fn keys_of_both_directories_are_found() {
        let world = tempfile::tempdir().unwrap();
        let places = Places {
            system: world.path().join("etc"),
            user: None,
            user_keys: Some(world.path().join("keys")),
        };
        assert!(TrustStore::read(&places).unwrap().keys.is_empty());
        let (ours, theirs) = (PrivateKey::from_seed("a").public(), PrivateKey::from_seed("b").public());
        for (directory, key) in [("etc/trusted-keys", &ours), ("keys", &theirs)] {
            let directory = world.path().join(directory);
            fs::create_dir_all(&directory).unwrap();
            fs::write(
                directory.join("x.pub"),
                format!("# Name: me\n{}", key.to_pem().unwrap()),
            )
            .unwrap();
            fs::write(directory.join("readme"), "no key").unwrap();
        }
        let store = TrustStore::read(&places).unwrap();
        assert_eq!(store.keys.len(), 2);
        assert_eq!(store.find(&theirs).unwrap().name.as_deref(), Some("me"));
        assert!(store.find(&PrivateKey::from_seed("c").public()).is_none());
    }

    #[test]
    fn a_file_without_a_key_is_named() {
        let world = tempfile::tempdir().unwrap();
        fs::write(world.path().join("x.pub"), "junk").unwrap();
        let places = Places {
            system: "/nonexistent".into(),
            user: None,
            user_keys: Some(world.path().into()),
        };
        let error = TrustStore::read(&places).unwrap_err().to_string();
        assert!(
            error.contains("x.pub cannot be used: expected an Ed25519 public key"),
            "{error}"
        );
    }
}
