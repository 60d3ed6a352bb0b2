//! `fawn aquery`: the actions that targets declare.

use super::options::Configuration;
use anyhow::Result;
use serde_json::Value;
use std::io::Write;

/// Show the actions that targets declare, without running them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A pattern, `all_actions(pattern)`, or `deps(pattern)` for those of the dependencies too.
    #[arg(value_name = "EXPRESSION", required = true)]
    expressions: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
    /// Print a JSON object with everything about each action; the names alone otherwise.
    #[arg(long, visible_alias = "output-all-attributes", short = 'A')]
    json: bool,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// Bad input.
pub fn run(args: &Args) -> Result<u8> {
    let (project, cwd) = args.configuration.open()?;
    let settings = &args.configuration;
    let platform = settings.target_platforms.as_deref();
    let actions = project.actions(&cwd, &args.expressions, &settings.modifiers, platform)?;
    let text = if args.json {
        format!("{:#}\n", Value::Object(actions))
    } else {
        actions.keys().map(|key| format!("{key}\n")).collect()
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}
