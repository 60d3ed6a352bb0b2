//! Tests of a workspace: compiled in one action, run in another.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::files::{at, copy_file, entries};
use crate::flags::Flags;
use crate::job::Job;
use crate::workspace::members;

/// Compiles the tests of some packages, and the programs of these that they start, in one go of cargo: what several need is
/// compiled once. Lays them out as cargo does: programs at the top, tests below `deps/<package>/`.
pub fn compile(flags: &Flags) -> Result<()> {
    let job = Job::new(flags)?;
    let (out, packages, bins) = (flags.path("out")?, flags.all("package"), flags.all("bin"));
    let members = members(&job.workspace)?;
    if let Some(unknown) = packages.iter().find(|package| !members.contains_key(*package)) {
        return Err(format!(
            "no member of the workspace is called {unknown}; correct `packages`"
        ));
    }
    let mut cargo = job.cargo_on(&job.workspace.join("Cargo.toml"), "build")?;
    cargo.args(["--tests", "--message-format=json-render-diagnostics"]);
    // Naming the packages would not do: a crate of the registry may have the name of a member.
    if members.len() > 1 {
        cargo.arg("--workspace");
        for other in members.keys().filter(|name| !packages.contains(name)) {
            cargo.args(["--exclude", other]);
        }
    }
    for bin in bins {
        cargo.args(["--bin", bin]);
    }
    let output = cargo
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot start cargo: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "the tests, or the programs that they start, do not compile ({}); the words of cargo stand above. A program in `bins` \
             belongs to one of `packages`",
            output.status
        ));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    for package in packages {
        let programs = test_programs(&messages, &members[package]);
        if programs.is_empty() {
            return Err(format!(
                "package {package} has no test program; take it out of `packages`, or give it tests"
            ));
        }
        for (number, program) in programs.iter().enumerate() {
            let name = format!("{number:02}-{}", stem(program));
            copy_file(program, &out.join("deps").join(package).join(name))?;
        }
    }
    bins.iter().try_for_each(|bin| job.copy_program(bin, &out))
}

/// Cargo's names end in a hash that depends on the compiler.
fn stem(program: &Path) -> &str {
    let name = program.file_name().and_then(|n| n.to_str());
    name.and_then(|n| n.rsplit_once('-')).map_or("test", |(stem, _)| stem)
}

/// The executables of the test targets of one member in cargo's JSON messages, sorted: cargo names them as they get ready.
/// Their paths are ours and need no unescaping.
fn test_programs(messages: &str, manifest: &Path) -> Vec<PathBuf> {
    let of_member = format!("\"manifest_path\":\"{}\"", manifest.display());
    // `test` is the last field of the profile: set for a test program, not for a library that merely can be tested.
    let is_test = |line: &&str| line.contains(&of_member) && line.contains("\"test\":true},\"features\"");
    let path = |line: &str| Some(line.split_once("\"executable\":\"")?.1.split_once('"')?.0.into());
    let mut programs: Vec<PathBuf> = messages.lines().filter(is_test).filter_map(path).collect();
    programs.sort();
    programs
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
