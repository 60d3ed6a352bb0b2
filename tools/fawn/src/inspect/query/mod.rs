//! The expressions of `cquery` and `aquery`.
//!
//! As in Buck2, a pattern in `cquery` means every configuration of its targets that the targets named anywhere in the
//! expression, with their dependencies, lead to.

mod matching;
mod parse;

use crate::configure::{Node, Outcome};
use crate::label::{ConfiguredTarget, TargetLabel};
use crate::session::{Project, Request};
use anyhow::{Context, Result, bail};
use parse::{Expr, Operator};
use regex::Regex;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// The functions there are, for the message about another one.
const FUNCTIONS: &str =
    "`all_actions`, `attrfilter`, `attrregexfilter`, `deps`, `filter`, `kind`, `nattrfilter`, `rdeps`, `set`";

/// What a pattern means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literals {
    /// The targets as the command line configures them.
    Requested,
    /// Every configuration of them within the universe.
    Universe,
}

/// How the command line configures targets.
pub(super) struct Asked<'a> {
    pub(super) cwd: &'a Path,
    pub(super) modifiers: &'a [String],
    pub(super) platform: Option<&'a str>,
}

/// Targets in order, each once.
#[derive(Clone, Default)]
struct Targets {
    nodes: Vec<Arc<Node>>,
    labels: HashSet<ConfiguredTarget>,
}

impl Targets {
    fn add(&mut self, node: Arc<Node>) -> bool {
        let new = self.labels.insert(node.label.clone());
        if new {
            self.nodes.push(node);
        }
        new
    }

    fn extend(&mut self, nodes: impl IntoIterator<Item = Arc<Node>>) {
        for node in nodes {
            self.add(node);
        }
    }

    fn of(nodes: impl IntoIterator<Item = Arc<Node>>) -> Self {
        let mut targets = Self::default();
        targets.extend(nodes);
        targets
    }

    fn keep(self, keep: impl Fn(&Node) -> bool) -> Self {
        Self::of(self.nodes.into_iter().filter(|node| keep(node)))
    }
}

impl Project {
    /// The configured targets that expressions mean; of `deps`, dependencies after the targets that need them.
    pub(super) fn query(
        &self,
        asked: &Asked<'_>,
        expressions: &[String],
        literals: Literals,
    ) -> Result<Vec<Arc<Node>>> {
        let mut found = Targets::default();
        for text in expressions {
            let expr = parse::parse(text)?;
            crate::session::deep(|| {
                let mut evaluation = Evaluation {
                    project: self,
                    asked,
                    universe: None,
                };
                if literals == Literals::Universe {
                    let mut roots = Vec::new();
                    evaluation.literals(&expr, &mut roots)?;
                    evaluation.universe = Some(evaluation.deps(Targets::of(roots), usize::MAX)?.nodes);
                }
                let nodes = evaluation
                    .set(&expr)
                    .with_context(|| format!("in the expression `{text}`"))?;
                found.extend(nodes.nodes);
                Ok(())
            })?;
        }
        Ok(found.nodes)
    }

    /// The targets of requests as the command line configures them.
    pub(super) fn requested(&self, requests: &[Request], asked: &Asked<'_>) -> Result<Vec<Arc<Node>>> {
        let mut roots = Vec::new();
        for request in requests {
            let (_, configured) = self.requested_target(request, asked.modifiers, asked.platform)?;
            match self.engine.configure(&configured)? {
                Outcome::Incompatible(_) if !request.named => {}
                outcome => roots.push(outcome.require()?),
            }
        }
        Ok(roots)
    }
}

struct Evaluation<'a> {
    project: &'a Project,
    asked: &'a Asked<'a>,
    universe: Option<Vec<Arc<Node>>>,
}

impl Evaluation<'_> {
    /// Every target that is named in a place where a set is expected.
    fn literals(&self, expr: &Expr, found: &mut Vec<Arc<Node>>) -> Result<()> {
        match expr {
            Expr::Word(word) => found.extend(self.named(std::slice::from_ref(word))?),
            Expr::Set(words) => found.extend(self.named(words)?),
            Expr::Chain(first, rest) => {
                self.literals(first, found)?;
                rest.iter().try_for_each(|(_, expr)| self.literals(expr, found))?;
            }
            Expr::Call { name, arguments } => {
                for (at, argument) in arguments.iter().enumerate() {
                    if takes_set(name, at) {
                        self.literals(argument, found)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn named(&self, patterns: &[String]) -> Result<Vec<Arc<Node>>> {
        let requests = self.project.resolve_patterns(self.asked.cwd, patterns)?;
        self.project.requested(&requests, self.asked)
    }

    fn pattern(&self, patterns: &[String]) -> Result<Targets> {
        let Some(universe) = &self.universe else {
            return Ok(Targets::of(self.named(patterns)?));
        };
        let requests = self.project.resolve_patterns(self.asked.cwd, patterns)?;
        let labels = requests
            .iter()
            .map(|request| self.project.engine.label(&request.target));
        let labels: HashSet<TargetLabel> = labels.collect::<Result<_>>()?;
        let inside = universe.iter().filter(|node| labels.contains(&node.label.target));
        Ok(Targets::of(inside.cloned()))
    }

    fn set(&self, expr: &Expr) -> Result<Targets> {
        match expr {
            Expr::Word(word) => self.pattern(std::slice::from_ref(word)),
            Expr::Set(words) => self.pattern(words),
            Expr::Chain(first, rest) => {
                let mut found = self.set(first)?;
                for (operator, expr) in rest {
                    let other = self.set(expr)?;
                    match operator {
                        Operator::Union => found.extend(other.nodes),
                        Operator::Except => found = found.keep(|node| !other.labels.contains(&node.label)),
                        Operator::Intersect => found = found.keep(|node| other.labels.contains(&node.label)),
                    }
                }
                Ok(found)
            }
            Expr::Call { name, arguments } => self.call(name, arguments),
        }
    }

    fn call(&self, name: &str, arguments: &[Expr]) -> Result<Targets> {
        match (name, arguments) {
            ("all_actions", [set]) => self.set(set),
            ("deps", [set]) => self.deps(self.set(set)?, usize::MAX),
            ("deps", [set, depth]) => self.deps(self.set(set)?, number(depth)?),
            ("rdeps", [universe, set]) => self.rdeps(universe, set, usize::MAX),
            ("rdeps", [universe, set, depth]) => self.rdeps(universe, set, number(depth)?),
            ("kind", [pattern, set]) => {
                let pattern = regex(pattern)?;
                Ok(self.set(set)?.keep(|node| pattern.is_match(&node.target.rule.name)))
            }
            ("filter", [pattern, set]) => {
                let pattern = regex(pattern)?;
                Ok(self
                    .set(set)?
                    .keep(|node| pattern.is_match(&node.label.target.to_string())))
            }
            ("attrfilter" | "nattrfilter", [attribute, value, set]) => {
                let (attribute, value) = (word(attribute)?, word(value)?);
                let wanted = name == "attrfilter";
                let found = |node: &Node| matching::any(node, attribute, &|text| text == value);
                Ok(self.set(set)?.keep(|node| found(node) == Some(wanted)))
            }
            ("attrregexfilter", [attribute, pattern, set]) => {
                let (attribute, pattern) = (word(attribute)?, regex(pattern)?);
                let found = |node: &Node| matching::any(node, attribute, &|text| pattern.is_match(text));
                Ok(self.set(set)?.keep(|node| found(node) == Some(true)))
            }
            _ if FUNCTIONS.contains(&format!("`{name}`")) => bail!(
                "`{name}` does not take {} argument{}",
                arguments.len(),
                if arguments.len() == 1 { "" } else { "s" }
            ),
            _ => bail!("the query function `{name}` is not supported; there are {FUNCTIONS}"),
        }
    }

    /// The targets with what they need, so many steps away, layer by layer.
    fn deps(&self, targets: Targets, depth: usize) -> Result<Targets> {
        let mut found = Targets::default();
        let mut layer = targets.nodes;
        for step in 0.. {
            layer.retain(|node| found.add(node.clone()));
            if layer.is_empty() || step == depth {
                break;
            }
            let deps = layer.iter().flat_map(|node| node.deps.iter());
            let next = deps.map(|dep| self.project.engine.configure(dep)?.require());
            layer = next.collect::<Result<_>>()?;
        }
        Ok(found)
    }

    /// The targets with what needs them, so many steps away, within the dependencies of the universe.
    fn rdeps(&self, universe: &Expr, set: &Expr, depth: usize) -> Result<Targets> {
        let universe = self.deps(self.set(universe)?, usize::MAX)?;
        let mut users: HashMap<&ConfiguredTarget, Vec<&Arc<Node>>> = HashMap::new();
        for node in &universe.nodes {
            for dep in &node.deps {
                users.entry(dep).or_default().push(node);
            }
        }
        let mut found = Targets::default();
        let mut layer = self.set(set)?.keep(|node| universe.labels.contains(&node.label)).nodes;
        for step in 0.. {
            layer.retain(|node| found.add(node.clone()));
            if layer.is_empty() || step == depth {
                break;
            }
            let next = layer.iter().filter_map(|node| users.get(&node.label)).flatten();
            layer = next.map(|node| (*node).clone()).collect();
        }
        Ok(found)
    }
}

/// Whether the argument at this place is a set of targets.
fn takes_set(function: &str, at: usize) -> bool {
    match function {
        "kind" | "filter" => at == 1,
        "attrfilter" | "nattrfilter" | "attrregexfilter" => at == 2,
        "rdeps" => at < 2,
        _ => at == 0,
    }
}

fn word(expr: &Expr) -> Result<&str> {
    match expr {
        Expr::Word(word) => Ok(word),
        _ => bail!("expected a word, found an expression; put it in quotes"),
    }
}

fn number(expr: &Expr) -> Result<usize> {
    let word = word(expr)?;
    word.parse().with_context(|| format!("the depth `{word}` is no number"))
}

fn regex(expr: &Expr) -> Result<Regex> {
    let word = word(expr)?;
    Regex::new(word).with_context(|| format!("`{word}` is no regular expression"))
}
