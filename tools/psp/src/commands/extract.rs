use std::path::PathBuf;

use cli::Words;
use pspf::{PackageFile, extract_slot};

use crate::errors::Coded;

/// Extract one slot: a file slot to a file, a tree slot to a directory.
#[derive(clap::Args)]
pub struct Args {
    /// The package.
    file: PathBuf,
    /// Id or position of the slot.
    slot: String,
    /// What to make; nothing of that name may exist.
    out: PathBuf,
}

impl Args {
    /// Extracts.
    pub fn run(self, words: Words) -> anyhow::Result<()> {
        let file = PackageFile::open(&self.file).coded()?;
        let _progress = words.progress(format!("extracting from {}", self.file.display()));
        extract_slot(&file, &self.slot, &self.out).coded()?;
        Ok(())
    }
}
