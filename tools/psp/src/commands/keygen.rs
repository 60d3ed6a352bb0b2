use std::path::{Path, PathBuf};

use anyhow::bail;
use cli::{Exit, WithExit, Words};
use pspf::OutputFile;

use crate::entropy;
use crate::errors::Coded;

/// Make a key pair: flavor-private.key (PKCS#8) and flavor-public.key (SPKI), both PEM.
///
/// The names and forms are FlavorPack's, so that either program's keys serve both.
#[derive(clap::Args)]
pub struct Args {
    /// Directory for the two files; made with mode 0700 when it does not exist.
    #[arg(long, value_name = "DIR", default_value = "keys")]
    out_dir: PathBuf,
    /// Overwrite keys that exist. What was signed with them can then no longer be signed anew.
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Makes the pair.
    pub fn run(self, words: Words) -> anyhow::Result<()> {
        let (private, public) = (
            self.out_dir.join("flavor-private.key"),
            self.out_dir.join("flavor-public.key"),
        );
        if !self.force {
            refuse_existing(&[&private, &public]).exit(Exit::Conflict)?;
        }
        make_directory(&self.out_dir)?;
        let key = entropy::private_key()?;
        let Some(public_pem) = key.public().to_pem() else {
            bail!("the new key cannot be written")
        };
        OutputFile::write(&private, key.to_pem().as_bytes(), 0o600).coded()?;
        OutputFile::write(&public, public_pem.as_bytes(), 0o644).coded()?;
        words.note(&format!("made {} and {}", private.display(), public.display()));
        println!("{}", key.public().key_id());
        Ok(())
    }
}

fn refuse_existing(paths: &[&Path]) -> anyhow::Result<()> {
    match paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => bail!(
            "{} exists: choose another --out-dir, or --force to replace the key for good",
            path.display()
        ),
        None => Ok(()),
    }
}

fn make_directory(path: &Path) -> anyhow::Result<()> {
    use anyhow::Context;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .with_context(|| format!("cannot make the directory {}", path.display()))
}
