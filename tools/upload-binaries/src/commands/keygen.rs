use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use binpkg::sign::SecretKey;
use cli::{Exit, WithExit};

use super::print;

/// Arguments of `keygen`.
///
/// The two files have the names and forms of `psp keygen`: flavor-private.key (PKCS#8) and flavor-public.key (SPKI), both PEM. One pair
/// serves packages of either kind.
#[derive(clap::Args)]
pub struct Args {
    /// Directory for the two files; made with mode 0700 when it does not exist
    #[arg(long, value_name = "DIR", default_value = "keys")]
    out_dir: PathBuf,
    /// What people call the key, in the line that trusts it
    #[arg(long, value_name = "NAME", default_value = "mirror")]
    name: String,
}

/// Makes a pair. Keys that are there stay.
///
/// # Errors
/// Exit code 5 for keys that are there.
pub fn run(args: &Args) -> Result<()> {
    if args.name.is_empty() || args.name.starts_with('-') || args.name.contains(|c: char| c.is_control() || c == ' ') {
        return Err(anyhow!(
            "expected a name without blanks that does not begin with `-`, found `{}`",
            args.name
        ))
        .exit(Exit::Usage);
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| anyhow!("the system gives no random numbers: {error}"))?;
    let key = SecretKey::from_seed(&seed);
    make_directory(&args.out_dir)?;
    write(&args.out_dir.join("flavor-private.key"), &key.to_pem()?, 0o600)?;
    write(&args.out_dir.join("flavor-public.key"), &key.public_pem()?, 0o644)?;
    let mut trusted = key.public();
    trusted.name.clone_from(&args.name);
    print(&format!("{trusted}\n"))
}

fn make_directory(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .with_context(|| format!("cannot make the directory {}", path.display()))
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(anyhow!("{} exists: choose another --out-dir", path.display())).exit(Exit::Conflict);
        }
        opened => opened.with_context(|| format!("cannot write {}", path.display()))?,
    };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.with_context(|| format!("cannot write {}", path.display()))
}
