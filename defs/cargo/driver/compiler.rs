//! The Rust toolchain of the machine: who it is, and whether it is the one that the build looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::files::at;
use crate::flags::Flags;

/// The compiler on PATH.
pub struct Compiler {
    pub sysroot: PathBuf,
    /// The triple of this machine.
    pub host: String,
    /// The commit that it was built from, or its release where that is unknown.
    pub commit: String,
}

impl Compiler {
    /// Checks that it is the one whose identity is an input of this action, or a cached result would be credited to it; that
    /// it is the pinned one (`--expect`); and that it is of the release of the library's source (`--std-release`).
    pub fn checked(flags: &Flags) -> Result<Compiler> {
        let actual = rustc(&["-vV"])?;
        check_identity(&flags.path("identity")?, &actual)?;
        let field = |name: &str| {
            let line = actual.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().to_owned()
        };
        let release = field("release: ");
        if let Some(version) = flags.get("expect").filter(|version| **version != *release) {
            return Err(format!(
                "`[buckpack] rust` pins rustc {version}, but the one on PATH is {release}; install {version}, or change the setting"
            ));
        }
        if let Some(version) = flags.get("std-release").filter(|version| **version != *release) {
            return Err(format!(
                "the standard library's pinned source is that of rustc {version}, but the one on PATH is {release}; install {version}, or pin the source of {release}"
            ));
        }
        let commit = field("commit-hash: ");
        Ok(Compiler {
            sysroot: PathBuf::from(rustc(&["--print", "sysroot"])?.trim()),
            host: field("host: "),
            commit: if commit.is_empty() { release } else { commit },
        })
    }

    pub fn bin(&self) -> PathBuf {
        self.sysroot.join("bin")
    }

    /// Fails when the installed toolchain cannot compile for `target`.
    pub fn check_installed(&self, target: &str) -> Result<()> {
        if self.sysroot.join("lib/rustlib").join(target).join("lib").is_dir() {
            return Ok(());
        }
        Err(format!(
            "the Rust toolchain in {} has no standard library for {target}; add it with `rustup target add {target}`",
            self.sysroot.display()
        ))
    }
}

fn check_identity(identity: &Path, actual: &str) -> Result<()> {
    let recorded = at(identity, fs::read_to_string(identity))?;
    if recorded == actual {
        return Ok(());
    }
    Err(format!(
        "rustc changed since the build looked at it: recorded {}, found {}; build again, under Buck2 after `buck2 kill`",
        recorded.lines().next().unwrap_or_default(),
        actual.lines().next().unwrap_or_default()
    ))
}

/// Output of the `rustc` on PATH.
pub fn rustc(args: &[&str]) -> Result<String> {
    let output = Command::new("rustc")
        .args(args)
        .output()
        .map_err(|e| format!("cannot start rustc: {e}; install Rust and put rustc on PATH"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("rustc {}: {}", args.join(" "), words.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| "rustc printed something that is not UTF-8".to_owned())
}
