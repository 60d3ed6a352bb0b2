//! Tests of a workspace: compiled in one action, run in another.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::files::{at, copy_file, entries};
use crate::flags::Flags;
use crate::job::Job;
use crate::workspace::member;

/// Compiles the tests of some packages, and the workspace's programs that they start, and lays them out as cargo does:
/// programs at the top, tests below `deps/<package>/`.
pub fn compile(flags: &Flags) -> Result<()> {
    let job = Job::new(flags)?;
    let out = flags.path("out")?;
    if !flags.all("bin").is_empty() {
        job.build_programs(&[], flags.all("bin"), &out)?;
    }
    for package in flags.all("package") {
        let mut cargo = job.cargo_on(&member(&job.workspace, package)?, "test")?;
        cargo.args(["--no-run", "--message-format=json-render-diagnostics"]);
        let output = cargo
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| format!("cannot start cargo: {e}"))?;
        if !output.status.success() {
            return Err(format!(
                "the tests of {package} do not compile ({}); the compiler's words stand above",
                output.status
            ));
        }
        let programs = test_programs(&String::from_utf8_lossy(&output.stdout));
        if programs.is_empty() {
            return Err(format!(
                "package {package} has no test program; take it out of `packages`, or give it tests"
            ));
        }
        for (number, program) in programs.iter().enumerate() {
            // Cargo's names end in a hash that depends on the compiler; the order is cargo's and stable.
            let stem = program
                .file_name()
                .and_then(|n| n.to_str())
                .and_then(|n| n.rsplit_once('-'))
                .map_or("test", |(stem, _)| stem);
            let name = format!("{number:02}-{stem}");
            copy_file(program, &out.join("deps").join(package).join(name))?;
        }
    }
    Ok(())
}

/// The executables of test targets in cargo's JSON messages. Their paths are ours and need no unescaping.
fn test_programs(messages: &str) -> Vec<PathBuf> {
    // `test` is the last field of the profile: set for a test program, not for a library that merely can be tested.
    let is_test = |line: &&str| line.contains("\"test\":true},\"features\"");
    let path = |line: &str| Some(line.split_once("\"executable\":\"")?.1.split_once('"')?.0.into());
    messages.lines().filter(is_test).filter_map(path).collect()
}

/// Runs all test programs of a package; every one runs, also after a failure.
pub fn run(dir: &Path, package: &str, args: &[&str]) -> Result<()> {
    let folder = at(dir, std::path::absolute(dir.join("deps").join(package)))?;
    let mut failed = Vec::new();
    for program in entries(&folder)? {
        let status = at(&program, Command::new(&program).args(args).status())?;
        if !status.success() {
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            failed.push(format!("{name} ({status})"));
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("tests of {package} failed: {}", failed.join(", ")))
    }
}
