//! `fawn cquery`: targets as they are configured.

use super::options::Configuration;
use anyhow::Result;
use serde_json::{Map, Value};
use std::io::Write;

/// Show configured targets: selects resolved, dependencies in their configuration.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A pattern, or `deps rdeps kind filter attrfilter nattrfilter attrregexfilter set`, joined by `+ - ^`.
    #[arg(value_name = "EXPRESSION", required = true)]
    expressions: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
    /// Print a JSON object with all attributes of each target.
    #[arg(short = 'A', long)]
    output_all_attributes: bool,
    /// Print a JSON object with these attributes of each target (regular expressions).
    #[arg(short = 'a', long, value_name = "REGEX")]
    output_attribute: Vec<String>,
    /// Print a JSON list of labels, or an object when attributes are asked for.
    #[arg(long)]
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
    let mut targets = project.configured_targets(&cwd, &args.expressions, &settings.modifiers, platform)?;
    if !args.output_attribute.is_empty() {
        let wanted = args
            .output_attribute
            .iter()
            .map(|text| Ok(regex::Regex::new(&format!("^(?:{text})$"))?));
        let wanted = wanted.collect::<Result<Vec<_>>>()?;
        for target in targets.values_mut() {
            keep(target, |name| wanted.iter().any(|pattern| pattern.is_match(name)));
        }
    }
    let text = if args.output_all_attributes || !args.output_attribute.is_empty() {
        format!("{:#}\n", Value::Object(targets))
    } else if args.json {
        format!("{:#}\n", targets.keys().map(String::as_str).collect::<Value>())
    } else {
        targets.keys().map(|label| format!("{label}\n")).collect()
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}

fn keep(target: &mut Value, wanted: impl Fn(&str) -> bool) {
    if let Value::Object(map) = target {
        let kept: Map<_, _> = std::mem::take(map)
            .into_iter()
            .filter(|(name, _)| wanted(name))
            .collect();
        *map = kept;
    }
}
