use std::path::PathBuf;

use anyhow::Context;

/// Write the manual pages, one per command, below a directory.
#[derive(clap::Args)]
pub struct Args {
    /// The directory; made when it does not exist.
    dir: PathBuf,
}

impl Args {
    /// Writes them.
    pub fn run(self) -> anyhow::Result<()> {
        let context = || format!("cannot write manual pages to {}", self.dir.display());
        std::fs::create_dir_all(&self.dir).with_context(context)?;
        clap_mangen::generate_to(crate::described(), &self.dir).with_context(context)
    }
}
