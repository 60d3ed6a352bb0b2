//! The names under which cargo, rustc and build scripts start this program in the place of others: a compiler that finds
//! our standard library, a C compiler and an archiver that are zig, and a `nm`, which zig has not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::Result;
use crate::files::{at, link};
use crate::nm::nm;
use crate::zig;

const SYSROOT: &str = "CARGO_DRIVER_SYSROOT";
const UNSTABLE: &str = "CARGO_DRIVER_UNSTABLE";

/// Whom the program stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persona {
    /// `rustc`, called by cargo with the real one as first argument.
    Rustc,
    /// The C compiler and linker for the target.
    TargetCc,
    /// Its C++ half.
    TargetCxx,
    /// The C compiler and linker for what runs during the build.
    HostCc,
    /// Its C++ half.
    HostCxx,
    /// The archiver.
    Ar,
    /// What makes the index of an archive.
    Ranlib,
    /// What lists symbols.
    Nm,
}

const NAMES: [(&str, Persona); 8] = [
    ("driver-rustc", Persona::Rustc),
    ("target-cc", Persona::TargetCc),
    ("target-c++", Persona::TargetCxx),
    ("host-cc", Persona::HostCc),
    ("host-c++", Persona::HostCxx),
    ("ar", Persona::Ar),
    ("ranlib", Persona::Ranlib),
    ("nm", Persona::Nm),
];

/// Whom a program of this name stands for.
pub fn of(program: &Path) -> Option<Persona> {
    let name = program.file_name()?;
    NAMES
        .iter()
        .find(|(known, _)| name == *known)
        .map(|(_, persona)| *persona)
}

impl Persona {
    /// Does what the real one would do.
    pub fn play(self, args: Vec<OsString>) -> Result<ExitCode> {
        match self {
            Persona::Rustc => rustc(args),
            Persona::TargetCc => zig::compile("cc", zig::TARGET, args),
            Persona::TargetCxx => zig::compile("c++", zig::TARGET, args),
            Persona::HostCc => zig::compile("cc", zig::HOST, args),
            Persona::HostCxx => zig::compile("c++", zig::HOST, args),
            Persona::Ar => zig::start("ar", args),
            Persona::Ranlib => zig::start("ranlib", args),
            Persona::Nm => nm(&args),
        }
    }
}

/// Puts all names into the folder `bin` of `scratch` and returns it.
pub fn folder(scratch: &Path) -> Result<PathBuf> {
    let bin = scratch.join("bin");
    let this = at(Path::new("the driver"), std::env::current_exe())?;
    for (name, _) in NAMES {
        let place = bin.join(name);
        if !place.exists() {
            link(&this, &place)?;
        }
    }
    Ok(bin)
}

/// Lets cargo start rustc through this program, which adds the folder of the standard library. As a flag of cargo's own it
/// would be part of the names of symbols, and the folder lies elsewhere in every checkout.
pub fn wrap_rustc(cargo: &mut Command, scratch: &Path, sysroot: &Path) -> Result<()> {
    cargo
        .env("RUSTC_WRAPPER", folder(scratch)?.join("driver-rustc"))
        .env(SYSROOT, sysroot);
    Ok(())
}

/// Lets rustc take flags that are not stable, where it compiles for the target.
pub fn allow_unstable(cargo: &mut Command) {
    cargo.env(UNSTABLE, "1");
}

fn rustc(mut args: Vec<OsString>) -> Result<ExitCode> {
    if args.is_empty() {
        return Err("driver-rustc: expected the compiler as first argument, found nothing".to_owned());
    }
    let mut command = Command::new(args.remove(0));
    let sysroot = std::env::var_os(SYSROOT).ok_or_else(|| format!("{SYSROOT} is not set"))?;
    // Build scripts and macros run here, with the library of the machine's toolchain; only what is for a target says so.
    let for_target = args.iter().any(|arg| arg == "--target");
    let this_crate = |name: &str| args.windows(2).any(|pair| pair[0] == "--crate-name" && pair[1] == name);
    if this_crate("panic_abort") {
        // As the library's own build has it, whatever the rest is compiled with.
        command.arg("-Cpanic=abort");
    }
    command.args(&args);
    if for_target && std::env::var_os(UNSTABLE).is_some() {
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    if for_target || args.iter().any(|arg| arg == "--print=sysroot") {
        command.arg("--sysroot").arg(sysroot);
    }
    finish(&mut command)
}

/// Starts a program in our place.
pub fn finish(command: &mut Command) -> Result<ExitCode> {
    let status = command
        .status()
        .map_err(|e| format!("cannot start {:?}: {e}", command.get_program()))?;
    // A program that a signal ended has no code.
    Ok(ExitCode::from(
        status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
    ))
}
