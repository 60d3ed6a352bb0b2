use std::path::PathBuf;

use pspf::{OutputFile, PackageFile};

use crate::errors::Coded;

/// Write the signed metadata JSON of a package, byte for byte as signed.
#[derive(clap::Args)]
pub struct Args {
    /// The package.
    file: PathBuf,
    /// Where to write it; standard output when not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Args {
    /// Writes it.
    pub fn run(self) -> anyhow::Result<()> {
        let file = PackageFile::open(&self.file).coded()?;
        let package = file.package().coded()?;
        match &self.out {
            Some(path) => OutputFile::write(path, package.metadata_json(), 0o644).coded(),
            None => Ok(std::io::Write::write_all(
                &mut std::io::stdout(),
                package.metadata_json(),
            )?),
        }
    }
}
