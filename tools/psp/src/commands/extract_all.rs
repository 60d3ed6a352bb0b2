use std::path::PathBuf;

use cli::Words;
use pspf::{PackageFile, extract_all};

use crate::errors::Coded;

/// Extract all slots below a directory, and the metadata as metadata.json.
///
/// Slots are named by position and id, such as 00_data; characters other than letters, digits, dots,
/// dashes and underscores become underscores.
#[derive(clap::Args)]
pub struct Args {
    /// The package.
    file: PathBuf,
    /// The directory to make; may exist if it is empty.
    dir: PathBuf,
}

impl Args {
    /// Extracts, and prints one path per slot.
    pub fn run(self, words: Words) -> anyhow::Result<()> {
        let file = PackageFile::open(&self.file).coded()?;
        let slots = {
            let _progress = words.progress(format!("extracting {}", self.file.display()));
            extract_all(&file, &self.dir).coded()?
        };
        for slot in slots {
            println!("{}", slot.path.display());
        }
        Ok(())
    }
}
