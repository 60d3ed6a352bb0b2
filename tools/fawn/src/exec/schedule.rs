//! Which action comes next: every action waits for its inputs, a few threads take what is ready, the longest chain first.

use super::engine::{Engine, HasSources, WithSources};
use super::entry::{Entry, FileEntry};
use super::failure::Failure;
use super::inputs::{Closure, value};
use super::queue::{Queue, Turn};
use super::store::Origin;
use super::{derive, download, key, paths, program};
use crate::action::{Action, ActionGraph, ActionId, ActionKind, Artifact, Expander, Run};
use anyhow::{Context, Result};
use digest::Sha256;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Where the outputs of an action come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// They follow from the inputs.
    Derived,
    /// The cache had them.
    Cached,
    /// Its program ran.
    Ran,
}

/// A finished action.
pub struct Done {
    /// Path, content, and the action that really made it.
    pub outputs: Vec<(Arc<str>, Entry, ActionId)>,
    /// Where they come from.
    pub how: How,
    /// The key of its result.
    pub key: Option<Sha256>,
}

impl Done {
    /// The output declared at `root`.
    pub fn output(&self, root: &str) -> Option<(Entry, ActionId)> {
        let found = self.outputs.iter().find(|(path, _, _)| &**path == root)?;
        Some((found.1.clone(), found.2))
    }
}

/// An action whose result the cache does not have.
struct Prepared {
    inputs: BTreeMap<String, Entry>,
    key: Sha256,
}

/// What came of a step.
enum Step {
    /// The action is finished.
    Done(Done),
    /// Its program must run.
    Run(Prepared),
    /// It is whatever these artifacts turn out to be.
    Follow(Vec<Artifact>),
}

/// What the artifacts of dynamic actions stand for, by action; kept when a pass is repeated.
pub type Expansions = Mutex<HashMap<ActionId, Vec<Artifact>>>;

/// One attempt to build everything that is wanted.
pub struct Pass<'a> {
    engine: &'a Engine<'a>,
    graph: &'a RwLock<ActionGraph>,
    expander: &'a dyn Expander,
    expansions: &'a Expansions,
    queue: Mutex<Queue>,
    changed: Condvar,
    done: RwLock<HashMap<ActionId, Done>>,
    prepared: Mutex<HashMap<ActionId, Prepared>>,
}

impl HasSources for Pass<'_> {
    fn output(&self, action: ActionId, root: &str) -> Option<(Entry, ActionId)> {
        self.done
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&action)?
            .output(root)
    }
}

impl<'a> Pass<'a> {
    /// Nothing done yet.
    pub fn new(
        engine: &'a Engine<'a>,
        graph: &'a RwLock<ActionGraph>,
        expander: &'a dyn Expander,
        expansions: &'a Expansions,
    ) -> Self {
        Self {
            engine,
            graph,
            expander,
            expansions,
            queue: Mutex::new(Queue::new(engine.options.jobs, engine.options.keep_going)),
            changed: Condvar::new(),
            done: RwLock::default(),
            prepared: Mutex::default(),
        }
    }

    /// Builds `wanted` and returns what failed.
    ///
    /// # Errors
    /// Of the engine itself.
    pub fn run(&self, wanted: &[Artifact]) -> Result<Vec<(ActionId, anyhow::Error)>> {
        self.demand(wanted, None);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.engine.options.jobs)
                .map(|_| scope.spawn(|| self.work()))
                .collect();
            for worker in workers {
                if worker.join().is_err() {
                    anyhow::bail!("internal error: a worker thread panicked");
                }
            }
            Ok(())
        })?;
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = queue.take_failures();
        if failures.is_empty() && queue.is_stuck() {
            anyhow::bail!("internal error: actions wait for one another");
        }
        Ok(failures)
    }

    /// What is finished.
    pub fn into_done(self) -> HashMap<ActionId, Done> {
        self.done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the queue know the actions behind `artifacts`; `follower` then waits for them.
    fn demand(&self, artifacts: &[Artifact], follower: Option<ActionId>) {
        let graph = self.graph.read().unwrap_or_else(PoisonError::into_inner);
        let guess = |id: ActionId| {
            let action = graph.get(id);
            match (&action.kind, action.outputs.first()) {
                (ActionKind::Run(_) | ActionKind::Download { .. }, Some(output)) => {
                    self.engine.times.guess(&output.path)
                }
                _ => Duration::ZERO,
            }
        };
        let needs = |id: ActionId| makers(&graph.get(id).inputs);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.demand(&makers(artifacts), follower, &needs, &guess);
        let (done, known) = queue.counts();
        drop(queue);
        self.changed.notify_all();
        self.engine.reporter.progress(done, known);
    }

    fn action(&self, id: ActionId) -> Arc<Action> {
        self.graph
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .clone()
    }

    /// One worker: takes turns until nothing is left.
    fn work(&self) {
        loop {
            let turn = {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                loop {
                    match queue.next() {
                        Turn::Wait => queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
                        turn => break turn,
                    }
                }
            };
            let (id, result) = match turn {
                Turn::Look(id) => (id, self.look(id)),
                Turn::Run(id) => (id, self.execute(id).map(Step::Done)),
                Turn::End | Turn::Wait => {
                    self.changed.notify_all();
                    return;
                }
            };
            self.settle(id, result);
        }
    }

    fn settle(&self, id: ActionId, result: Result<Step>) {
        match result {
            Ok(Step::Done(done)) => {
                self.done
                    .write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(id, done);
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                queue.finish(id);
                let (done, known) = queue.counts();
                drop(queue);
                self.engine.reporter.progress(done, known);
            }
            Ok(Step::Run(prepared)) => {
                let weight = match &self.action(id).kind {
                    ActionKind::Run(run) => run.weight,
                    _ => 1,
                };
                self.prepared
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(id, prepared);
                self.queue
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .must_run(id, weight);
            }
            Ok(Step::Follow(artifacts)) => self.demand(&artifacts, Some(id)),
            Err(error) => self
                .queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .fail(id, error),
        }
        self.changed.notify_all();
    }

    /// Does what needs no program: derives, asks the cache, or looks into a dynamic action.
    fn look(&self, id: ActionId) -> Result<Step> {
        let action = self.action(id);
        let derived = |entry: Entry| {
            let path = action.outputs.first().map(|output| output.path.clone());
            let path = path.with_context(|| format!("internal error: an action of {} has no output", action.owner))?;
            Ok(Step::Done(Done {
                outputs: vec![(path, entry, id)],
                how: How::Derived,
                key: None,
            }))
        };
        let place = action.outputs.first().map_or("", |output| &output.path);
        match &action.kind {
            ActionKind::Write { content, executable } => {
                let digest = Sha256::of(content);
                self.engine.store.offer(digest, Origin::Bytes(content.clone()));
                let size = content.len() as u64;
                derived(Entry::File(FileEntry {
                    digest,
                    size,
                    executable: *executable,
                }))
            }
            ActionKind::Copy { from, executable } => {
                let entry = self.value(from).map_err(|error| explain(&action, &error))?;
                derived(derive::copy(&entry, from.path(), place, *executable))
            }
            ActionKind::Symlink { to } => derived(derive::link(place, to.path())),
            ActionKind::Tree { entries, links } => {
                let tree = derive::tree(place, entries, *links, &mut |artifact| self.value(artifact));
                derived(tree.map_err(|error| explain(&action, &error))?)
            }
            ActionKind::Run(run) => {
                let inputs = self.inputs(&action).map_err(|error| explain(&action, &error))?;
                let key = key::run(run, &inputs, &action.outputs);
                Ok(self
                    .cached(id, &action, key)
                    .map_or(Step::Run(Prepared { inputs, key }), Step::Done))
            }
            ActionKind::Download { sha256, executable, .. } => {
                let key = key::download(sha256, *executable);
                let prepared = Prepared {
                    inputs: BTreeMap::new(),
                    key,
                };
                Ok(self.cached(id, &action, key).map_or(Step::Run(prepared), Step::Done))
            }
            ActionKind::Dynamic { token } => self.expand(id, &action, *token),
        }
    }

    fn value(&self, artifact: &Artifact) -> Result<Entry> {
        let graph = self.graph.read().unwrap_or_else(PoisonError::into_inner);
        value(
            artifact,
            &graph,
            &WithSources {
                inner: self,
                engine: self.engine,
            },
        )
    }

    fn inputs(&self, action: &Action) -> Result<BTreeMap<String, Entry>> {
        let graph = self.graph.read().unwrap_or_else(PoisonError::into_inner);
        let values = WithSources {
            inner: self,
            engine: self.engine,
        };
        let mut closure = Closure::new(&graph, &values);
        action.inputs.iter().try_for_each(|artifact| closure.add(artifact))?;
        Ok(closure.finish())
    }

    fn cached(&self, id: ActionId, action: &Action, key: Sha256) -> Option<Done> {
        let hit = self.engine.results.find(&key, &self.engine.store)?;
        (hit.outputs.len() == action.outputs.len()).then_some(())?;
        Some(done(id, action, hit.outputs, How::Cached, key))
    }

    /// First asks what the action stands for; then, when all of that is done, takes it over.
    fn expand(&self, id: ActionId, action: &Action, token: usize) -> Result<Step> {
        let known = self
            .expansions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned();
        let artifacts = match known {
            Some(artifacts) => artifacts,
            None => {
                self.engine
                    .show(self.graph, self, &action.inputs)
                    .map_err(|error| explain(action, &error))?;
                let artifacts = self.expander.expand(token, self.graph)?;
                self.expansions
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(id, artifacts.clone());
                artifacts
            }
        };
        let ready = {
            let done = self.done.read().unwrap_or_else(PoisonError::into_inner);
            makers(&artifacts).iter().all(|maker| done.contains_key(maker))
        };
        if !ready {
            return Ok(Step::Follow(artifacts));
        }
        let outputs = action.outputs.iter().zip(&artifacts).map(|(output, artifact)| {
            let maker = match artifact {
                Artifact::Output { action, root, .. } => {
                    HasSources::output(self, *action, root).map_or(*action, |(_, maker)| maker)
                }
                Artifact::Source(_) => id,
            };
            Ok((output.path.clone(), self.value(artifact)?, maker))
        });
        let outputs = outputs
            .collect::<Result<_>>()
            .map_err(|error| explain(action, &error))?;
        Ok(Step::Done(Done {
            outputs,
            how: How::Derived,
            key: None,
        }))
    }

    /// Runs the program of an action, or downloads its file.
    fn execute(&self, id: ActionId) -> Result<Done> {
        let action = self.action(id);
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let prepared = prepared.context("internal error: an action was not prepared")?;
        self.engine.reporter.started(&action);
        let start = Instant::now();
        let outputs = self.make(&action, &prepared);
        self.engine.reporter.finished(&action, start.elapsed(), outputs.is_ok());
        let (outputs, took) = outputs?;
        if let Some(output) = action.outputs.first() {
            self.engine.times.note(&output.path, took);
        }
        self.engine
            .results
            .insert(&prepared.key, &outputs, took, &self.engine.store)?;
        Ok(done(id, &action, outputs, How::Ran, prepared.key))
    }

    fn make(&self, action: &Action, prepared: &Prepared) -> Result<(Vec<Entry>, Duration)> {
        let start = Instant::now();
        match &action.kind {
            ActionKind::Run(run) => {
                let made = program::run(self.engine, action, run, &prepared.inputs, &|path| self.maker(path));
                let made = made.map_err(|error| self.explained(run, error))?;
                if run.always_print_stderr && !made.stderr.trim().is_empty() {
                    let title = super::failure::title(action);
                    self.engine
                        .reporter
                        .say(&format!("{} ({title}):\n{}", action.owner, made.stderr.trim_end()));
                }
                Ok((made.outputs, made.took))
            }
            ActionKind::Download {
                url,
                sha256,
                size,
                executable,
            } => {
                let pinned = download::Pinned {
                    url,
                    sha256,
                    size: *size,
                    executable: *executable,
                };
                let entry = download::download(&pinned, &self.engine.layout, &self.engine.store);
                Ok((vec![entry.map_err(|error| explain(action, &error))?], start.elapsed()))
            }
            _ => anyhow::bail!("internal error: an action of {} has no program", action.owner),
        }
    }

    /// Adds what the rule's error handler makes of the failure.
    fn explained(&self, run: &Run, error: anyhow::Error) -> anyhow::Error {
        let Some(token) = run.error_handler else { return error };
        match error.downcast::<Failure>() {
            Ok(mut failure) => {
                let lines = self.expander.explain(token, &failure.stdout, &failure.stderr);
                failure.explained = lines.unwrap_or_else(|error| vec![format!("its error handler failed: {error:#}")]);
                failure.into()
            }
            Err(error) => error,
        }
    }

    /// The target that makes the output at or above a path.
    fn maker(&self, path: &str) -> Option<String> {
        let graph = self.graph.read().unwrap_or_else(PoisonError::into_inner);
        let action = graph.all().find(|action| {
            action
                .outputs
                .iter()
                .any(|output| paths::below(path, &output.path).is_some())
        })?;
        Some(action.owner.to_string())
    }
}

/// The actions behind artifacts, each once.
fn makers(artifacts: &[Artifact]) -> Vec<ActionId> {
    let mut ids: Vec<ActionId> = artifacts.iter().filter_map(Artifact::maker).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn done(id: ActionId, action: &Action, outputs: Vec<Entry>, how: How, key: Sha256) -> Done {
    let paths = action.outputs.iter().map(|output| output.path.clone());
    Done {
        outputs: paths.zip(outputs).map(|(path, entry)| (path, entry, id)).collect(),
        how,
        key: Some(key),
    }
}

/// Says which action an error belongs to; content that the store has lost stays what it is.
fn explain(action: &Action, error: &anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<super::store::Damaged>() {
        Some(damaged) => super::store::Damaged(damaged.0).into(),
        None => Failure::new(action, format!("{error:#}")).into(),
    }
}
