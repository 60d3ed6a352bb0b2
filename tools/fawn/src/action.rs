//! The boundary between analysis and execution: what a rule declared, with every path final.
//!
//! Analysis fills an [`ActionGraph`]; execution reads it and knows nothing of Starlark. All paths are relative to
//! the project root, `/`-separated, and valid both in the project and in the directory an action runs in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A path below the project root: relative, `/`-separated, without `.` and `..`.
pub type ProjectPath = Arc<str>;

/// Index of an action in its [`ActionGraph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionId(pub usize);

/// A file or directory that an action reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Artifact {
    /// A source file or directory of the project.
    Source(ProjectPath),
    /// An output of an action, or a path inside a directory output.
    Output {
        /// The action that makes it.
        action: ActionId,
        /// The declared output.
        root: ProjectPath,
        /// The path that is meant: `root` itself or something below it.
        path: ProjectPath,
    },
}

impl Artifact {
    /// The path that commands see.
    pub fn path(&self) -> &ProjectPath {
        match self {
            Artifact::Source(path) | Artifact::Output { path, .. } => path,
        }
    }

    /// The action that makes it; none for a source.
    pub fn maker(&self) -> Option<ActionId> {
        match self {
            Artifact::Source(_) => None,
            Artifact::Output { action, .. } => Some(*action),
        }
    }
}

/// An output that an action promises to make.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Output {
    /// Where it goes, below `buck-out`.
    pub path: ProjectPath,
    /// Whether it was declared with `dir = True`.
    pub directory: bool,
}

/// One declared action.
#[derive(Clone, Debug)]
pub struct Action {
    /// The configured target that declared it, as printed: `cell//package:name (configuration#hash)`.
    pub owner: Arc<str>,
    /// Kind of work, `[a-z_]+`.
    pub category: Arc<str>,
    /// Tells actions of one category in one target apart.
    pub identifier: Option<Arc<str>>,
    /// What is done.
    pub kind: ActionKind,
    /// Everything it may read, in declaration order without repeats.
    pub inputs: Vec<Artifact>,
    /// Everything it must make.
    pub outputs: Vec<Output>,
}

/// The work of an action.
#[derive(Clone, Debug)]
pub enum ActionKind {
    /// Start a program.
    Run(Run),
    /// Write these bytes to the single output.
    Write {
        /// The bytes.
        content: Arc<[u8]>,
        /// Whether the file gets mode 0755.
        executable: bool,
    },
    /// Copy one file or directory to the single output.
    Copy {
        /// What is copied.
        from: Artifact,
        /// The executable bit, where the rule overrides it.
        executable: Option<bool>,
    },
    /// Make the single output a relative link to an artifact.
    Symlink {
        /// Where the link points.
        to: Artifact,
    },
    /// Assemble the single output, a directory, from artifacts.
    Tree {
        /// Path inside the directory to what stands there.
        entries: BTreeMap<String, Artifact>,
        /// Links to the artifacts instead of copies.
        links: bool,
    },
    /// Download the single output over HTTP.
    Download {
        /// Address, `http` or `https`.
        url: String,
        /// Expected SHA-256 in lower-case hex.
        sha256: String,
        /// Expected size in bytes, when the rule knows it.
        size: Option<u64>,
        /// Whether the file gets mode 0755.
        executable: bool,
    },
    /// Look into the inputs, then declare the actions that make the outputs (`dynamic_output_new`).
    Dynamic {
        /// Names the waiting function to the [`Expander`].
        token: usize,
    },
}

/// A program with its arguments.
#[derive(Clone, Debug)]
pub struct Run {
    /// Program and arguments; artifacts are project paths already.
    pub argv: Vec<String>,
    /// The environment that the rule declares.
    pub env: BTreeMap<String, String>,
    /// Runs on this machine and belongs to a host toolchain: see the environment rules of `docs/fawn.md`.
    pub local_only: bool,
    /// Job slots it takes.
    pub weight: usize,
    /// After this long it is killed.
    pub timeout: Option<Duration>,
    /// Shows its stderr also when it succeeds.
    pub always_print_stderr: bool,
    /// Keeps the outputs of the last run in place for an incremental tool.
    pub no_outputs_cleanup: bool,
    /// Names the function that explains a failure to [`Expander::explain`].
    pub error_handler: Option<usize>,
}

/// What a failed action left behind for its error handler.
#[derive(Clone, Copy, Debug)]
pub struct Remains<'a> {
    /// Its words.
    pub stdout: &'a str,
    /// Its complaints.
    pub stderr: &'a str,
    /// Where its outputs lie, at their project paths; nowhere when nothing could be kept.
    pub made: Option<&'a std::path::Path>,
}

/// All actions that analysis declared so far. Ids stay valid while it grows.
#[derive(Debug, Default)]
pub struct ActionGraph {
    actions: Vec<Arc<Action>>,
}

impl ActionGraph {
    /// Adds an action and names it.
    pub fn add(&mut self, action: Action) -> ActionId {
        self.actions.push(Arc::new(action));
        ActionId(self.actions.len() - 1)
    }

    /// How many actions there are; the next one gets this id.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The action of this id.
    pub fn get(&self, id: ActionId) -> &Arc<Action> {
        &self.actions[id.0]
    }

    /// Every action, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Action>> {
        self.actions.iter()
    }
}

/// Turns a dynamic action whose inputs are built into ordinary ones (implemented by analysis).
pub trait Expander: Sync {
    /// Runs the waiting function with its artifact values readable below `project_root`, adds what it declares to
    /// the graph and returns, for each output of the dynamic action in order, the artifact that now makes it.
    ///
    /// # Errors
    /// The text of the function's `fail` or of a wrong use, with target and line.
    fn expand(&self, token: usize, graph: &std::sync::RwLock<ActionGraph>) -> anyhow::Result<Vec<Artifact>>;

    /// Asks the error handler of a failed action what went wrong; each line is `category: message`.
    ///
    /// # Errors
    /// The handler itself fails.
    fn explain(&self, token: usize, remains: &Remains<'_>) -> anyhow::Result<Vec<String>> {
        let _ = (token, remains);
        Ok(Vec::new())
    }
}
