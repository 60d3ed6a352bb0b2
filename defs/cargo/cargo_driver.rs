//! Prepares a clean place and starts cargo in it. One file on the standard library alone, so that `rustc` can compile
//! it before anything else of this repository exists.
//!
//! ```text
//! cargo_driver identity OUT SUMMARY
//! cargo_driver vendor   --out DIR --workspace DIR
//! cargo_driver build    --out DIR --workspace DIR --crates DIR --identity FILE --target TRIPLE [--expect VERSION]
//!                       [--profile P] [--rustflag F]... [--features F] --bin NAME...
//! cargo_driver tests    (as build, with --package NAME... for --bin)
//! cargo_driver run-tests DIR PACKAGE [ARG]...
//! ```
//!
//! `build` sees the workspace, the crates and the Rust toolchain, and nothing else: the environment is cleared, no
//! cargo configuration of the machine is read, and no path of the machine reaches the output.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("cargo_driver: error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["identity", out, summary] => identity(Path::new(out), Path::new(summary)),
        ["vendor", flags @ ..] => vendor(&Flags::parse(flags)?),
        ["build", flags @ ..] => build(&Flags::parse(flags)?),
        ["tests", flags @ ..] => tests(&Flags::parse(flags)?),
        ["run-tests", dir, package, args @ ..] => run_tests(Path::new(dir), package, args),
        _ => Err(format!(
            "expected identity, vendor, build, tests or run-tests with their arguments, got {words:?}"
        )),
    }
}

/// `--name value` pairs; a name may repeat.
struct Flags(BTreeMap<String, Vec<String>>);

impl Flags {
    fn parse(words: &[&str]) -> Result<Flags> {
        let mut flags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in words.chunks(2) {
            match pair {
                [name, value] if name.starts_with("--") => {
                    flags.entry(name[2..].to_owned()).or_default().push((*value).to_owned());
                }
                _ => return Err(format!("expected `--name value`, got {pair:?}")),
            }
        }
        Ok(Flags(flags))
    }

    fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.all(name).last().map(String::as_str)
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let value = self.get(name).ok_or_else(|| format!("--{name} is missing"))?;
        // Cargo is started in `/`, so every path has to hold from there.
        std::path::absolute(value).map_err(|e| format!("--{name} {value}: {e}"))
    }
}

// ---------------------------------------------------------------------------------------------------- commands

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
    build_programs(&job, flags.all("package"), flags.all("bin"), &out)
}

/// Without packages cargo takes the features that any member of the workspace asks of a shared crate.
fn build_programs(job: &Job, packages: &[String], bins: &[String], out: &Path) -> Result<()> {
    let mut cargo = job.cargo("build")?;
    for package in packages {
        cargo.args(["--package", package]);
    }
    for bin in bins {
        cargo.args(["--bin", bin]);
    }
    run(&mut cargo)?;
    bins.iter().try_for_each(|bin| job.copy_program(bin, out))
}

/// Compiles the tests of some packages, and the workspace's programs that they start, and lays them out as cargo does:
/// programs at the top, tests below `deps/<package>/`.
fn tests(flags: &Flags) -> Result<()> {
    let job = Job::new(flags)?;
    let out = flags.path("out")?;
    if !flags.all("bin").is_empty() {
        build_programs(&job, &[], flags.all("bin"), &out)?;
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

/// The manifest of a member. Its name alone would not do: a crate of the registry may have the same one.
fn member(workspace: &Path, package: &str) -> Result<PathBuf> {
    let name = format!("name = \"{package}\"");
    let is_it = |manifest: &PathBuf| {
        let text = fs::read_to_string(manifest).unwrap_or_default();
        let mut own = text
            .lines()
            .skip_while(|line| *line != "[package]")
            .take_while(|line| !line.is_empty());
        own.any(|line| line == name)
    };
    let folders = std::iter::once(workspace.to_owned()).chain(entries(workspace)?);
    let mut manifests = folders.map(|folder| folder.join("Cargo.toml"));
    manifests
        .find(is_it)
        .ok_or_else(|| format!("no member of the workspace is called {package}; correct `packages`"))
}

/// Runs all test programs of a package; every one runs, also after a failure.
fn run_tests(dir: &Path, package: &str, args: &[&str]) -> Result<()> {
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

// ---------------------------------------------------------------------------------------------------- cargo, alone

/// One offline cargo: a scratch copy of the workspace, a cargo home of its own, the real toolchain.
struct Job {
    scratch: Scratch,
    workspace: PathBuf,
    crates: PathBuf,
    sysroot: PathBuf,
    target: String,
    profile: String,
    features: Option<String>,
    rustflags: Vec<String>,
}

impl Job {
    fn new(flags: &Flags) -> Result<Job> {
        check_compiler(&flags.path("identity")?, flags.get("expect"))?;
        let sysroot = PathBuf::from(rustc(&["--print", "sysroot"])?.trim());
        let target = flags.get("target").ok_or("--target is missing")?.to_owned();
        if !sysroot.join("lib/rustlib").join(&target).join("lib").is_dir() {
            return Err(format!(
                "the Rust toolchain in {} has no standard library for {target}; add it with `rustup target add {target}`",
                sysroot.display()
            ));
        }
        let scratch = Scratch::new()?;
        let workspace = scratch.workspace(&flags.path("workspace")?)?;
        let crates = flags.path("crates")?;
        scratch.cargo_home(&crates)?;
        Ok(Job {
            workspace,
            crates,
            sysroot,
            target,
            profile: flags.get("profile").unwrap_or("release").to_owned(),
            features: flags.get("features").map(str::to_owned),
            rustflags: flags.all("rustflag").to_vec(),
            scratch,
        })
    }

    fn cargo(&self, command: &str) -> Result<Command> {
        self.cargo_on(&self.workspace.join("Cargo.toml"), command)
    }

    fn cargo_on(&self, manifest: &Path, command: &str) -> Result<Command> {
        let home = self.scratch.dir.join("home");
        let (scratch, crates) = (self.scratch.dir.display(), self.crates.display());
        let mut rustflags = vec![
            format!("--remap-path-prefix={scratch}=/w"),
            format!("--remap-path-prefix={crates}=/c"),
            format!("--remap-path-prefix={}=/rust", self.sysroot.display()),
        ];
        rustflags.extend(self.rustflags.iter().cloned());
        let cflags = format!("-ffile-prefix-map={scratch}=/w -ffile-prefix-map={crates}=/c");

        let ceilings = std::env::join_paths([&self.scratch.dir, &self.crates]).map_err(|e| e.to_string())?;
        let mut cargo = Command::new(self.sysroot.join("bin").join("cargo"));
        // Cargo reads `.cargo/config.toml` in every folder above the current one; above `/` there is none.
        cargo.current_dir("/").env_clear();
        let system = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
        let path = std::env::join_paths(std::iter::once(self.sysroot.join("bin")).chain(system))
            .map_err(|e| format!("the toolchain's path: {e}"))?;
        for (name, value) in [
            ("PATH", path.as_os_str()),
            ("HOME", home.as_os_str()),
            ("CARGO_HOME", home.as_os_str()),
            ("TMPDIR", self.scratch.dir.join("tmp").as_os_str()),
            // Build scripts ask git for a revision; it must not find the repository that the build stands in.
            ("GIT_CEILING_DIRECTORIES", ceilings.as_os_str()),
            // Where tests believe their sources to be: inline snapshots look for the folder while they run.
            ("CARGO_RUSTC_CURRENT_DIR", "/w/workspace".as_ref()),
            ("CARGO_INCREMENTAL", "0".as_ref()),
            ("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\u{1f}").as_ref()),
            ("CFLAGS", cflags.as_ref()),
            ("LC_ALL", "C".as_ref()),
            ("SOURCE_DATE_EPOCH", "0".as_ref()),
        ] {
            cargo.env(name, value);
        }
        cargo.arg(command).arg("--manifest-path").arg(manifest);
        cargo.args(["--frozen", "--offline"]);
        cargo.args(["--target", &self.target, "--profile", &self.profile]);
        cargo.arg("--target-dir").arg(self.scratch.dir.join("target"));
        if let Some(features) = &self.features {
            cargo.args(["--features", features]);
        }
        Ok(cargo)
    }

    fn copy_program(&self, bin: &str, out: &Path) -> Result<()> {
        let profile = if self.profile == "dev" { "debug" } else { &self.profile };
        let suffix = if self.target.contains("windows") { ".exe" } else { "" };
        let made = self.scratch.dir.join("target").join(&self.target).join(profile);
        copy_file(&made.join(format!("{bin}{suffix}")), &out.join(bin))
    }
}

/// The compiler must be the one whose identity is an input of this action, or a cached result would be credited to it.
fn check_compiler(identity: &Path, expected: Option<&str>) -> Result<()> {
    let recorded = at(identity, fs::read_to_string(identity))?;
    let actual = rustc(&["-vV"])?;
    if recorded != actual {
        return Err(format!(
            "rustc changed since the build looked at it: recorded {}, found {}; build again, under Buck2 after `buck2 kill`",
            recorded.lines().next().unwrap_or_default(),
            actual.lines().next().unwrap_or_default()
        ));
    }
    let release = actual
        .lines()
        .find_map(|l| l.strip_prefix("release: "))
        .unwrap_or_default();
    match expected {
        Some(version) if version != release => Err(format!(
            "`[buckpack] rust` pins rustc {version}, but the one on PATH is {release}; install {version}, or change the setting"
        )),
        _ => Ok(()),
    }
}

/// The executables of test targets in cargo's JSON messages. Their paths are ours and need no unescaping.
fn test_programs(messages: &str) -> Vec<PathBuf> {
    // `test` is the last field of the profile: set for a test program, not for a library that merely can be tested.
    let is_test = |line: &&str| line.contains("\"test\":true},\"features\"");
    let path = |line: &str| Some(line.split_once("\"executable\":\"")?.1.split_once('"')?.0.into());
    messages.lines().filter(is_test).filter_map(path).collect()
}

/// Output of the `rustc` on PATH.
fn rustc(args: &[&str]) -> Result<String> {
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

fn run(command: &mut Command) -> Result<()> {
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

// ---------------------------------------------------------------------------------------------------- files

/// A directory of this action alone, removed at the end.
struct Scratch {
    dir: PathBuf,
}

impl Scratch {
    fn new() -> Result<Scratch> {
        let parent =
            std::env::var_os("BUCK_SCRATCH_PATH").map_or_else(|| PathBuf::from("cargo-scratch"), PathBuf::from);
        let dir = at(&parent, std::path::absolute(parent.join("cargo")))?;
        if dir.exists() {
            at(&dir, fs::remove_dir_all(&dir))?;
        }
        for name in ["home", "tmp", "workspace"] {
            at(&dir, fs::create_dir_all(dir.join(name)))?;
        }
        Ok(Scratch { dir })
    }

    /// Copies the workspace, refuses what cannot be pinned, and gives members without sources empty ones.
    fn workspace(&self, from: &Path) -> Result<PathBuf> {
        let to = self.dir.join("workspace");
        copy_tree(from, &to)?;
        let lock = to.join("Cargo.lock");
        let text =
            fs::read_to_string(&lock).map_err(|_| format!("{}: no Cargo.lock; add it to `srcs`", from.display()))?;
        refuse_git(&text)?;
        add_stubs(&to)?;
        Ok(to)
    }

    fn cargo_home(&self, crates: &Path) -> Result<()> {
        let config = format!(
            "[source.crates-io]\nreplace-with = \"pinned\"\n\n[source.pinned]\ndirectory = {:?}\n\n[net]\noffline = true\n",
            crates.display().to_string()
        );
        write(&self.dir.join("home/config.toml"), config.as_bytes())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A leftover costs space and nothing else: the next run clears it first.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A git dependency has no checksum in the lock, so nothing would pin it.
fn refuse_git(lock: &str) -> Result<()> {
    let mut name = "";
    for line in lock.lines() {
        if let Some(value) = line.strip_prefix("name = ") {
            name = value.trim_matches('"');
        }
        if let Some(source) = line.strip_prefix("source = \"git+") {
            return Err(format!(
                "Cargo.lock: package `{name}` comes from git ({}), which the lock does not pin by checksum; take it from a registry, or make it a member of the workspace",
                source.trim_matches('"')
            ));
        }
    }
    Ok(())
}

/// Members whose sources are not inputs of this action still have to parse: cargo wants a target in every one.
fn add_stubs(dir: &Path) -> Result<()> {
    for entry in entries(dir)? {
        if entry.is_dir() {
            add_stubs(&entry)?;
        }
    }
    let Ok(manifest) = fs::read_to_string(dir.join("Cargo.toml")) else {
        return Ok(());
    };
    if !manifest.contains("[package]") {
        return Ok(());
    }
    let declared = manifest
        .lines()
        .filter_map(|l| l.trim().strip_prefix("path = \"")?.strip_suffix('"'))
        .filter(|p| p.ends_with(".rs"));
    let mut wanted: Vec<PathBuf> = declared.map(|p| dir.join(p)).collect();
    if !dir.join("src").exists() {
        wanted.push(dir.join("src/lib.rs"));
        if let Some(name) = manifest.lines().find_map(|l| l.strip_prefix("default-run = ")) {
            wanted.push(dir.join("src/bin").join(format!("{}.rs", name.trim_matches('"'))));
        }
    }
    for file in wanted.iter().filter(|file| !file.exists()) {
        write(file, b"fn main() {}\n")?;
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    at(to, fs::create_dir_all(to))?;
    for entry in entries(from)? {
        let Some(name) = entry.file_name() else { continue };
        if entry.is_dir() {
            copy_tree(&entry, &to.join(name))?
        } else {
            copy_file(&entry, &to.join(name))?
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    make_parent(to)?;
    fs::copy(from, to)
        .map(drop)
        .map_err(|e| format!("cannot copy {} to {}: {e}", from.display(), to.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    make_parent(path)?;
    at(path, fs::write(path, bytes))
}

fn make_parent(path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    at(parent, fs::create_dir_all(parent))
}

/// Says which file an error is about.
fn at<T>(path: &Path, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| format!("{}: {error}", path.display()))
}

/// The entries of a directory, sorted by name.
fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let read = at(dir, fs::read_dir(dir))?.map(|entry| entry.map(|entry| entry.path()));
    let mut found = at(dir, read.collect::<std::io::Result<Vec<_>>>())?;
    found.sort();
    Ok(found)
}
