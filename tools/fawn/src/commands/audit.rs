//! `fawn audit`: what analysis and configuration found.

use super::options::Configuration;
use anyhow::Result;
use std::io::Write;

/// Show what analysis and configuration found out about targets.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// The providers that targets return.
    Providers(Targets),
    /// The sub-targets that targets have.
    Subtargets(Targets),
    /// The configurations that targets lead to, with their constraints.
    Configurations(Targets),
    /// The execution platforms of targets: which one, because of which tools, and why not those before it.
    ExecutionPlatformResolution(Targets),
}

/// Which targets.
#[derive(Debug, clap::Args)]
pub struct Targets {
    /// `//package:target`, `//package:`, `//package/...`.
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// Bad input.
pub fn run(args: &Args) -> Result<u8> {
    let (Args::Providers(targets)
    | Args::Subtargets(targets)
    | Args::Configurations(targets)
    | Args::ExecutionPlatformResolution(targets)) = args;
    let (project, cwd) = targets.configuration.open()?;
    let requests = project.resolve_patterns(&cwd, &targets.patterns)?;
    let modifiers = &targets.configuration.modifiers;
    let platform = targets.configuration.target_platforms.as_deref();
    let text = match args {
        Args::Providers(_) => project.providers_text(&requests, modifiers, platform)?,
        Args::Subtargets(_) => {
            let labels = project.sub_targets(&requests, modifiers, platform)?;
            labels.into_iter().map(|label| format!("{label}\n")).collect()
        }
        Args::Configurations(_) => project.configurations_text(&requests, modifiers, platform)?,
        Args::ExecutionPlatformResolution(_) => project.execution_platforms_text(&requests, modifiers, platform)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}
