//! Everything that one command needs to build: the cache, the state, the sandboxes, and the lock on them all.

use super::cache::{self, Bytes};
use super::inputs::{Closure, Values, value};
use super::layout::Layout;
use super::lock::{self, Lock};
use super::log::{Log, Ran};
use super::outputs::Outputs;
use super::results::Results;
use super::sandbox::Isolation;
use super::schedule::{self, Pass};
use super::sources::Sources;
use super::store::{Damaged, Store};
use super::times::Times;
use super::umask::Umask;
use super::unchanged::Asked;
use super::{entry::Entry, files};
use crate::action::{Action, ActionGraph, ActionId, Artifact, Expander};
use anyhow::{Result, bail};
use digest::Sha256;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// Hears what happens. Called from several threads.
pub trait Reporter: Sync {
    /// A program starts.
    fn started(&self, action: &Action);
    /// It ended; `ok` tells how.
    fn finished(&self, action: &Action, took: Duration, ok: bool);
    /// An action failed.
    fn failed(&self, error: &anyhow::Error);
    /// So many of the actions known so far are done.
    fn progress(&self, done: usize, known: usize);
    /// Words for the user.
    fn say(&self, text: &str);
}

/// How to build.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Actions at once.
    pub jobs: usize,
    /// Go on with what does not depend on a failed action.
    pub keep_going: bool,
    /// Isolate actions by namespaces where the kernel permits them.
    pub namespaces: bool,
}

/// The execution half of a command.
pub struct Engine<'a> {
    /// Where everything is.
    pub layout: Layout,
    /// Contents by digest.
    pub store: Store,
    /// Outputs by key.
    pub results: Results,
    pub(super) sources: Sources,
    pub(super) outputs: Outputs,
    pub(super) times: Times,
    pub(super) options: Options,
    pub(super) reporter: &'a dyn Reporter,
    isolation: OnceLock<Isolation>,
    asked: Mutex<Vec<Asked>>,
    log: Arc<Log>,
    _umask: Umask,
    _lock: Lock,
}

impl<'a> Engine<'a> {
    /// Takes the lock of the project at `root` and loads what is remembered. `command` is the command line.
    ///
    /// # Errors
    /// The operating system's.
    pub fn open(root: &Path, command: &[String], options: Options, reporter: &'a dyn Reporter) -> Result<Self> {
        let layout = Layout::new(root);
        let lock = take_lock(&layout, command, reporter)?;
        // Whoever made them is dead: this process has the lock.
        files::remove_stubborn(&layout.sandboxes());
        let (cache, state) = (layout.cache(), layout.state());
        Store::clear_leftovers(&cache);
        Ok(Self {
            store: Store::new(&cache),
            results: Results::new(&cache),
            sources: Sources::load(root, state.join("sources")),
            outputs: Outputs::load(root, layout.outputs(), layout.sandboxes()),
            times: Times::load(state.join("times")),
            options: Options {
                jobs: options.jobs.max(1),
                ..options
            },
            reporter,
            isolation: OnceLock::new(),
            asked: Mutex::default(),
            log: Arc::new(Log::start(&layout.logs(), command.to_vec())?),
            _umask: Umask::set(),
            _lock: lock,
            layout,
        })
    }

    /// Builds `wanted`, and makes those of `shown` stand at their paths in the project.
    ///
    /// # Errors
    /// Of the engine itself; failed actions are in [`Built::failures`].
    pub fn build(
        &self,
        graph: &RwLock<ActionGraph>,
        expander: &dyn Expander,
        wanted: &[Artifact],
        shown: &[Artifact],
    ) -> Result<Built> {
        let expansions = Mutex::default();
        let mut forgotten = BTreeSet::new();
        loop {
            let pass = Pass::new(self, graph, expander, &expansions);
            let failures = pass.run(wanted)?;
            let done = pass.into_done();
            let built = Built {
                done,
                follows: lock_expansions(&expansions),
                failures,
            };
            let there: Vec<Artifact> = shown.iter().filter(|artifact| built.has(artifact)).cloned().collect();
            let shown = self.show(graph, &built, &there);
            let errors = built
                .failures
                .iter()
                .map(|(_, error)| error)
                .chain(shown.as_ref().err());
            let damaged: Vec<Sha256> = errors
                .filter_map(|error| error.downcast_ref::<Damaged>())
                .map(|damaged| damaged.0)
                .collect();
            let keys = built.keys_of(&damaged);
            if keys.is_empty() || keys.is_subset(&forgotten) {
                built
                    .failures
                    .iter()
                    .filter(|(_, error)| error.is::<Damaged>())
                    .for_each(|(_, error)| self.reporter.failed(error));
                shown?;
                return Ok(built);
            }
            for key in keys {
                self.results.forget(&key)?;
                forgotten.insert(key);
            }
            self.reporter
                .say("a cached content is missing or damaged; its action runs again");
        }
    }

    /// Makes artifacts stand at their paths in the project, with what their links lead to.
    ///
    /// # Errors
    /// Content that the store has lost, or the operating system's.
    pub(super) fn show(&self, graph: &RwLock<ActionGraph>, values: &dyn HasSources, shown: &[Artifact]) -> Result<()> {
        let values = WithSources {
            inner: values,
            engine: self,
        };
        let roots = {
            let graph = graph.read().unwrap_or_else(PoisonError::into_inner);
            let mut closure = Closure::new(&graph, &values);
            shown.iter().try_for_each(|artifact| closure.add(artifact))?;
            closure.roots()
        };
        let entries: Vec<_> = roots.iter().map(|(path, (_, entry))| (path.as_str(), entry)).collect();
        self.outputs.ensure(&entries, &self.store, self.options.jobs)
    }

    /// The content of a built artifact.
    ///
    /// # Errors
    /// An artifact that was not built.
    pub fn entry(&self, graph: &RwLock<ActionGraph>, built: &Built, artifact: &Artifact) -> Result<Entry> {
        let graph = graph.read().unwrap_or_else(PoisonError::into_inner);
        value(
            artifact,
            &graph,
            &WithSources {
                inner: built,
                engine: self,
            },
        )
    }

    /// The bytes of a built file.
    ///
    /// # Errors
    /// An artifact that was not built, or is no file.
    pub fn read(&self, graph: &RwLock<ActionGraph>, built: &Built, artifact: &Artifact) -> Result<Vec<u8>> {
        match self.entry(graph, built, artifact)? {
            Entry::File(file) => self.store.read(&file),
            Entry::Link(_) | Entry::Dir(_) => bail!("{} is not a file", artifact.path()),
        }
    }

    /// Makes one built artifact stand at its path in the project.
    ///
    /// # Errors
    /// The operating system's.
    pub fn show_one(&self, graph: &RwLock<ActionGraph>, built: &Built, artifact: &Artifact) -> Result<()> {
        self.show(graph, built, std::slice::from_ref(artifact))
    }

    /// Ends the building: gives the lock back and the log out, for what else the command runs.
    pub fn into_log(self) -> Arc<Log> {
        self.log.clone()
    }

    /// Remembers everything for the next command.
    ///
    /// # Errors
    /// The operating system's.
    pub fn save(&self) -> Result<()> {
        self.sources.save()?;
        self.outputs.save()?;
        self.times.save()
    }

    /// Drops what was not used for the longest time if the cache has grown beyond `bound`. Looks only when this command
    /// has put something in.
    ///
    /// # Errors
    /// The operating system's.
    pub fn bound(&self, bound: Bytes) -> Result<()> {
        if self.store.has_grown() {
            cache::shrink_locked(&self.layout, bound)?;
        }
        Ok(())
    }

    pub(super) fn isolation(&self) -> &Isolation {
        self.isolation.get_or_init(|| {
            let (isolation, why_not) = match self.options.namespaces {
                true => Isolation::choose(&self.layout, self.options.jobs),
                false => (Isolation::Directory, Some("FAWN_NO_NAMESPACES is set".to_owned())),
            };
            if let Some(why) = why_not {
                self.reporter.say(&format!(
                    "actions run in plain directories, with the network and all other files in reach: {why}"
                ));
            }
            isolation
        })
    }

    /// Notes what the machine was asked, and what it answered.
    pub(super) fn note_asked(&self, asked: Asked) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }

    pub(super) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn log_ran(&self, ran: &Ran) -> Result<()> {
        self.log.write(ran)
    }
}

/// Takes the lock of a project for a command line; says so when that has to wait.
///
/// # Errors
/// The operating system's.
pub(super) fn take_lock(layout: &Layout, command: &[String], reporter: &dyn Reporter) -> Result<Lock> {
    let who = format!("process {}: {}", std::process::id(), command.join(" "));
    lock::take(&layout.lock(), &who, &mut |holder| {
        reporter.say(&format!("waiting for another fawn to finish ({holder})"));
    })
}

impl Drop for Engine<'_> {
    fn drop(&mut self) {
        // Ends the helper before its directory goes.
        self.isolation.take();
        files::remove_stubborn(&self.layout.sandboxes());
    }
}

fn lock_expansions(expansions: &schedule::Expansions) -> HashMap<ActionId, Vec<Artifact>> {
    expansions.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Outputs of finished actions.
pub trait HasSources {
    /// The content of a declared output, and the action that really made it.
    fn output(&self, action: ActionId, root: &str) -> Option<(Entry, ActionId)>;
}

/// Finished actions together with the project's sources.
pub(super) struct WithSources<'a> {
    pub(super) inner: &'a dyn HasSources,
    pub(super) engine: &'a Engine<'a>,
}

impl Values for WithSources<'_> {
    fn source(&self, path: &str) -> Result<Entry> {
        self.engine.sources.entry(path, &self.engine.store)
    }

    fn output(&self, action: ActionId, root: &str) -> Option<(Entry, ActionId)> {
        self.inner.output(action, root)
    }
}

/// What a build made.
pub struct Built {
    done: HashMap<ActionId, schedule::Done>,
    follows: HashMap<ActionId, Vec<Artifact>>,
    /// What failed, in the order it happened.
    pub failures: Vec<(ActionId, anyhow::Error)>,
}

impl HasSources for Built {
    fn output(&self, action: ActionId, root: &str) -> Option<(Entry, ActionId)> {
        self.done.get(&action)?.output(root)
    }
}

impl Built {
    /// Whether the artifact was built (sources always are).
    pub fn has(&self, artifact: &Artifact) -> bool {
        match artifact {
            Artifact::Source(_) => true,
            Artifact::Output { action, .. } => self.done.contains_key(action),
        }
    }

    /// The failures that kept any of these artifacts from being built.
    pub fn blame(&self, graph: &RwLock<ActionGraph>, artifacts: &[Artifact]) -> Vec<&anyhow::Error> {
        let graph = graph.read().unwrap_or_else(PoisonError::into_inner);
        let mut seen = BTreeSet::new();
        let mut todo: Vec<ActionId> = artifacts.iter().filter_map(Artifact::maker).collect();
        while let Some(id) = todo.pop() {
            if !self.done.contains_key(&id) && seen.insert(id) {
                todo.extend(graph.get(id).inputs.iter().filter_map(Artifact::maker));
                todo.extend(self.follows.get(&id).into_iter().flatten().filter_map(Artifact::maker));
            }
        }
        self.failures
            .iter()
            .filter(|(id, _)| seen.contains(id))
            .map(|(_, error)| error)
            .collect()
    }

    /// How many programs ran, and how many actions were found in the cache.
    pub fn counts(&self) -> (usize, usize) {
        let count = |how| self.done.values().filter(|done| done.how == how).count();
        (count(schedule::How::Ran), count(schedule::How::Cached))
    }

    /// Keys of the results from the cache that hold one of these contents.
    fn keys_of(&self, damaged: &[Sha256]) -> BTreeSet<Sha256> {
        let holds = |done: &schedule::Done| {
            let mut found = false;
            for (_, entry, _) in &done.outputs {
                entry.files(&mut |_, file| found |= damaged.contains(&file.digest));
            }
            found
        };
        self.done
            .values()
            .filter(|done| !damaged.is_empty() && holds(done))
            .filter_map(|done| done.key)
            .collect()
    }
}
