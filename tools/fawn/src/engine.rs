//! What configuring and analysing remember, and how both call each other.
//!
//! Configuring a target needs the analysis of configuration rules (platforms, constraints), and analysing a target
//! needs its configured dependencies. Every result is computed once.

use crate::action::ActionGraph;
use crate::analysis::{Analyzed, DynamicCall, HandlerCall};
use crate::configure::{ExecutionPlatforms, Node, Outcome, Setting};
use crate::label::{Configuration, ConfiguredTarget, ProvidersLabel, TargetLabel};
use crate::load::loader::Loader;
use anyhow::{Result, bail};
use std::collections::HashMap;
use std::hash::Hash;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

/// Results by key.
pub(crate) struct Memo<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Memo<K, V> {
    /// The remembered result, or that of `compute`. No lock is held meanwhile.
    pub(crate) fn get(&self, key: &K, compute: impl FnOnce() -> Result<V>) -> Result<V> {
        if let Some(value) = self.peek(key) {
            return Ok(value);
        }
        let value = compute()?;
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(map.entry(key.clone()).or_insert(value).clone())
    }

    /// The remembered result.
    pub(crate) fn peek(&self, key: &K) -> Option<V> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// What results there are for.
    pub(crate) fn keys(&self) -> Vec<K> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.keys().cloned().collect()
    }
}

/// Key of an execution platform choice: target's cell, `exec_compatible_with`, exec deps, toolchain deps.
pub(crate) type PlatformKey = (Arc<str>, Vec<ProvidersLabel>, Vec<TargetLabel>, Vec<ConfiguredTarget>);

/// Key of a configuration after its modifiers: the one before, the modifiers, the rule's name, whether it is for a tool.
pub(crate) type ModifiedKey = (Configuration, String, Arc<str>, bool);

/// Loading, configuring and analysing one project.
pub(crate) struct Engine {
    pub(crate) root: PathBuf,
    pub(crate) loader: Loader,
    pub(crate) graph: Arc<RwLock<ActionGraph>>,
    pub(crate) nodes: Memo<ConfiguredTarget, Outcome<Arc<Node>>>,
    pub(crate) analyses: Memo<ConfiguredTarget, Arc<Analyzed>>,
    pub(crate) settings: Memo<ProvidersLabel, Arc<Setting>>,
    pub(crate) platforms: Memo<TargetLabel, Configuration>,
    pub(crate) transitions: Memo<(TargetLabel, Configuration), Configuration>,
    pub(crate) modified: Memo<ModifiedKey, Configuration>,
    pub(crate) exec_platforms: OnceLock<Option<Arc<ExecutionPlatforms>>>,
    pub(crate) platform_choices: Memo<PlatformKey, Configuration>,
    pub(crate) dynamics: Mutex<Vec<Arc<DynamicCall>>>,
    pub(crate) handlers: Mutex<Vec<Arc<HandlerCall>>>,
    /// What is being worked on, to find cycles.
    path: Mutex<Vec<(Step, ConfiguredTarget)>>,
}

/// A kind of work on a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Configure,
    Analyze,
}

impl Engine {
    /// An engine that knows nothing yet.
    pub(crate) fn new(root: PathBuf, loader: Loader) -> Self {
        Self {
            root,
            loader,
            graph: Arc::default(),
            nodes: Memo::default(),
            analyses: Memo::default(),
            settings: Memo::default(),
            platforms: Memo::default(),
            transitions: Memo::default(),
            modified: Memo::default(),
            exec_platforms: OnceLock::new(),
            platform_choices: Memo::default(),
            dynamics: Mutex::default(),
            handlers: Mutex::default(),
            path: Mutex::default(),
        }
    }

    /// Runs `work`, which belongs to this target, and refuses to start it inside itself.
    pub(crate) fn enter<T>(
        &self,
        step: Step,
        target: &ConfiguredTarget,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let lock = || self.path.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = (step, target.clone());
        {
            let mut path = lock();
            if let Some(start) = path.iter().position(|other| *other == entry) {
                let mut names: Vec<_> = path[start..]
                    .iter()
                    .filter(|(other, _)| *other == step)
                    .map(|(_, target)| target.target.to_string())
                    .collect();
                names.push(target.target.to_string());
                bail!(
                    "targets depend on each other in a circle: {}; remove one of these dependencies",
                    names.join(" -> ")
                );
            }
            path.push(entry);
        }
        let result = work();
        lock().pop();
        result
    }
}
