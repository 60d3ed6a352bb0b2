//! `applets`: a static program under every name that it answers to.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Arguments of `applets`.
#[derive(clap::Args)]
pub struct Args {
    /// The program; it lists its names when asked with `--list`, as busybox does
    #[arg(long)]
    program: PathBuf,
    /// A name that gets no link (repeatable)
    #[arg(long)]
    without: Vec<String>,
    /// The directory to make: its folder `bin` holds the program and the links
    #[arg(long)]
    out: PathBuf,
}

/// Makes the directory.
///
/// # Errors
/// A program that cannot be started or lists nothing, an `--out` that exists.
pub fn run(args: &Args) -> Result<()> {
    ensure!(
        !args.out.exists(),
        "{} exists already; remove it, or choose another directory",
        args.out.display()
    );
    let own = args.program.file_name().context("the program has no name")?;
    let parent = args.out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let staging = tempfile::tempdir_in(parent).with_context(|| format!("cannot write in {}", parent.display()))?;
    let bin = staging.path().join("tree/bin");
    std::fs::create_dir_all(&bin).with_context(|| format!("cannot create {}", bin.display()))?;
    let program = bin.join(own);
    std::fs::copy(&args.program, &program).with_context(|| format!("cannot copy {}", args.program.display()))?;
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .with_context(|| format!("cannot write {}", program.display()))?;
    for name in names(&args.program)? {
        let link = bin.join(&name);
        if !args.without.contains(&name) && !link.is_symlink() && !link.exists() {
            std::os::unix::fs::symlink(own, &link).with_context(|| format!("cannot write the link {name}"))?;
        }
    }
    std::fs::rename(staging.path().join("tree"), &args.out)
        .with_context(|| format!("cannot write {}", args.out.display()))
}

fn names(program: &Path) -> Result<Vec<String>> {
    // Without a slash the shell's rules would look for it in `PATH`.
    let path = std::path::absolute(program).context("there is no current directory")?;
    let output = Command::new(path)
        .arg("--list")
        .env_clear()
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names: Vec<_> = text.lines().map(str::to_owned).collect();
    let good = |name: &String| !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    if !output.status.success() || names.is_empty() || !names.iter().all(good) {
        bail!(
            "{} --list: expected one name a line, found {} lines and {}",
            program.display(),
            names.len(),
            output.status
        );
    }
    Ok(names)
}
