//! `fawn build`: makes the outputs of targets.

use super::built::{Asked, analyze, build, summary};
use super::exit::BAD;
use super::options::{Building, Configuration};
use super::progress::Progress;
use super::{out, report, signals};
use crate::action::Artifact;
use crate::exec::unchanged::{self, Answer};
use crate::exec::{Engine, Reporter};
use crate::session::find_root;
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Build targets: their outputs, and the validations of everything they depend on.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `//package:target`, `//package:`, `//package/...`; `[name]` for a sub-target, `?modifier` for another platform.
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    show: Show,
    /// Copy the only output of the only target to this path; `-` writes files to stdout.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Write a report with the digests of all outputs to this file, also when the build fails; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    build_report: Option<PathBuf>,
}

/// How results are shown; without any, they are not.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Show {
    /// Print each target with its output, relative to the project root.
    #[arg(long)]
    show_output: bool,
    /// Print each target with its output as an absolute path.
    #[arg(long)]
    show_full_output: bool,
    /// Print outputs only, relative to the project root.
    #[arg(long)]
    show_simple_output: bool,
    /// Print outputs only, as absolute paths.
    #[arg(long)]
    show_full_simple_output: bool,
    /// Print one JSON object: target to output, relative to the project root.
    #[arg(long)]
    show_json_output: bool,
    /// Print one JSON object: target to output as an absolute path.
    #[arg(long)]
    show_full_json_output: bool,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// Bad input, or the engine's own.
pub fn run(args: &Args, command: &[String]) -> Result<u8> {
    signals::watch();
    let started = SystemTime::now();
    let progress = Progress::new(args.building.quiet);
    let cwd = std::env::current_dir().context("the current directory does not exist")?;
    if let Some(answer) = args.earlier_answer(&cwd, command, &progress)? {
        return give(&answer, &progress);
    }
    let asked = analyze(&args.configuration, &args.patterns, &progress)?;
    signals::clean_up(asked.project.root());
    let engine = Engine::open(asked.project.root(), command, args.building.options(), &progress)?;
    let targets = || asked.analysis.targets.iter();
    let defaults: Vec<Artifact> = targets()
        .flat_map(|target| target.default_outputs.iter().cloned())
        .collect();
    let mut wanted = defaults.clone();
    wanted.extend(targets().flat_map(|target| target.other_outputs.iter().cloned()));
    let outcome = build(&asked, &engine, &args.building, &wanted, &wanted, &progress)?;
    let report = args
        .build_report
        .as_ref()
        .map(|_| report::report(&asked, &engine, &outcome))
        .transpose()?;
    let outputs = outputs(&asked);
    let results = args.show.text(&outputs, asked.project.root());
    let built = format!("built: {}", summary(&outcome.built));
    if args.may_be_unchanged() && outcome.ok && outcome.built.counts().0 == 0 {
        let answer = Answer {
            said: asked.skipped().chain([built.clone()]).collect(),
            results: results.clone(),
        };
        engine.remember(&cwd, command, started, asked.project.looked(), answer)?;
    }
    drop(engine);
    progress.end();
    if let (Some(path), Some(report)) = (&args.build_report, report) {
        write_report(path, &format!("{report}\n"))?;
    }
    if !outcome.ok {
        eprintln!("fawn: the build failed");
        return Ok(BAD);
    }
    progress.say(&built);
    args.copy_out(&outputs, asked.project.root())?;
    std::io::stdout().write_all(results.as_bytes())?;
    // The process ends here: taking all of them apart first costs time and nothing else.
    std::mem::forget((asked, outcome));
    Ok(0)
}

/// Says what a build has said before.
fn give(answer: &Answer, progress: &Progress) -> Result<u8> {
    progress.end();
    answer.said.iter().for_each(|line| progress.say(line));
    std::io::stdout().write_all(answer.results.as_bytes())?;
    Ok(0)
}

fn write_report(path: &Path, text: &str) -> Result<()> {
    if path == Path::new("-") {
        return Ok(std::io::stdout().write_all(text.as_bytes())?);
    }
    std::fs::write(path, text).with_context(|| format!("cannot write the build report {}", path.display()))
}

/// Labels with the paths of their outputs.
type Outputs<'a> = Vec<(&'a str, Vec<PathBuf>)>;

fn outputs(asked: &Asked) -> Outputs<'_> {
    asked
        .analysis
        .targets
        .iter()
        .map(|target| {
            (
                &*target.label,
                target
                    .default_outputs
                    .iter()
                    .map(|output| (**output.path()).into())
                    .collect(),
            )
        })
        .collect()
}

impl Args {
    /// Whether there is nothing to do but to say so when nothing has changed: no file is asked for besides the outputs.
    fn may_be_unchanged(&self) -> bool {
        self.out.is_none() && self.build_report.is_none()
    }

    fn earlier_answer(&self, cwd: &Path, command: &[String], progress: &Progress) -> Result<Option<Answer>> {
        if !self.may_be_unchanged() {
            return Ok(None);
        }
        let root = find_root(cwd)?;
        unchanged::find(&root, cwd, command, self.building.options().jobs, progress)
    }

    fn copy_out(&self, outputs: &Outputs<'_>, root: &Path) -> Result<()> {
        match &self.out {
            Some(path) if path == Path::new("-") => {
                let all: Vec<_> = outputs
                    .iter()
                    .flat_map(|(_, paths)| paths)
                    .map(|path| root.join(path))
                    .collect();
                out::stream(&all)
            }
            Some(path) => out::copy(&root.join(out::single(outputs)?), path),
            None => Ok(()),
        }
    }
}

impl Show {
    /// As Buck2 prints them: a target without outputs is left out, one with several gets an empty path.
    fn text(&self, outputs: &[(&str, Vec<PathBuf>)], root: &Path) -> String {
        let full = self.show_full_output || self.show_full_simple_output || self.show_full_json_output;
        let print = |path: &PathBuf| if full { root.join(path) } else { path.clone() }.display().to_string();
        let shown = outputs
            .iter()
            .filter(|(_, paths)| !paths.is_empty())
            .map(|(label, paths)| {
                (
                    *label,
                    if let [path] = &paths[..] {
                        print(path)
                    } else {
                        String::new()
                    },
                )
            });
        if self.show_output || self.show_full_output {
            shown.map(|(label, path)| format!("{label} {path}\n")).collect()
        } else if self.show_simple_output || self.show_full_simple_output {
            outputs
                .iter()
                .flat_map(|(_, paths)| paths)
                .map(|path| print(path) + "\n")
                .collect()
        } else if self.show_json_output || self.show_full_json_output {
            let map: Map<String, Value> = shown.map(|(label, path)| (label.to_owned(), path.into())).collect();
            format!("{}\n", Value::Object(map))
        } else {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(flag: &str) -> String {
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            show: Show,
        }
        let show = <Cli as clap::Parser>::parse_from(["x", flag]).show;
        let outputs = [
            ("a", vec!["o/a".into()]),
            ("b", vec![]),
            ("c", vec!["o/c1".into(), "o/c2".into()]),
        ];
        show.text(&outputs, Path::new("/r"))
    }

    #[test]
    fn all_forms() {
        assert_eq!(text("--show-output"), "a o/a\nc \n");
        assert_eq!(text("--show-full-output"), "a /r/o/a\nc \n");
        assert_eq!(text("--show-simple-output"), "o/a\no/c1\no/c2\n");
        assert_eq!(text("--show-full-simple-output"), "/r/o/a\n/r/o/c1\n/r/o/c2\n");
        assert_eq!(text("--show-json-output"), "{\"a\":\"o/a\",\"c\":\"\"}\n");
        assert_eq!(text("--show-full-json-output"), "{\"a\":\"/r/o/a\",\"c\":\"\"}\n");
    }
}
