//! A project in a temporary directory, and fawn started in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const CONFIG: &str = "\
[cells]
  root = .
[parser]
  target_platform_detector_spec = target:root//...->root//platforms:target
[build]
  execution_platforms = root//platforms:exec
";

const PLATFORMS: &str = "\
load(\"//platforms:defs.bzl\", \"exec_platform\", \"target_platform\")

target_platform(name = \"target\", visibility = [\"PUBLIC\"])
exec_platform(name = \"exec\", visibility = [\"PUBLIC\"])
";

const PLATFORM_RULES: &str = r#"
_EMPTY = ConfigurationInfo(constraints = {}, values = {})

def _target_platform_impl(ctx):
    label = str(ctx.label.raw_target())
    return [DefaultInfo(), PlatformInfo(label = label, configuration = _EMPTY)]

target_platform = rule(impl = _target_platform_impl, attrs = {}, is_configuration_rule = True)

def _exec_platform_impl(ctx):
    platform = ExecutionPlatformInfo(
        label = ctx.label.raw_target(),
        configuration = _EMPTY,
        executor_config = CommandExecutorConfig(local_enabled = True, remote_enabled = False),
    )
    return [DefaultInfo(), ExecutionPlatformRegistrationInfo(platforms = [platform])]

exec_platform = rule(impl = _exec_platform_impl, attrs = {}, is_configuration_rule = True)
"#;

/// `sh`: one shell action, `$1` is the output, then come the sources. `check`: a test. `checked`: a validation.
const RULES: &str = r#"
def _sh_impl(ctx):
    out = ctx.actions.declare_output("out", dir = ctx.attrs.dir)
    ctx.actions.run(
        cmd_args(ctx.attrs.shell, "-c", ctx.attrs.cmd, "sh", out.as_output(), ctx.attrs.srcs),
        category = ctx.attrs.category,
        env = ctx.attrs.env,
        local_only = ctx.attrs.local_only,
        no_outputs_cleanup = ctx.attrs.keep,
        **({"timeout_seconds": ctx.attrs.timeout} if ctx.attrs.timeout else {})
    )
    return [DefaultInfo(default_output = out), RunInfo(args = cmd_args(out))]

sh = rule(impl = _sh_impl, attrs = {
    "category": attrs.string(default = "sh"),
    "cmd": attrs.string(),
    "dir": attrs.bool(default = False),
    "env": attrs.dict(attrs.string(), attrs.string(), default = {}),
    "keep": attrs.bool(default = False),
    "local_only": attrs.bool(default = False),
    "shell": attrs.string(default = "/bin/sh"),
    "srcs": attrs.list(attrs.source(allow_directory = True), default = []),
    "timeout": attrs.int(default = 0),
})

def _check_impl(ctx):
    command = cmd_args("/bin/sh", "-c", ctx.attrs.cmd, "sh", ctx.attrs.srcs)
    return [DefaultInfo(), ExternalRunnerTestInfo(type = "custom", command = [command], env = ctx.attrs.env)]

check = rule(impl = _check_impl, attrs = {
    "cmd": attrs.string(),
    "env": attrs.dict(attrs.string(), attrs.string(), default = {}),
    "srcs": attrs.list(attrs.source(), default = []),
})

def _checked_impl(ctx):
    report = ctx.actions.write("report.json", ctx.attrs.report)
    return [
        DefaultInfo(default_output = ctx.attrs.src),
        ValidationInfo(validations = [ValidationSpec(name = "good", validation_result = report)]),
    ]

checked = rule(impl = _checked_impl, attrs = {"report": attrs.string(), "src": attrs.source()})
"#;

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A project.
pub struct World {
    dir: TempDir,
}

impl World {
    /// A project whose root package holds `targets`.
    pub fn new(targets: &str) -> Self {
        // Nothing may stumble over characters that mean something to a shell or to mount options.
        let dir = tempfile::Builder::new().prefix("a b,c:d").tempdir().unwrap();
        let world = Self { dir };
        world.write(".buckconfig", CONFIG);
        world.write("platforms/BUCK", PLATFORMS);
        world.write("platforms/defs.bzl", PLATFORM_RULES);
        world.write("rules.bzl", RULES);
        world.write(
            "BUCK",
            &format!("load(\":rules.bzl\", \"check\", \"checked\", \"sh\")\n{targets}"),
        );
        world
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// fawn with these words, an almost empty environment, in the root of the project.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(testkit::program("fawn"));
        command.args(words).current_dir(self.path()).env_clear();
        command
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.path().join("home"));
        command
    }

    pub fn fawn(&self, words: &[&str]) -> Said {
        said(&self.command(words).output().unwrap())
    }

    /// Runs a command that must succeed and returns its stdout.
    pub fn ok(&self, words: &[&str]) -> String {
        let said = self.fawn(words);
        assert_eq!(said.code, Some(0), "fawn {words:?}: {}{}", said.stdout, said.stderr);
        said.stdout
    }

    /// Builds one target and returns the text of its only output.
    pub fn build(&self, target: &str) -> String {
        self.ok(&["build", "-q", target, "--out", "-"])
    }

    /// The categories and targets that the last command ran, sorted.
    pub fn ran(&self) -> Vec<String> {
        let text = self.ok(&["log", "what-ran"]);
        let mut names: Vec<String> = text
            .lines()
            .map(|line| line.split('\t').nth(1).unwrap().split(" (").next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    /// Where the output of a target is.
    pub fn output(&self, target: &str) -> PathBuf {
        let path = self.ok(&["build", "-q", target, "--show-simple-output"]);
        self.path().join(path.trim_end())
    }
}

pub fn said(output: &Output) -> Said {
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// Whether the kernel lets fawn use namespaces here; a test that needs them says `SKIPPED` otherwise.
pub fn has_namespaces() -> bool {
    let world = World::new("sh(name = \"a\", cmd = \"pwd > $1\")\n");
    let inside = world.build("//:a").trim_end() == "/fawn";
    if !inside {
        eprintln!("SKIPPED: the kernel permits no namespaces");
    }
    inside
}

/// Every file below a directory.
pub fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}
