//! Runs the program of one action in its sandbox and takes its outputs into the store.

use super::engine::Engine;
use super::entry::Entry;
use super::failure::{Failure, title};
use super::log::{Ran, seconds};
use super::sandbox::wait::Ended;
use super::sandbox::{Job, Sandbox};
use super::undeclared::Search;
use super::{environment, files, paths, scan, shell};
use crate::action::{Action, Run};
use anyhow::Result;
use digest::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Kept directories of failed actions.
const KEPT: usize = 5;

/// What a program made.
pub struct Made {
    /// In the order of the action's outputs.
    pub outputs: Vec<Entry>,
    /// How long it ran.
    pub took: Duration,
    /// Everything it said on stderr.
    pub stderr: String,
}

/// Starts the program of `action` with `inputs` and returns what it made. `maker` names the target that makes an
/// output path.
///
/// # Errors
/// [`Failure`] when the action is to blame, content that the store has lost, or the operating system's.
pub fn run(
    engine: &Engine<'_>,
    action: &Action,
    run: &Run,
    inputs: &BTreeMap<String, Entry>,
    maker: &dyn Fn(&str) -> Option<String>,
) -> Result<Made> {
    let scratch = scratch(action);
    let job = job(action, run, &scratch)?;
    let mut directories: BTreeSet<&str> = action
        .outputs
        .iter()
        .map(|output| paths::parent(&output.path))
        .collect();
    directories.insert(&scratch);
    let directories: Vec<&str> = directories.into_iter().filter(|path| !path.is_empty()).collect();
    let sandbox = Sandbox::new(&engine.layout, engine.isolation(), &engine.store, inputs, &directories)?;
    if run.no_outputs_cleanup {
        restore(engine, action, &sandbox)?;
    }
    let start = Instant::now();
    let ended = sandbox.run(&job);
    let took = start.elapsed();
    let stderr = String::from_utf8_lossy(&sandbox.stderr()).into_owned();
    let outputs = match what(&ended, run.timeout) {
        Some(what) => Err(what),
        None => collect(engine, action, &sandbox)?,
    };
    engine.log_ran(&Ran {
        reason: "build".to_owned(),
        identity: format!("{} ({})", action.owner, title(action)),
        command: run.argv.clone(),
        env: job.env.clone(),
        seconds: seconds(took),
        failed: outputs.is_err(),
        stderr: stderr.clone(),
    })?;
    match outputs {
        Ok(outputs) => Ok(Made { outputs, took, stderr }),
        Err(what) => {
            let declared: BTreeSet<String> = inputs
                .keys()
                .cloned()
                .chain(action.outputs.iter().map(|output| output.path.to_string()))
                .collect();
            let search = Search {
                root: engine.layout.root(),
                declared: &declared,
                maker,
            };
            let arguments = run.argv.iter().chain(run.env.values()).map(String::as_str);
            let target = action.owner.split(' ').next().unwrap_or_default();
            let mut failure = Failure::new(action, what);
            failure.hints = search.sentences(arguments, &stderr, target);
            failure.command = Some(shell::join(&run.argv));
            failure.stdout = String::from_utf8_lossy(&sandbox.stdout()).into_owned();
            failure.stderr = stderr;
            failure.repeat = keep(engine, action, &job, sandbox, inputs).ok();
            Err(failure.into())
        }
    }
}

/// Room for the program's own files; its name is part of no output, and equal on every machine.
fn scratch(action: &Action) -> String {
    let first = action.outputs.first().map_or("", |output| &output.path);
    format!(
        "{}/tmp/{}",
        super::layout::OUT,
        &Sha256::of(first.as_bytes()).hex()[..16]
    )
}

fn job(action: &Action, run: &Run, scratch: &str) -> Result<Job> {
    let fetches = environment::fetches(action);
    if fetches && !run.local_only {
        let what = format!(
            "its category `{}` promises a fetch, but it is not `local_only`; add `local_only = True` or rename the category",
            action.category
        );
        return Err(Failure::new(action, what).into());
    }
    let mut env = environment::inherited(run.local_only, fetches, &|name| std::env::var(name).ok());
    let mut argv = run.argv.clone();
    if let Some(program) = argv.first_mut().filter(|program| !program.contains('/')) {
        let path = env.get("PATH").filter(|_| run.local_only);
        match path.and_then(|path| environment::find_program(program, path)) {
            Some(found) => *program = found.to_string_lossy().into_owned(),
            None if run.local_only => {
                let what = format!("the program `{program}` is not on PATH; install it");
                return Err(Failure::new(action, what).into());
            }
            None => {
                let what = format!(
                    "the program `{program}` is neither an artifact nor an absolute path; only `local_only` actions \
                     search PATH"
                );
                return Err(Failure::new(action, what).into());
            }
        }
    }
    env.insert("BUCK_SCRATCH_PATH".to_owned(), scratch.to_owned());
    env.extend(run.env.clone());
    Ok(Job {
        argv,
        env,
        host: run.local_only,
        network: fetches,
        timeout: run.timeout,
    })
}

/// What went wrong, as the end of a sentence; `None` for success.
fn what(ended: &Ended, timeout: Option<Duration>) -> Option<String> {
    match ended {
        Ended::Exited(0) => None,
        Ended::Exited(code) => Some(format!("it ended with exit code {code}")),
        Ended::Signaled(signal) => Some(format!("it was killed by signal {signal}")),
        Ended::TimedOut => {
            let seconds = timeout.unwrap_or_default().as_secs_f64();
            Some(format!(
                "it ran longer than the {seconds} s of `timeout_seconds` and was killed"
            ))
        }
        Ended::NotStarted(why) => Some(why.clone()),
        Ended::Abandoned => Some("it was interrupted".to_owned()),
    }
}

/// The outputs, moved into the store; the inner error tells what is missing or odd.
fn collect(engine: &Engine<'_>, action: &Action, sandbox: &Sandbox<'_>) -> Result<Result<Vec<Entry>, String>> {
    let made = sandbox.made();
    for output in &action.outputs {
        let metadata = std::fs::symlink_metadata(made.join(&*output.path));
        match metadata {
            Err(_) => return Ok(Err(format!("it did not make its output {}", output.path))),
            Ok(metadata) if output.directory && metadata.is_file() => {
                return Ok(Err(format!(
                    "it made a file at {}, but the output is declared with `dir = True`",
                    output.path
                )));
            }
            Ok(_) => {}
        }
    }
    let mut entries = Vec::new();
    for output in &action.outputs {
        let mut found = Vec::new();
        let entry = scan::entry(&made.join(&*output.path), &mut |path, file| {
            found.push((path.to_owned(), *file));
            Ok(())
        });
        match entry {
            Ok(entry) => entries.push((entry, found)),
            Err(error) => return Ok(Err(format!("its output {} cannot be kept: {error:#}", output.path))),
        }
    }
    for (path, file) in entries.iter().flat_map(|(_, found)| found) {
        engine.store.adopt(path, file)?;
    }
    Ok(Ok(entries.into_iter().map(|(entry, _)| entry).collect()))
}

/// Puts the outputs of the last run back for a tool that works incrementally; without them it starts afresh.
fn restore(engine: &Engine<'_>, action: &Action, sandbox: &Sandbox<'_>) -> Result<()> {
    for output in &action.outputs {
        let old = engine.layout.root().join(&*output.path);
        if std::fs::symlink_metadata(&old).is_ok() {
            let entry = scan::entry(&old, &mut |path, file| {
                engine.store.offer(file.digest, super::store::Origin::Path(path.into()));
                Ok(())
            })?;
            let place = sandbox.made().join(&*output.path);
            super::sandbox::place::place(&entry, &place, &engine.store, super::sandbox::place::Means::Copy)?;
        }
    }
    Ok(())
}

/// Where the kept sandbox is that this script repeats an action in.
pub fn kept(script: &Path) -> PathBuf {
    script.with_file_name("root")
}

/// Keeps the sandbox with a script beside it that repeats the action; returns the script.
fn keep(
    engine: &Engine<'_>,
    action: &Action,
    job: &Job,
    sandbox: Sandbox<'_>,
    inputs: &BTreeMap<String, Entry>,
) -> Result<PathBuf> {
    let all = engine.layout.failed();
    let first = action.outputs.first().map_or("", |output| &output.path);
    let dir = all.join(&Sha256::of(first.as_bytes()).hex()[..8]);
    files::remove(&dir)?;
    sandbox.keep(&dir.join("root"), inputs)?;
    let assignments: Vec<String> = job.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let script = format!(
        "#!/bin/sh\n# {} ({}) in what it saw and made\ncd \"$(dirname \"$0\")/root\" && exec env -i -- {}\n",
        action.owner,
        title(action),
        shell::join(assignments.iter().chain(&job.argv))
    );
    let path = dir.join("repeat");
    files::write_atomically(&path, script.as_bytes())?;
    let mut kept: Vec<_> = std::fs::read_dir(&all)?.flatten().map(|entry| entry.path()).collect();
    kept.sort_by_key(|path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok());
    for old in kept.iter().rev().skip(KEPT) {
        files::remove(old)?;
    }
    Ok(path
        .strip_prefix(engine.layout.root())
        .map(PathBuf::from)
        .unwrap_or(path))
}
