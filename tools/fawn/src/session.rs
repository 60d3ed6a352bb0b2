//! One project as a command sees it: open it, name targets, analyse them.
//!
//! Commands and execution use nothing of the layers below except through this file and [`crate::action`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use anyhow::{Context, Result, bail};

use crate::action::{ActionGraph, Artifact, Expander};
use crate::analysis::EngineExpander;
use crate::cells::Cells;
use crate::config::Config;
use crate::configure::Outcome;
use crate::engine::Engine;
use crate::label::{ConfiguredTarget, TargetLabel};
use crate::load::loader::Loader;
use crate::pattern::parse_requests;

/// A project: its root, settings and everything loaded so far.
pub struct Project {
    root: PathBuf,
    cwd: PathBuf,
    config: Arc<Config>,
    pub(crate) engine: Arc<Engine>,
}

/// One thing that was asked for on the command line, or found by a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Request {
    /// `cell//package:name`, without sub-target and modifiers.
    pub target: Arc<str>,
    /// The names in `[x][y]`, outermost first.
    pub sub_target: Vec<String>,
    /// The modifiers after `?`, in order.
    pub modifiers: Vec<String>,
    /// Whether the target was named itself (an incompatible one is then an error) or matched by `...` or `:`.
    pub named: bool,
}

/// A piece of a command with the artifacts it mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// The path of an artifact: project-relative in a test, absolute in `run`.
    Path(Artifact),
}

/// One argument of a command: its pieces, joined without a separator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arg {
    /// The pieces in order.
    pub pieces: Vec<Piece>,
}

/// A program with arguments, and what must exist before it starts.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// Program and arguments.
    pub argv: Vec<Arg>,
    /// Variables that the rule sets.
    pub env: BTreeMap<String, Arg>,
    /// Everything the command mentions or names as hidden.
    pub inputs: Vec<Artifact>,
}

/// What `ExternalRunnerTestInfo` says.
#[derive(Clone, Debug)]
pub struct TestInfo {
    /// The `type` of the test.
    pub kind: String,
    /// What is started; exit code 0 passes.
    pub command: Command,
    /// Free labels.
    pub labels: Vec<String>,
    /// Starts in the project root (else in the root of the target's cell).
    pub run_from_project_root: bool,
    /// Paths are project-relative (else absolute).
    pub use_project_relative_paths: bool,
}

/// A check that must succeed before its target counts as built.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Validation {
    /// The target that declares it, as printed.
    pub owner: Arc<str>,
    /// Name of the check.
    pub name: Arc<str>,
    /// The report: `{"version": 1, "data": {"status": "success" | "failure", "message": …}}`.
    pub report: Artifact,
    /// Runs only when it is asked for by name.
    pub optional: bool,
}

/// A requested target in its configuration, analysed.
#[derive(Clone, Debug)]
pub struct Analyzed {
    /// What was asked.
    pub request: Request,
    /// As `--show-output` prints it: `cell//package:name[sub]?modifiers`.
    pub label: Arc<str>,
    /// With configuration: `cell//package:name (configuration#hash)`.
    pub configured: Arc<str>,
    /// The name of the rule.
    pub rule: Arc<str>,
    /// What the target (or sub-target) makes.
    pub default_outputs: Vec<Artifact>,
    /// Built with it, not shown as its output.
    pub other_outputs: Vec<Artifact>,
    /// From `RunInfo`: what `run` starts.
    pub run: Option<Command>,
    /// From `ExternalRunnerTestInfo`.
    pub test: Option<TestInfo>,
    /// Checks of this target and of everything it depends on.
    pub validations: Vec<Validation>,
}

/// A target that was left out because it cannot be built for its platform.
#[derive(Clone, Debug)]
pub struct Skipped {
    /// `cell//package:name (configuration#hash)`.
    pub configured: Arc<str>,
    /// Why, as one sentence.
    pub reason: String,
}

/// The outcome of [`Project::analyze`].
pub struct Analysis {
    /// The requested targets, sorted as Buck2 sorts them (by request, then by name).
    pub targets: Vec<Analyzed>,
    /// Targets that a pattern matched but their platform excludes.
    pub skipped: Vec<Skipped>,
    /// Every action that was declared.
    pub graph: Arc<RwLock<ActionGraph>>,
    /// Runs the functions of dynamic actions and of error handlers.
    pub expander: Arc<dyn Expander + Send + Sync>,
}

/// A target as `targets` lists it.
#[derive(Clone, Debug)]
pub struct TargetRecord {
    /// `cell//package:name`.
    pub label: Arc<str>,
    /// The name of the rule.
    pub rule: Arc<str>,
    /// The attributes as written, unresolved, in name order.
    pub attributes: BTreeMap<String, serde_json::Value>,
}

impl Project {
    /// Finds the root (the outermost folder with a `.buckconfig` at or above `cwd`, or the nearest with a `.buckroot`),
    /// reads the settings and the cells. `overrides` are the values of `-c`, `section.key=value`.
    ///
    /// # Errors
    /// No `.buckconfig`, or one that cannot be read; a cell that does not exist.
    pub fn open(cwd: &Path, overrides: &[String]) -> Result<Project> {
        let root = find_root(cwd)?;
        let cwd = cwd.to_owned();
        let cells = Arc::new(Cells::load(&root, overrides)?);
        let config = cells.root().config.clone();
        let engine = Arc::new(Engine::new(root.clone(), Loader::new(cells)));
        Ok(Project {
            root,
            cwd,
            config,
            engine,
        })
    }

    /// The absolute path of the project root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every path where settings, build files and their folders were looked for so far, whether something stands there or not.
    pub fn looked(&self) -> Vec<PathBuf> {
        let mut looked = self.engine.loader.cells.looked();
        let marks = self
            .cwd
            .ancestors()
            .flat_map(|folder| MARKS.map(|mark| folder.join(mark)));
        looked.extend(marks);
        looked
    }

    /// The settings of the root cell.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where the files of a cell are, from the project root; empty for the root cell.
    pub fn cell_path(&self, cell: &str) -> &str {
        &self.engine.loader.cells.get(cell).path
    }

    /// The targets that `patterns` name, relative to the folder `cwd`; loads the packages.
    ///
    /// # Errors
    /// A bad pattern, a package or target that does not exist, a file that does not load.
    pub fn resolve_patterns(&self, cwd: &Path, patterns: &[String]) -> Result<Vec<Request>> {
        deep(|| {
            let cwd = cwd
                .canonicalize()
                .with_context(|| format!("no folder {}", cwd.display()))?;
            let folder = cwd
                .strip_prefix(&self.root)
                .with_context(|| format!("{} is outside the project", cwd.display()))?;
            let folder = folder.to_string_lossy();
            let parsed = parse_requests(patterns, &self.engine.loader.cells, &folder)?;
            let mut requests = Vec::new();
            for request in parsed {
                requests.extend(self.engine.expand_pattern(&request)?);
            }
            Ok(requests)
        })
    }

    /// Configures and analyses the requests under the modifiers of `-m`, and under `--target-platforms` if given.
    ///
    /// # Errors
    /// Whatever a rule or its target refuses, with the chain of targets that led there.
    pub fn analyze(&self, requests: &[Request], modifiers: &[String], platform: Option<&str>) -> Result<Analysis> {
        deep(|| self.analyze_here(requests, modifiers, platform))
    }

    /// The target of a request as the command line configures it: its own modifiers come before those of the command.
    pub(crate) fn requested_target(
        &self,
        request: &Request,
        modifiers: &[String],
        platform: Option<&str>,
    ) -> Result<(TargetLabel, ConfiguredTarget)> {
        let own = if request.modifiers.is_empty() {
            modifiers
        } else {
            &request.modifiers
        };
        let label = self.engine.label(&request.target)?;
        let configured = self.engine.requested(&label, own, platform)?;
        Ok((label, configured))
    }

    fn analyze_here(&self, requests: &[Request], modifiers: &[String], platform: Option<&str>) -> Result<Analysis> {
        let mut targets = Vec::new();
        let mut skipped = Vec::new();
        let mut requests: Vec<_> = requests.iter().collect();
        requests.sort_by_key(|request| order(request));
        requests.dedup_by_key(|request| order(request));
        for request in requests {
            if !request.modifiers.is_empty() && !modifiers.is_empty() {
                bail!(
                    "`{}?…` and `-m` cannot be mixed; write all modifiers one way",
                    request.target
                );
            }
            let (label, configured) = self.requested_target(request, modifiers, platform)?;
            match self.engine.configure(&configured)? {
                Outcome::Incompatible(reason) if !request.named && reason.is_own() => skipped.push(Skipped {
                    configured: configured.to_string().into(),
                    reason: reason.to_string(),
                }),
                outcome => {
                    outcome.require()?;
                    let analyzed = self.engine.analyze(&configured)?;
                    targets.push(self.engine.describe(request, &label, &analyzed)?);
                }
            }
        }
        Ok(Analysis {
            targets,
            skipped,
            graph: self.engine.graph.clone(),
            expander: Arc::new(EngineExpander(self.engine.clone())),
        })
    }

    /// The targets themselves, not configured.
    ///
    /// # Errors
    /// As [`Project::resolve_patterns`].
    pub fn targets(&self, requests: &[Request]) -> Result<Vec<TargetRecord>> {
        let record = |request: &Request| {
            let label = self.engine.label(&request.target)?;
            Ok(TargetRecord {
                label: request.target.clone(),
                rule: self.engine.loader.target(&label)?.rule.name.clone(),
                attributes: self.engine.written_attributes(&label)?,
            })
        };
        deep(|| requests.iter().map(record).collect())
    }
}

/// The order in which Buck2 shows results: by label, plain ones after those with modifiers.
fn order(request: &Request) -> (&str, &str, &[String], bool, String) {
    let (package, name) = request.target.rsplit_once(':').unwrap_or((&request.target, ""));
    let modifiers = request.modifiers.join("+");
    (package, name, &request.sub_target, modifiers.is_empty(), modifiers)
}

/// The files that mark the root of a project: the outermost of the first, or the innermost of the second.
const MARKS: [&str; 2] = [".buckconfig", ".buckroot"];

/// The folder that `.buckconfig` files make the root of the project.
///
/// # Errors
/// There is none, or `cwd` is no folder.
pub fn find_root(cwd: &Path) -> Result<PathBuf> {
    let cwd = cwd
        .canonicalize()
        .with_context(|| format!("no folder {}", cwd.display()))?;
    let mut root = None;
    for folder in cwd.ancestors() {
        let [config, end] = MARKS.map(|mark| folder.join(mark).is_file());
        if config {
            root = Some(folder);
        }
        if end {
            break;
        }
    }
    let root = root.with_context(|| {
        format!(
            "no project here: there is no `.buckconfig` in {} or a folder above it",
            cwd.display()
        )
    })?;
    Ok(root.to_owned())
}

/// Runs `work` where deep chains of targets do not exhaust the stack.
pub(crate) fn deep<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    /// Address space only; memory is taken as it is used.
    const STACK: usize = 1 << 30;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work)?;
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
