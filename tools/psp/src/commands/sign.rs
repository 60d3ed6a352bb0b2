use std::path::PathBuf;

use cli::Words;
use pspf::{PackageFile, SigningKey, resign};

use crate::errors::Coded;
use crate::files;

/// Sign a finished package anew, without rebuilding it.
#[derive(clap::Args)]
pub struct Args {
    /// The package.
    file: PathBuf,
    /// Private key in PKCS#8 PEM form; see `psp keygen`.
    #[arg(long, value_name = "KEY.pem")]
    private_key: PathBuf,
    /// Where to write the signed package.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Args {
    /// Signs, and says with which key.
    pub fn run(self, words: Words) -> anyhow::Result<()> {
        let key = SigningKey::from_pem(&files::read_text(&self.private_key)?).coded()?;
        let file = PackageFile::open(&self.file).coded()?;
        {
            let _progress = words.progress(format!("signing {}", self.file.display()));
            resign(&file, &key, &self.output).coded()?;
        }
        words.note(&format!(
            "signed {} with key {}",
            self.output.display(),
            key.public().key_id()
        ));
        Ok(())
    }
}
