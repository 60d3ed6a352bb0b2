//! Resolving selects.

use super::compatible::{Cause, Outcome, Reason};
use super::setting::Setting;
use crate::attrs::{Attr, Selector};
use crate::engine::Engine;
use crate::label::{ConfiguredTarget, ProvidersLabel};
use anyhow::{Result, bail};
use std::sync::Arc;

/// Resolves the selects of one target.
pub(super) struct Resolver<'a> {
    pub(super) engine: &'a Engine,
    pub(super) target: &'a ConfiguredTarget,
}

impl Resolver<'_> {
    /// The value without selects; `default` stands for a branch that is `None`.
    pub(super) fn resolve(&self, attr: &Attr, default: Option<&Attr>) -> Result<Outcome<Attr>> {
        Ok(match attr {
            Attr::Select(select) => match (self.choose(select)?, default) {
                (Attr::None, Some(default)) => self.resolve(default, None)?,
                (chosen, _) => self.resolve(chosen, default)?,
            },
            Attr::Concat(parts) => match self.all(parts)? {
                Outcome::Compatible(parts) => Outcome::Compatible(join(parts)?),
                Outcome::Incompatible(reason) => Outcome::Incompatible(reason),
            },
            Attr::List(items) => self.all(items)?.map(|items| Attr::List(items.into())),
            Attr::Tuple(items) => self.all(items)?.map(|items| Attr::Tuple(items.into())),
            Attr::Dict(entries) => {
                let flat: Vec<_> = entries
                    .iter()
                    .flat_map(|(key, value)| [key.clone(), value.clone()])
                    .collect();
                self.all(&flat)?.map(|flat| {
                    let mut flat = flat.into_iter();
                    let pairs = std::iter::from_fn(|| Some((flat.next()?, flat.next()?)));
                    Attr::Dict(pairs.collect())
                })
            }
            Attr::Incompatible(message) => Outcome::Incompatible(Arc::new(Reason {
                target: self.target.clone(),
                cause: Cause::Branch(message.clone()),
            })),
            other => Outcome::Compatible(other.clone()),
        })
    }

    fn all(&self, attrs: &[Attr]) -> Result<Outcome<Vec<Attr>>> {
        let mut resolved = Vec::with_capacity(attrs.len());
        for attr in attrs {
            match self.resolve(attr, None)? {
                Outcome::Compatible(attr) => resolved.push(attr),
                Outcome::Incompatible(reason) => return Ok(Outcome::Incompatible(reason)),
            }
        }
        Ok(Outcome::Compatible(resolved))
    }

    fn choose<'s>(&self, select: &'s Selector) -> Result<&'s Attr> {
        let cell = &self.target.target.package.cell;
        let mut matching: Vec<(&ProvidersLabel, Arc<Setting>, &Attr)> = Vec::new();
        for (key, value) in &select.entries {
            if let Some(setting) = self.engine.holds(key, &self.target.cfg, cell)? {
                matching.push((key, setting, value));
            }
        }
        let refined = |setting: &Setting| matching.iter().any(|(_, other, _)| other.refines(setting));
        let mut best = matching.iter().filter(|(_, setting, _)| !refined(setting));
        let Some((key, _, value)) = best.next() else {
            return match &select.default {
                Some(default) => Ok(default),
                None => {
                    let keys: Vec<_> = select.entries.iter().map(|(key, _)| format!("`{key}`")).collect();
                    bail!(
                        "no branch of a select matches {}: there are {}; add one, or \"DEFAULT\"",
                        self.target.cfg,
                        keys.join(", ")
                    )
                }
            };
        };
        match best.find(|(_, _, other)| other != value) {
            Some((other, ..)) => bail!(
                "two branches of a select match {}, `{key}` and `{other}`, and neither is more specific; add a branch for both at once",
                self.target.cfg
            ),
            None => Ok(value),
        }
    }
}

impl<T> Outcome<T> {
    /// Changes the result.
    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Outcome::Compatible(value) => Outcome::Compatible(f(value)),
            Outcome::Incompatible(reason) => Outcome::Incompatible(reason),
        }
    }
}

/// Joins resolved values of one type.
fn join(parts: Vec<Attr>) -> Result<Attr> {
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or(Attr::None);
    parts.try_fold(first, |left, right| match (left, right) {
        (Attr::List(left), Attr::List(right)) => Ok(Attr::List(left.iter().chain(&*right).cloned().collect())),
        (Attr::Str(left), Attr::Str(right)) => Ok(Attr::Str(format!("{left}{right}").into())),
        (Attr::Arg(left), Attr::Arg(right)) => Ok(Attr::Arg(left.iter().chain(&*right).cloned().collect())),
        (Attr::Dict(left), Attr::Dict(right)) => {
            if let Some((key, _)) = right.iter().find(|(key, _)| left.iter().any(|(other, _)| other == key)) {
                bail!("joined dicts both have the key {}", crate::attrs::to_json(key));
            }
            Ok(Attr::Dict(left.iter().chain(&*right).cloned().collect()))
        }
        // A branch that is None adds nothing.
        (Attr::None, other) | (other, Attr::None) => Ok(other),
        (left, right) => bail!(
            "{} and {} cannot be joined",
            crate::attrs::to_json(&left),
            crate::attrs::to_json(&right)
        ),
    })
}
