//! Starts a program in its directory where the kernel allows no namespaces.

use super::wait::{Ended, wait};
use super::{Job, capture};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `job` in the directory `root`, its words going to files in `dir`.
pub fn run(job: &Job, dir: &Path, root: &Path) -> Ended {
    let [program, arguments @ ..] = &job.argv[..] else {
        return Ended::NotStarted("the command is empty".to_owned());
    };
    let (stdout, stderr) = match capture(dir) {
        Ok(files) => files,
        Err(error) => return Ended::NotStarted(format!("{error:#}")),
    };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(&job.env);
    command
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0);
    super::signals::reset_in(&mut command);
    let ended = command.spawn().and_then(|mut child| {
        let _group = super::groups::enter(child.id());
        wait(&mut child, job.timeout, None)
    });
    ended.unwrap_or_else(|error| Ended::NotStarted(super::not_started(program, &error)))
}
