//! What the inner process is told: it sees nothing else of the recipe.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use binpkg::recipe::{MaybeToolchain, Recipe};
use serde::{Deserialize, Serialize};

use super::inputs::Inputs;
use super::namespaces;
use super::placeholders::Placeholders;

/// Places, variables and commands, all of them resolved.
#[derive(Serialize, Deserialize)]
pub struct Plan {
    /// An empty directory of this machine, where the new root goes.
    pub root: PathBuf,
    /// Places inside and what stands there.
    pub mounts: BTreeMap<String, Mount>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// Whether the machine's own files are seen, too.
    pub host: bool,
    /// Names and argument vectors.
    pub phases: Vec<(String, Vec<String>)>,
}

/// A path of this machine that is seen inside.
#[derive(Serialize, Deserialize)]
pub struct Mount {
    pub path: PathBuf,
    pub writable: bool,
}

impl Plan {
    /// Resolves a recipe; `work` holds the directories that phases write to.
    ///
    /// # Errors
    /// A placeholder that leads nowhere, an input that is not there.
    pub fn new(recipe: &Recipe, inputs: &Inputs, work: &Path, jobs: u32) -> Result<Self> {
        let placeholders = Placeholders::new(recipe, jobs);
        let mut mounts = BTreeMap::new();
        for dir in ["home", "out", "src", "tmp"] {
            let mount = Mount {
                path: work.join(dir),
                writable: true,
            };
            mounts.insert(format!("/build/{dir}"), mount);
        }
        for (kind, paths) in [("dep", &inputs.deps), ("tool", &inputs.tools)] {
            for (name, path) in paths {
                let mount = Mount {
                    path: path
                        .canonicalize()
                        .with_context(|| format!("cannot find {}", path.display()))?,
                    writable: false,
                };
                mounts.insert(format!("/build/{kind}/{name}"), mount);
            }
        }
        let mut env = BTreeMap::new();
        for (name, value) in &recipe.env {
            env.insert(name.clone(), placeholders.replace(value)?);
        }
        let host = is_host(recipe);
        if host {
            host_env(&mut env);
        }
        let phases = recipe.phases.iter().map(|phase| {
            let (name, command) = phase.split_first().context("a phase without a name")?;
            let command = command.iter().map(|word| placeholders.replace(word));
            Ok((name.clone(), command.collect::<Result<_>>()?))
        });
        Ok(Self {
            root: work.join("root"),
            mounts,
            env,
            host,
            phases: phases.collect::<Result<_>>()?,
        })
    }

    /// Starts this program again as the first process of new namespaces, and waits for it. What phases say goes to standard
    /// error: the engine keeps it, and shows it after a failure.
    ///
    /// # Errors
    /// A kernel without namespaces, a phase that fails.
    pub fn execute(&self) -> Result<()> {
        let plan = serde_json::to_vec(self).context("cannot write the plan")?;
        let program = std::env::current_exe().context("cannot find this program")?;
        namespaces::enter()?;
        let mut child = Command::new(program)
            .arg(super::inside::COMMAND)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the inner process")?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin
                .write_all(&plan)
                .context("cannot tell the inner process its plan")?;
        }
        let mut why = String::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout
                .read_to_string(&mut why)
                .context("cannot listen to the inner process")?;
        }
        let status = child.wait().context("cannot wait for the inner process")?;
        match status.success() {
            true => Ok(()),
            false if why.is_empty() => bail!("the inner process ended with {status}"),
            false => bail!("{}", why.trim_end()),
        }
    }
}

/// Variables by which a toolchain of the machine is found.
const HOST_VARIABLES: [&str; 3] = ["CARGO_HOME", "HOME", "RUSTUP_HOME"];

/// Whether the recipe is built with a toolchain of this machine; its identity says so.
pub fn is_host(recipe: &Recipe) -> bool {
    match &recipe.toolchain {
        MaybeToolchain::Some(toolchain) => toolchain.identity.split(' ').any(|word| word == "host"),
        MaybeToolchain::None(_) => false,
    }
}

/// What the recipe's own variables do not hide: the machine's programs after the recipe's tools.
fn host_env(env: &mut BTreeMap<String, String>) {
    for name in HOST_VARIABLES {
        if let Ok(value) = std::env::var(name) {
            env.insert(name.to_owned(), value);
        }
    }
    let own = env.remove("PATH").unwrap_or_default();
    let host = std::env::var("PATH").unwrap_or_default();
    let parts = [own, host].into_iter().filter(|part| !part.is_empty());
    env.insert("PATH".to_owned(), parts.collect::<Vec<_>>().join(":"));
}
