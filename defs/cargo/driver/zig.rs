//! zig as the C compiler and the linker, for the target and for what runs during the build.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::Result;
use crate::compiler::Compiler;
use crate::darwin;
use crate::files::copy_tree;
use crate::flags::Flags;
use crate::job::paths;
use crate::persona;

const PROGRAM: &str = "CARGO_DRIVER_ZIG";
/// The variables with zig's names of the target and of this machine.
pub const TARGET: &str = "CARGO_DRIVER_ZIG_TARGET";
pub const HOST: &str = "CARGO_DRIVER_ZIG_HOST";

/// Where a standard library keeps what zig made of its C library.
pub const CACHE: &str = "zig-cache";

/// zig, and where it may work.
pub struct Zig {
    program: PathBuf,
    target: String,
    host: String,
    scratch: PathBuf,
}

impl Zig {
    pub fn new(flags: &Flags, host: &str, scratch: &Path) -> Result<Zig> {
        Ok(Zig {
            program: flags.path("zig")?,
            target: flags.need("zig-target")?.to_owned(),
            host: name_of(host)?,
            scratch: scratch.to_owned(),
        })
    }

    /// Takes what was made of the C library before: half a minute of processor time.
    pub fn take_cache(&self, std: &Path) -> Result<()> {
        copy_tree(&std.join(CACHE), &self.cache())
    }

    pub fn cache(&self) -> PathBuf {
        self.scratch.join(CACHE)
    }

    /// Lets cargo, rustc and build scripts find zig and `tools`, and no program of the machine.
    pub fn prepare(&self, cargo: &mut Command, target: &str, compiler: &Compiler, tools: &[PathBuf]) -> Result<()> {
        let bin = persona::folder(&self.scratch)?;
        let cc = |side: &str, language: &str| bin.join(format!("{side}-{language}"));
        cargo
            .env(
                "PATH",
                paths([compiler.bin(), bin.clone()].into_iter().chain(tools.iter().cloned()))?,
            )
            .env(PROGRAM, &self.program)
            .env(TARGET, &self.target)
            .env(HOST, &self.host)
            .env("ZIG_GLOBAL_CACHE_DIR", self.cache())
            .env("ZIG_LOCAL_CACHE_DIR", self.cache());
        if target.contains("apple") {
            // What strips these programs, and signs them again, comes with the compiler and does not find its library.
            cargo.env("LD_LIBRARY_PATH", compiler.sysroot.join("lib"));
            darwin::prepare(cargo, &self.scratch)?;
        }
        // Last the target: where it is this machine, it is the target that counts.
        for (side, triple) in [("host", compiler.host.as_str()), ("target", target)] {
            let word = triple.replace('-', "_");
            cargo
                .env(format!("CARGO_TARGET_{}_LINKER", word.to_uppercase()), cc(side, "cc"))
                .env(format!("CC_{word}"), cc(side, "cc"))
                .env(format!("CXX_{word}"), cc(side, "c++"))
                .env(format!("AR_{word}"), bin.join("ar"))
                .env(format!("RANLIB_{word}"), bin.join("ranlib"));
        }
        Ok(())
    }

    /// What rustc has to know of its linker.
    pub fn rustflags(&self, target: &str) -> Vec<String> {
        let mut flags = Vec::new();
        if target.contains("musl") {
            // The start files are zig's.
            flags.push("-Clink-self-contained=no".to_owned());
        }
        flags
    }
}

/// zig's name of this machine. Programs that run during the build need no younger C library than rustc itself.
fn name_of(host: &str) -> Result<String> {
    match host {
        "x86_64-unknown-linux-gnu" => Ok("x86_64-linux-gnu.2.17".to_owned()),
        "aarch64-unknown-linux-gnu" => Ok("aarch64-linux-gnu.2.17".to_owned()),
        "x86_64-unknown-linux-musl" => Ok("x86_64-linux-musl".to_owned()),
        "aarch64-unknown-linux-musl" => Ok("aarch64-linux-musl".to_owned()),
        _ => Err(format!(
            "a standard library from source is built on Linux alone, on amd64 or arm64, and this is {host}; use the installed toolchain"
        )),
    }
}

/// The C compiler, or the linker.
pub fn compile(language: &str, target: &str, args: Vec<OsString>) -> Result<ExitCode> {
    let target = std::env::var(target).map_err(|_| format!("{target} is not set"))?;
    // Undefined behaviour is not trapped, as with other compilers.
    let mut all: Vec<OsString> = ["-target", &target, "-fno-sanitize=undefined"]
        .map(OsString::from)
        .to_vec();
    let links = !args.iter().any(|arg| ["-c", "-E", "-S"].iter().any(|mode| arg == mode));
    all.extend(args.into_iter().filter_map(|arg| suitable(arg, &target)));
    if links && target.contains("macos") {
        darwin::link(&mut all);
    }
    start(language, all)
}

/// What zig makes of an argument that is meant for gcc or clang; nothing of what it does not know.
fn suitable(arg: OsString, target: &str) -> Option<OsString> {
    let Some(text) = arg.to_str() else { return Some(arg) };
    // The target is ours to say, and zig links the libraries of the compiler by itself.
    let dropped = [
        "-m64",
        "-lgcc_eh",
        "-lgcc",
        "-fuse-ld=lld",
        "-Wl,-O1",
        "-Wl,--fix-cortex-a53-843419",
    ];
    if text.starts_with("--target=") || dropped.contains(&text) {
        return None;
    }
    if text == "-lgcc_s" {
        return Some("-lunwind".into());
    }
    // With these rustc keeps gcc from linking what it links itself; zig would leave out its start files.
    if text == "-nodefaultlibs" || text == "-nostartfiles" {
        return None;
    }
    if target.contains("windows") {
        return for_windows(text).map(OsString::from);
    }
    Some(arg)
}

fn for_windows(text: &str) -> Option<&str> {
    match text {
        "-lmsvcrt" | "-l:libpthread.a" | "-Wl,--disable-auto-image-base" | "-Wl,--dynamicbase" => None,
        "-Wl,--large-address-aware" => None,
        // zig has no import library of this name; the functions are in that one.
        "-lsynchronization" => Some("-lapi-ms-win-core-synch-l1-2-0"),
        "-Wl,-Bdynamic" => Some("-Wl,-search_paths_first"),
        _ => Some(text),
    }
}

/// Starts a command of zig in our place.
pub fn start(command: &str, args: Vec<OsString>) -> Result<ExitCode> {
    let zig = std::env::var_os(PROGRAM).ok_or_else(|| format!("{PROGRAM} is not set"))?;
    persona::finish(Command::new(zig).arg(command).args(args))
}
