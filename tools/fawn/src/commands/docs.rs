//! `fawn docs`: the reference of rules, attributes and providers.

use super::options::Configuration;
use anyhow::{Context, Result};
use std::io::Write;
use std::path::PathBuf;

/// Write the reference of `.bzl` files as Markdown, out of their doc strings.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `//folder:file.bzl`.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
    /// Write one page a file into this folder, named after the file, instead of printing all.
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// A file that does not load, or a folder that cannot be written.
pub fn run(args: &Args) -> Result<u8> {
    let (project, _) = args.configuration.open()?;
    for file in &args.files {
        let page = project.reference(file)?;
        let Some(folder) = &args.output_dir else {
            std::io::stdout().write_all(page.markdown.as_bytes())?;
            continue;
        };
        let name = page
            .file
            .rsplit([':', '/'])
            .next()
            .unwrap_or_default()
            .trim_end_matches(".bzl");
        let path = folder.join(format!("{name}.md"));
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        std::fs::write(&path, page.markdown).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(0)
}
