//! Which action comes next: every action waits for its inputs, a few threads take what is ready, the longest chain first.

use super::engine::{Engine, HasSources};
use super::entry::Entry;
use super::queue::{Queue, Turn};
use super::store::Damaged;
use crate::action::{Action, ActionGraph, ActionId, ActionKind, Artifact, Expander};
use anyhow::Result;
use digest::Sha256;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

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
pub(super) struct Prepared {
    pub(super) inputs: BTreeMap<String, Entry>,
    pub(super) key: Sha256,
}

/// What came of a step.
pub(super) enum Step {
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
    pub(super) engine: &'a Engine<'a>,
    pub(super) graph: &'a RwLock<ActionGraph>,
    pub(super) expander: &'a dyn Expander,
    pub(super) expansions: &'a Expansions,
    queue: Mutex<Queue>,
    changed: Condvar,
    pub(super) done: RwLock<HashMap<ActionId, Done>>,
    pub(super) prepared: Mutex<HashMap<ActionId, Prepared>>,
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

    pub(super) fn action(&self, id: ActionId) -> Arc<Action> {
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
            Err(error) => {
                if !error.is::<Damaged>() {
                    self.engine.reporter.failed(&error);
                }
                self.queue
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .fail(id, error);
            }
        }
        self.changed.notify_all();
    }
}

/// The actions behind artifacts, each once.
pub(super) fn makers(artifacts: &[Artifact]) -> Vec<ActionId> {
    let mut ids: Vec<ActionId> = artifacts.iter().filter_map(Artifact::maker).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
