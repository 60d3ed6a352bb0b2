//! Prepares a clean place and starts cargo in it. On the standard library alone, so that a bare `rustc` can compile it
//! before anything else of this repository exists.
//!
//! ```text
//! cargo_driver identity OUT SUMMARY
//! cargo_driver vendor   --out DIR --workspace DIR
//! cargo_driver std      --out DIR --source DIR --std-release VERSION --identity FILE --target TRIPLE --zig FILE --zig-target T
//!                       [--expect VERSION] [--profile-setting NAME=VALUE]... [--std-feature F]... [--rustflag F]...
//! cargo_driver build    --out DIR --workspace DIR --crates DIR --identity FILE --target TRIPLE [--expect VERSION]
//!                       [--std DIR --std-release VERSION --zig FILE --zig-target T]
//!                       [--profile P] [--rustflag F]... [--cflag F]... [--features F] [--tools DIR]... --bin NAME...
//! cargo_driver tests    (as build, with --package NAME... for --bin)
//! cargo_driver run-tests DIR PACKAGE [ARG]...
//! ```
//!
//! `build` sees the workspace, the crates and the Rust toolchain, and nothing else: the environment is cleared, no
//! cargo configuration of the machine is read, and no path of the machine reaches the output. With `--std` the standard
//! library is the one that `std` made of its source, and zig is the C compiler and the linker; the machine's are out of reach.
//! `--tools` are folders of programs that build scripts may start, first come, first found.
//!
//! Under the names in [`persona`] the program is what stands between cargo, rustc and zig.

mod compiler;
mod darwin;
mod files;
mod flags;
mod job;
mod nm;
mod persona;
mod std_library;
mod tests;
mod workspace;
mod zig;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use compiler::rustc;
use files::{Scratch, at, write};
use flags::Flags;
use job::Job;

pub type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let name = words.next().unwrap_or_default();
    let result = match persona::of(Path::new(&name)) {
        Some(persona) => persona.play(words.collect()),
        None => dispatch(&std::env::args().skip(1).collect::<Vec<_>>()).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|message| {
        eprintln!("cargo_driver: error: {message}");
        ExitCode::FAILURE
    })
}

fn dispatch(args: &[String]) -> Result<()> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["identity", out, summary] => identity(Path::new(out), Path::new(summary)),
        ["vendor", flags @ ..] => vendor(&Flags::parse(flags)?),
        ["std", flags @ ..] => std_library::build(&Flags::parse(flags)?),
        ["build", flags @ ..] => build(&Flags::parse(flags)?),
        ["tests", flags @ ..] => tests::compile(&Flags::parse(flags)?),
        ["run-tests", dir, package, args @ ..] => tests::run(Path::new(dir), package, args),
        _ => Err(format!(
            "expected identity, vendor, std, build, tests or run-tests with their arguments, got {words:?}"
        )),
    }
}

/// Who the compiler is: in its own words, and in one line for a recipe, where `host` says that it is this machine's.
fn identity(out: &Path, summary: &Path) -> Result<()> {
    let words = rustc(&["-vV"])?;
    write(out, words.as_bytes())?;
    let line: Vec<_> = words.lines().collect();
    write(summary, format!("host {}\n", line.join("; ")).as_bytes())
}

/// Downloads every crate that `Cargo.lock` names into one directory, with cargo's own client and configuration.
fn vendor(flags: &Flags) -> Result<()> {
    let scratch = Scratch::new()?;
    let workspace = scratch.workspace(&flags.path("workspace")?)?;
    let status = Command::new("cargo")
        .args(["vendor", "--quiet", "--locked", "--versioned-dirs", "--manifest-path"])
        .arg(workspace.join("Cargo.toml"))
        .arg(flags.path("out")?)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null()) // prints the configuration to paste; ours is written by `build`
        .status()
        .map_err(|e| format!("cannot start cargo: {e}; install Rust and put cargo on PATH"))?;
    if !status.success() {
        return Err(format!("cargo vendor: {status}; its own words stand above"));
    }
    // A workspace without dependencies leaves no directory behind.
    let out = flags.path("out")?;
    at(&out, fs::create_dir_all(&out))
}

fn build(flags: &Flags) -> Result<()> {
    let (job, out) = (Job::new(flags)?, flags.path("out")?);
    job.build_programs(flags.all("package"), flags.all("bin"), &out)
}
