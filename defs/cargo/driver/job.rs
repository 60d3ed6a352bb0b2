//! One offline cargo: a scratch copy of the workspace, a cargo home of its own, the real compiler.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::compiler::Compiler;
use crate::files::{Scratch, copy_file};
use crate::flags::Flags;
use crate::persona;
use crate::std_library;
use crate::zig::Zig;

/// What cargo is started with.
pub struct Job {
    scratch: Scratch,
    pub workspace: PathBuf,
    crates: PathBuf,
    compiler: Compiler,
    target: String,
    profile: String,
    features: Option<String>,
    rustflags: Vec<String>,
    cflags: Vec<String>,
    /// Folders of programs that build scripts may start.
    tools: Vec<PathBuf>,
    /// The standard library that was built from source, and what links it.
    std: Option<(PathBuf, Zig)>,
}

impl Job {
    pub fn new(flags: &Flags) -> Result<Job> {
        let compiler = Compiler::checked(flags)?;
        let target = flags.need("target")?.to_owned();
        let scratch = Scratch::new()?;
        let std = match flags.optional_path("std")? {
            Some(std) => {
                let zig = Zig::new(flags, &compiler.host, &scratch.dir)?;
                zig.take_cache(&std)?;
                Some((std, zig))
            }
            None => {
                compiler.check_installed(&target)?;
                None
            }
        };
        let workspace = scratch.workspace(&flags.path("workspace")?)?;
        let crates = flags.path("crates")?;
        scratch.cargo_home(&crates)?;
        Ok(Job {
            workspace,
            crates,
            compiler,
            target,
            profile: flags.get("profile").unwrap_or("release").to_owned(),
            features: flags.get("features").map(str::to_owned),
            rustflags: flags.all("rustflag").to_vec(),
            cflags: flags.all("cflag").to_vec(),
            tools: flags.paths("tools")?,
            std,
            scratch,
        })
    }

    /// Without packages cargo takes the features that any member of the workspace asks of a shared crate.
    pub fn build_programs(&self, packages: &[String], bins: &[String], out: &Path) -> Result<()> {
        let mut cargo = self.cargo_on(&self.workspace.join("Cargo.toml"), "build")?;
        for package in packages {
            cargo.args(["--package", package]);
        }
        for bin in bins {
            cargo.args(["--bin", bin]);
        }
        run(&mut cargo)?;
        bins.iter().try_for_each(|bin| self.copy_program(bin, out))
    }

    pub fn cargo_on(&self, manifest: &Path, command: &str) -> Result<Command> {
        let (scratch, crates) = (self.scratch.dir.display(), self.crates.display());
        let mut rustflags = vec![
            format!("--remap-path-prefix={scratch}=/w"),
            format!("--remap-path-prefix={crates}=/c"),
            format!("--remap-path-prefix={}=/rust", self.compiler.sysroot.display()),
        ];
        rustflags.extend(self.rustflags.iter().cloned());
        let is_plain = !format!("{scratch}{crates}").contains(char::is_whitespace);
        let mut cflags = vec![
            format!("-ffile-prefix-map={scratch}=/w"),
            format!("-ffile-prefix-map={crates}=/c"),
        ];
        cflags.extend(self.cflags.iter().cloned());
        if !is_plain {
            cflags = cflags.iter().map(|flag| format!("'{flag}'")).collect();
        }
        let ceilings = std::env::join_paths([&self.scratch.dir, &self.crates]).map_err(|e| e.to_string())?;

        let mut cargo = cargo(&self.compiler, &self.scratch.dir);
        cargo
            // Build scripts ask git for a revision; it must not find the repository that the build stands in.
            .env("GIT_CEILING_DIRECTORIES", ceilings)
            // Where tests believe their sources to be: inline snapshots look for the folder while they run.
            .env("CARGO_RUSTC_CURRENT_DIR", "/w/workspace")
            .env("CFLAGS", cflags.join(" "));
        if !is_plain {
            // By which the crate `cc` takes quotes for what they are.
            cargo.env("CC_SHELL_ESCAPED_FLAGS", "1");
        }
        match &self.std {
            Some((std, zig)) => {
                zig.prepare(&mut cargo, &self.target, &self.compiler, &self.tools)?;
                persona::wrap_rustc(&mut cargo, &self.scratch.dir, std)?;
                rustflags.extend(zig.rustflags(&self.target));
                let common = std_library::flags_of(std)?;
                if common.iter().any(|flag| flag.starts_with("-Z")) {
                    // For these flags alone: no crate may find out that it could use what is not stable.
                    persona::allow_unstable(&mut cargo);
                    rustflags.push("-Zallow-features=".to_owned());
                }
                rustflags.extend(common);
            }
            None => {
                let system = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
                let tools = self.tools.iter().cloned();
                cargo.env(
                    "PATH",
                    paths(std::iter::once(self.compiler.bin()).chain(tools).chain(system))?,
                );
            }
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\u{1f}"));
        cargo.arg(command).arg("--manifest-path").arg(manifest);
        cargo.args(["--frozen", "--offline"]);
        cargo.args(["--target", &self.target, "--profile", &self.profile]);
        cargo.arg("--target-dir").arg(self.scratch.dir.join("target"));
        if let Some(features) = &self.features {
            cargo.args(["--features", features]);
        }
        Ok(cargo)
    }

    /// Puts a program that cargo has built into the folder `out`.
    pub fn copy_program(&self, bin: &str, out: &Path) -> Result<()> {
        let profile = if self.profile == "dev" { "debug" } else { &self.profile };
        let suffix = if self.target.contains("windows") { ".exe" } else { "" };
        let made = self.scratch.dir.join("target").join(&self.target).join(profile);
        copy_file(&made.join(format!("{bin}{suffix}")), &out.join(bin))
    }
}

/// Cargo with an empty environment, but for what every start needs.
pub fn cargo(compiler: &Compiler, scratch: &Path) -> Command {
    let home = scratch.join("home");
    let mut cargo = Command::new(compiler.bin().join("cargo"));
    // Cargo reads `.cargo/config.toml` in every folder above the current one; above `/` there is none.
    cargo.current_dir("/").env_clear();
    cargo
        .env("HOME", &home)
        .env("CARGO_HOME", &home)
        .env("TMPDIR", scratch.join("tmp"))
        .env("CARGO_INCREMENTAL", "0")
        .env("LC_ALL", "C")
        .env("SOURCE_DATE_EPOCH", "0");
    cargo
}

/// A value of `PATH`.
pub fn paths(folders: impl Iterator<Item = PathBuf>) -> Result<OsString> {
    std::env::join_paths(folders).map_err(|e| format!("the toolchain's path: {e}"))
}

pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|e| format!("cannot start {:?}: {e}", command.get_program()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo: {status}; the compiler's words stand above"))
    }
}
