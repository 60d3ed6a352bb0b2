//! What a rule has declared so far.

use super::draft::Draft;
use crate::action::{Action, ActionGraph, ActionId};
use crate::cells::Cells;
use crate::label::{ConfiguredTarget, join};
use crate::values::artifact::{Artifact, ArtifactValue, Declared, OutputValue, Pending, check_relative};
use anyhow::{Context, Result, bail};
use digest::Sha256;
use starlark::environment::FrozenModule;
use starlark::eval::Evaluator;
use starlark::values::{OwnedFrozenValue, Value};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The folder of all outputs.
const OUT: &str = "buck-out/fawn/art";

#[derive(Default)]
struct Declarations {
    outputs: BTreeMap<String, Arc<Declared>>,
    actions: Vec<(Arc<Pending>, Draft)>,
    names: HashSet<String>,
    /// Values that must live on after the analysis: functions and their arguments, by token.
    kept: Vec<usize>,
    closed: bool,
}

/// Numbers the kept values of all targets.
static TOKENS: AtomicUsize = AtomicUsize::new(0);

/// The variable of a module under which a kept value survives.
fn variable(token: usize) -> String {
    format!("fawn kept {token}")
}

/// The declarations of one target, or of one run of a dynamic function.
pub(crate) struct State {
    pub(crate) owner: Arc<ConfiguredTarget>,
    pub(crate) cells: Arc<Cells>,
    pub(crate) root: PathBuf,
    folder: String,
    declarations: Mutex<Declarations>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "State({})", self.owner)
    }
}

/// The folder of a target's outputs, from the project root.
pub(crate) fn output_folder(target: &ConfiguredTarget) -> String {
    let package = &target.target.package;
    let hash = match &target.exec {
        None => target.cfg.digest().to_owned(),
        // A toolchain differs by the machine that its user builds on.
        Some(exec) => Sha256::of(format!("{}\n{exec}", target.cfg).as_bytes()).hex()[..16].to_owned(),
    };
    let name = target.target.name.replace('/', "__");
    format!(
        "{}/__{name}__",
        join(&format!("{OUT}/{}/{hash}", package.cell), &package.path)
    )
}

impl State {
    /// For one run of a dynamic function of `owner`: outputs with names of their own go to a folder of their own.
    pub(crate) fn dynamic(outer: &Self, index: &str) -> Self {
        Self {
            owner: outer.owner.clone(),
            cells: outer.cells.clone(),
            root: outer.root.clone(),
            folder: format!("{}/__dynamic_{index}__", output_folder(&outer.owner)),
            declarations: Mutex::default(),
        }
    }

    /// Nothing declared yet.
    pub(crate) fn new(owner: ConfiguredTarget, cells: Arc<Cells>, root: PathBuf) -> Self {
        Self {
            folder: output_folder(&owner),
            owner: Arc::new(owner),
            cells,
            root,
            declarations: Mutex::default(),
        }
    }

    fn lock(&self) -> Result<MutexGuard<'_, Declarations>> {
        let declarations = self.declarations.lock().unwrap_or_else(PoisonError::into_inner);
        if declarations.closed {
            bail!("`actions` of {} is used after its rule has returned", self.owner.target);
        }
        Ok(declarations)
    }

    /// Declares an output; `short` is what `short_path` says.
    pub(crate) fn declare(&self, path: &str, short: &str, directory: bool) -> Result<Artifact> {
        check_relative(path).context("bad name of an output")?;
        let mut declarations = self.lock()?;
        let clash = declarations
            .outputs
            .keys()
            .find(|other| crate::files::is_below(path, other) || crate::files::is_below(other, path));
        if let Some(other) = clash {
            bail!(
                "the output `{path}` is declared, but `{other}` is an output of {} already; outputs have different names and none lies in another",
                self.owner.target
            );
        }
        let declared = Arc::new(Declared {
            owner: self.owner.clone(),
            path: join(&self.folder, path).into(),
            short: short.into(),
            directory,
            maker: OnceLock::new(),
        });
        declarations.outputs.insert(path.to_owned(), declared.clone());
        Ok(Artifact::new(crate::values::artifact::Origin::Declared(declared)))
    }

    /// An output under its own name, made of a string, or given as an artifact.
    pub(crate) fn output(&self, value: Value<'_>, directory: bool) -> Result<Artifact> {
        if let Some(name) = value.unpack_str() {
            return self.declare(name, name, directory);
        }
        let artifact = match (OutputValue::from_value(value), ArtifactValue::from_value(value)) {
            (Some(output), _) => output.0.clone(),
            (None, Some(artifact)) => artifact.0.clone(),
            (None, None) => bail!(
                "expected the name of an output or a declared artifact, found `{}`",
                value.to_repr()
            ),
        };
        match artifact.declared() {
            None => bail!("`{artifact}` is a source and cannot be made by an action"),
            Some(declared) if declared.directory != directory => bail!(
                "the output `{}` is declared as a {}, but this action makes a {}",
                declared.short,
                if declared.directory { "directory" } else { "file" },
                if directory { "directory" } else { "file" }
            ),
            Some(_) => Ok(artifact),
        }
    }

    /// Adds an action that makes these outputs.
    pub(crate) fn act(&self, name: String, outputs: &[Arc<Declared>], draft: Draft) -> Result<()> {
        let pending = Arc::new(Pending {
            id: OnceLock::new(),
            name,
        });
        for output in outputs {
            output.bind(&pending)?;
        }
        self.lock()?.actions.push((pending, draft));
        Ok(())
    }

    /// Refuses a second action of the same name.
    pub(crate) fn claim(&self, name: &str) -> Result<()> {
        if !self.lock()?.names.insert(name.to_owned()) {
            bail!(
                "two actions of {} are called `{name}`; give each an `identifier` of its own",
                self.owner.target
            );
        }
        Ok(())
    }

    /// Lets a value of the running evaluation outlive it.
    pub(crate) fn keep<'v>(&self, value: Value<'v>, eval: &Evaluator<'v, '_, '_>) -> usize {
        let token = TOKENS.fetch_add(1, Ordering::Relaxed);
        eval.module().set(&variable(token), value);
        self.declarations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .kept
            .push(token);
        token
    }

    /// The kept values, out of the frozen module.
    pub(crate) fn kept(&self, module: &FrozenModule) -> Result<Vec<(usize, OwnedFrozenValue)>> {
        let tokens = std::mem::take(&mut self.declarations.lock().unwrap_or_else(PoisonError::into_inner).kept);
        tokens
            .into_iter()
            .map(|token| Ok((token, module.get(&variable(token))?)))
            .collect()
    }

    /// Ends the declarations and puts the actions into the graph.
    pub(crate) fn finish(&self, graph: &std::sync::RwLock<ActionGraph>) -> Result<Vec<ActionId>> {
        let actions = {
            let mut declarations = self.lock()?;
            declarations.closed = true;
            if let Some(output) = declarations
                .outputs
                .values()
                .find(|output| output.maker.get().is_none())
            {
                bail!(
                    "the output `{}` is declared but no action makes it; pass it to one with `.as_output()`",
                    output.short
                );
            }
            std::mem::take(&mut declarations.actions)
        };
        let mut graph = graph.write().unwrap_or_else(PoisonError::into_inner);
        let first = graph.len();
        // Ids first: an action may use the output of a later one.
        for (offset, (pending, _)) in actions.iter().enumerate() {
            let _ = pending.id.set(ActionId(first + offset)); // Fresh, so this cannot fail.
        }
        let built: Vec<Action> = actions
            .into_iter()
            .map(|(_, draft)| draft.build(self))
            .collect::<Result<_>>()?;
        Ok(built.into_iter().map(|action| graph.add(action)).collect())
    }
}
