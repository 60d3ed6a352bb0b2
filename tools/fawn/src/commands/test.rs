//! `fawn test`: builds tests and runs them side by side.

use super::built::{Asked, analyze, build};
use super::exit::{BAD, TESTS_FAILED};
use super::options::{Building, Configuration};
use super::progress::Progress;
use super::{process, signals};
use crate::exec::Engine;
use crate::exec::log::{Ran, seconds};
use crate::exec::sandbox::wait::{Ended, wait};
use crate::rule_test::RuleTest;
use crate::session::{Analyzed, Project, TestInfo};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Build and run tests: exit code 0 passes. Ends with 32 when one fails, with 3 when one cannot be built.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Targets and patterns; what is no test is analysed only.
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<String>,
    /// Build the other targets, too, as `build` does; `[buck2] test_builds_targets = true` makes it the default.
    #[arg(long, conflicts_with = "skip_default_info")]
    build_default_info: bool,
    /// Do not build them, whatever is configured.
    #[arg(long)]
    skip_default_info: bool,
    #[command(flatten)]
    configuration: Configuration,
    #[command(flatten)]
    building: Building,
    /// Kill a test after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    /// Run only the tests of rules (`*_test.bzl`) in the packages that the patterns cover; nothing is built.
    #[arg(long)]
    rule_tests: bool,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// Bad input, or the engine's own.
pub fn run(args: &Args, command: &[String]) -> Result<u8> {
    if args.rule_tests {
        let (project, cwd) = args.configuration.open()?;
        let tests = project.rule_tests(&cwd, &args.patterns)?;
        let failed = run_rule_tests(&project, &tests)?;
        writeln!(std::io::stdout(), "{} passed, {failed} failed", tests.len() - failed)?;
        return Ok(if failed > 0 { TESTS_FAILED } else { 0 });
    }
    signals::watch();
    let progress = Progress::new(args.building.quiet);
    let mut asked = analyze(&args.configuration, &args.patterns, &progress)?;
    let rule_tests = asked.project.rule_tests(&std::env::current_dir()?, &args.patterns)?;
    signals::clean_up(asked.project.root());
    let engine = Engine::open(asked.project.root(), command, args.building.options(), &progress)?;
    let builds_targets = builds_targets(args, &asked.project)?;
    if !builds_targets {
        asked.analysis.targets.retain(|target| target.test.is_some());
    }
    let mut wanted = Vec::new();
    let mut tests: Vec<(&Analyzed, &TestInfo)> = Vec::new();
    for target in &asked.analysis.targets {
        if builds_targets {
            wanted.extend(target.default_outputs.iter().chain(&target.other_outputs).cloned());
        }
        if let Some(test) = &target.test {
            wanted.extend(test.command.inputs.iter().cloned());
            tests.push((target, test));
        }
    }
    let shown: Vec<_> = tests
        .iter()
        .flat_map(|(_, test)| test.command.inputs.iter().cloned())
        .collect();
    let outcome = build(&asked, &engine, &args.building, &wanted, &shown, &progress)?;
    let log = engine.into_log();
    progress.end();
    // What was built is tested, whatever else failed.
    let (tests, unbuilt): (Vec<_>, Vec<_>) = tests.into_iter().partition(|(target, test)| {
        test.command.inputs.iter().all(|input| outcome.built.has(input))
            && !outcome
                .invalid
                .iter()
                .any(|(check, _)| target.validations.contains(check))
    });
    for (target, _) in &unbuilt {
        writeln!(std::io::stdout(), "FAIL {}: it was not built", target.label)?;
    }
    let rules_failed = run_rule_tests(&asked.project, &rule_tests)?;
    let jobs = args.building.options().jobs;
    let timeout = Duration::from_secs(args.timeout);
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let trouble = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(tests.len()) {
            scope.spawn(|| {
                while let Some((target, test)) = tests.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let result = attempt(&asked, target, test, timeout);
                    let done = result.and_then(|attempt| {
                        if attempt.ended != Ended::Exited(0) {
                            failed.fetch_add(1, Ordering::SeqCst);
                        }
                        log.write(&attempt.ran(target))?;
                        attempt.tell(&target.label, timeout)
                    });
                    if let Err(error) = done {
                        trouble
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .get_or_insert(error);
                    }
                }
            });
        }
    });
    if let Some(error) = trouble.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let failed = failed.into_inner() + rules_failed;
    let passed = tests.len() + rule_tests.len() - failed;
    writeln!(std::io::stdout(), "{passed} passed, {} failed", failed + unbuilt.len())?;
    if !outcome.ok {
        eprintln!("fawn: the build failed");
        return Ok(BAD);
    }
    Ok(if failed > 0 { TESTS_FAILED } else { 0 })
}

/// Whether targets that are no tests are built: the flags decide, then the root's configuration.
fn builds_targets(args: &Args, project: &Project) -> Result<bool> {
    if args.build_default_info || args.skip_default_info {
        return Ok(args.build_default_info);
    }
    let Some(value) = project.config().value("buck2", "test_builds_targets") else {
        return Ok(false);
    };
    value.as_str().parse().with_context(|| {
        let (origin, found) = (value.origin(), value.as_str());
        format!("{origin}: `[buck2] test_builds_targets`: expected `true` or `false`, found `{found}`")
    })
}

/// Runs the tests of `_test.bzl` files, which need nothing built; returns how many failed.
fn run_rule_tests(project: &Project, tests: &[RuleTest]) -> Result<usize> {
    let mut failed = 0;
    for test in tests {
        let verdict = project.run_rule_test(test);
        let seconds = verdict.took.as_secs_f64();
        let Some(failure) = verdict.failure else {
            writeln!(std::io::stdout(), "pass {test} ({seconds:.1} s)")?;
            continue;
        };
        failed += 1;
        let mut text = format!("FAIL {test} ({seconds:.1} s)\n");
        failure.lines().for_each(|line| text.push_str(&format!("  {line}\n")));
        std::io::stdout().lock().write_all(text.as_bytes())?;
    }
    Ok(failed)
}

/// One finished test.
struct Attempt {
    ended: Ended,
    took: Duration,
    argv: Vec<String>,
    env: Vec<(String, String)>,
    words: String,
}

fn attempt(asked: &Asked, target: &Analyzed, test: &TestInfo, timeout: Duration) -> Result<Attempt> {
    let root = asked.project.root();
    let base = (!test.use_project_relative_paths || !test.run_from_project_root).then_some(root);
    let argv = process::argv(&test.command, base);
    let env = process::env(&test.command, base);
    let (ended, took, words) = start(&argv, &env, &directory(asked, target, test), timeout)?;
    Ok(Attempt {
        ended,
        took,
        argv,
        env,
        words,
    })
}

fn start(
    argv: &[String],
    env: &[(String, String)],
    dir: &Path,
    timeout: Duration,
) -> Result<(Ended, Duration, String)> {
    let (program, rest) = argv.split_first().context("the command of a test is empty")?;
    let words = tempfile::NamedTempFile::new().context("cannot make a file for the words of a test")?;
    let output = || words.reopen().context("cannot open the file for the words of a test");
    let mut command = Command::new(program);
    command
        .args(rest)
        .envs(env.iter().map(|(name, value)| (name, value)))
        .current_dir(dir);
    command
        .stdin(Stdio::null())
        .stdout(output()?)
        .stderr(output_end(words.path())?)
        .process_group(0);
    if let Some(fawn) = process::fawn() {
        command.env("FAWN", fawn);
    }
    super::signals::restore_in(&mut command);
    let start = Instant::now();
    let ended = command.spawn().and_then(|mut child| {
        let _group = crate::exec::sandbox::groups::enter(child.id());
        wait(&mut child, Some(timeout), None)
    });
    let ended = ended.unwrap_or_else(|error| Ended::NotStarted(format!("{program} cannot be started: {error}")));
    let text = std::fs::read(words.path()).context("cannot read the words of a test")?;
    Ok((ended, start.elapsed(), String::from_utf8_lossy(&text).into_owned()))
}

/// Both streams of a test go to one file, in the order they come.
fn output_end(path: &Path) -> Result<File> {
    std::fs::OpenOptions::new()
        .append(true)
        .open(path)
        .context("cannot open the file for the words of a test")
}

impl Attempt {
    /// Prints the line of the test, and all its words if it failed.
    fn tell(&self, label: &str, timeout: Duration) -> Result<()> {
        let seconds = self.took.as_secs_f64();
        let why = match &self.ended {
            Ended::Exited(0) => {
                return Ok(writeln!(std::io::stdout(), "pass {label} ({seconds:.1} s)")?);
            }
            Ended::Exited(code) => format!("exit code {code}"),
            Ended::Signaled(signal) => format!("killed by signal {signal}"),
            Ended::TimedOut => format!("killed after {} s", timeout.as_secs()),
            Ended::NotStarted(why) => why.clone(),
            Ended::Abandoned => "interrupted".to_owned(),
        };
        let mut text = format!("FAIL {label}: {why} ({seconds:.1} s)\n");
        for line in self.words.lines() {
            text.push_str(&format!("  {line}\n"));
        }
        Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
    }

    fn ran(&self, target: &Analyzed) -> Ran {
        Ran {
            reason: "test".to_owned(),
            identity: target.configured.to_string(),
            command: self.argv.clone(),
            env: self.env.iter().cloned().collect(),
            seconds: seconds(self.took),
            failed: self.ended != Ended::Exited(0),
            stderr: self.words.clone(),
        }
    }
}

/// Where a test starts: in the project root, or in the root of its cell.
fn directory(asked: &Asked, target: &Analyzed, test: &TestInfo) -> PathBuf {
    let root = asked.project.root();
    let cell = target.configured.split("//").next().unwrap_or_default();
    if test.run_from_project_root {
        root.to_owned()
    } else {
        root.join(asked.project.cell_path(cell))
    }
}
