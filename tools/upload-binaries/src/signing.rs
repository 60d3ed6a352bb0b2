//! Keys on the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use binpkg::sign::{SecretKey, TrustList};
use cli::{Exit, WithExit};
use mirror::publish::Signing;

/// How the index is signed.
#[derive(clap::Args)]
pub struct SigningArgs {
    /// Sign the index with this secret key of `keygen` (repeatable, while one key takes the place of another)
    #[arg(long = "sign-key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// For how long the signatures count, such as 30d, 12h or 45m
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = lifetime)]
    expires: Duration,
    /// A key that may have signed the index so far, `<name> <base64>` (repeatable)
    #[arg(long = "key", value_name = "KEY", allow_hyphen_values = true)]
    trusted: Vec<String>,
}

impl SigningArgs {
    /// The same, with the keys read; `None` without any.
    ///
    /// # Errors
    /// A key that cannot be read.
    pub fn read(&self) -> Result<Option<Signing>> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        let keys = self.keys.iter().map(|path| read_key(path)).collect::<Result<_>>()?;
        Ok(Some(Signing {
            keys,
            lifetime: self.expires,
            trusted: trust_list(&self.trusted)?,
        }))
    }

    /// All these keys as trusted ones.
    ///
    /// # Errors
    /// A key that cannot be read.
    pub fn trusts(&self) -> Result<TrustList> {
        let mut lines = self.trusted.clone();
        for path in &self.keys {
            lines.push(read_key(path)?.public().to_string());
        }
        trust_list(&lines)
    }

    /// The same, where a key is needed.
    ///
    /// # Errors
    /// No key, or one that cannot be read.
    pub fn need(&self) -> Result<Signing> {
        self.read()?
            .ok_or_else(|| anyhow!("expected a key to sign with: --sign-key FILE; `upload-binaries keygen` makes one"))
            .exit(Exit::Usage)
    }
}

fn trust_list(lines: &[String]) -> Result<TrustList> {
    TrustList::parse(lines.iter().map(String::as_str))
        .context("cannot use --key")
        .exit(Exit::Usage)
}

fn read_key(path: &Path) -> Result<SecretKey> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the key {}", path.display()))?;
    text.parse().with_context(|| format!("cannot use {}", path.display()))
}

/// No signature should count for longer: whoever keeps newer ones away would never be noticed.
const LONGEST: u64 = 3650;

fn lifetime(text: &str) -> Result<Duration, String> {
    let refuse = || format!("expected a number and d, h or m, such as 30d, and at most {LONGEST}d, found `{text}`");
    let unit = match text.chars().last() {
        Some('d') => 24 * 3600,
        Some('h') => 3600,
        Some('m') => 60,
        _ => return Err(refuse()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| refuse())?;
    match number.checked_mul(unit) {
        Some(seconds @ 1..) if seconds <= LONGEST * 24 * 3600 => Ok(Duration::from_secs(seconds)),
        _ => Err(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes() {
        for (text, seconds) in [("30d", 2_592_000), ("12h", 43_200), ("1m", 60), ("3650d", 315_360_000)] {
            assert_eq!(lifetime(text), Ok(Duration::from_secs(seconds)));
        }
        for text in [
            "",
            "30",
            "d",
            "0d",
            "-1d",
            "3651d",
            "99999999999999999999d",
            "1.5d",
            "30ä",
        ] {
            assert!(lifetime(text).unwrap_err().contains("such as 30d"), "{text}");
        }
    }
}
