//! What a worker does with one action: asks the cache, runs its program, or works its outputs out.

use super::engine::{HasSources, WithSources};
use super::entry::{Entry, FileEntry};
use super::failure::Failure;
use super::inputs::{Closure, value};
use super::schedule::{Done, How, Pass, Prepared, Step, makers};
use super::store::{Damaged, Origin};
use super::unchanged::Asked;
use super::{derive, download, identity, key, paths, program};
use crate::action::{Action, ActionId, ActionKind, Artifact, Remains, Run};
use anyhow::{Context, Result};
use digest::Sha256;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

impl Pass<'_> {
    /// Does what needs no program: derives, asks the cache, or looks into a dynamic action.
    pub(super) fn look(&self, id: ActionId) -> Result<Step> {
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
                let host = self.host(&action.category, &run.argv);
                let key = key::run(run, &inputs, &action.outputs, &host);
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

    /// What the action depends on besides its inputs.
    fn host(&self, category: &str, argv: &[String]) -> Vec<String> {
        let host = identity::of(category, argv, &|name| std::env::var(name).ok());
        if identity::asks(category) {
            self.engine.note_asked(Asked {
                category: category.to_owned(),
                argv: argv.to_vec(),
                host: host.clone(),
            });
        }
        host
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
    pub(super) fn execute(&self, id: ActionId) -> Result<Done> {
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
                let script = failure
                    .repeat
                    .as_ref()
                    .map(|script| self.engine.layout.root().join(script));
                let made = script.map(|script| program::kept(&script));
                let remains = Remains {
                    stdout: &failure.stdout,
                    stderr: &failure.stderr,
                    made: made.as_deref(),
                };
                let lines = self.expander.explain(token, &remains);
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
    match error.downcast_ref::<Damaged>() {
        Some(damaged) => Damaged(damaged.0).into(),
        None => Failure::new(action, format!("{error:#}")).into(),
    }
}
