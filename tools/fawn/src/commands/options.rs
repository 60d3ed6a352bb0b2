//! Options that several commands share.

use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;

use crate::exec::Options;
use crate::session::Project;

/// What is configured, and how.
#[derive(Debug, Args)]
pub struct Configuration {
    /// Set a configuration value for this command, before all files; `section.key=` unsets it.
    #[arg(short = 'c', long = "config", value_name = "SECTION.KEY=VALUE")]
    pub config: Vec<String>,
    /// A modifier for every requested target: a constraint value or an alias; later ones win.
    #[arg(short = 'm', long = "modifier", value_name = "MODIFIER")]
    pub modifiers: Vec<String>,
    /// The platform of the requested targets, instead of the one that `.buckconfig` detects.
    #[arg(long, value_name = "LABEL")]
    pub target_platforms: Option<String>,
}

impl Configuration {
    /// The project around the current directory.
    ///
    /// # Errors
    /// As [`Project::open`].
    pub fn open(&self) -> Result<(Project, PathBuf)> {
        let cwd = std::env::current_dir().context("the current directory does not exist")?;
        Ok((Project::open(&cwd, &self.config)?, cwd))
    }
}

/// How to build.
#[derive(Debug, Args)]
pub struct Building {
    /// How many actions run at once [default: the number of processors].
    #[arg(short = 'j', long = "num-threads", value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Stop at the first failed action instead of building what does not depend on it.
    #[arg(long, conflicts_with = "keep_going")]
    pub fail_fast: bool,
    /// Build everything that does not depend on a failed action; this is the default.
    #[arg(long)]
    pub keep_going: bool,
    /// Run the optional validations of this name too.
    #[arg(long, value_name = "NAME")]
    pub enable_optional_validations: Vec<String>,
    /// Say nothing but errors and results.
    #[arg(short, long)]
    pub quiet: bool,
}

impl Building {
    /// The same for the engine. `FAWN_NO_NAMESPACES=1` is for finding out whether the sandbox is to blame.
    pub fn options(&self) -> Options {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Options {
            jobs: self.jobs.map_or(cores, usize::from),
            keep_going: !self.fail_fast,
            namespaces: std::env::var_os("FAWN_NO_NAMESPACES").is_none_or(|value| value.is_empty()),
        }
    }
}
