//! From the artifacts that an action names to the files that it sees.
//!
//! A link is worth nothing without what it points to: whoever gets an output with links also gets the artifacts behind
//! them, as far as the action that made it had them.

use super::entry::Entry;
use super::paths;
use crate::action::{Action, ActionGraph, ActionId, Artifact};
use anyhow::{Result, bail};
use std::collections::{BTreeMap, HashSet};

/// Gives the contents of what is built.
pub trait Values {
    /// The content of a source.
    ///
    /// # Errors
    /// A source that cannot be read.
    fn source(&self, path: &str) -> Result<Entry>;

    /// The content of a declared output, and the action that really made it (another one for dynamic outputs).
    fn output(&self, action: ActionId, root: &str) -> Option<(Entry, ActionId)>;
}

/// The content of one artifact.
///
/// # Errors
/// A source that cannot be read, or a path that is not inside its output.
pub fn value(artifact: &Artifact, graph: &ActionGraph, values: &dyn Values) -> Result<Entry> {
    match artifact {
        Artifact::Source(path) => values.source(path),
        Artifact::Output { action, root, path } => {
            let owner = &graph.get(*action).owner;
            let Some((entry, _)) = values.output(*action, root) else {
                bail!("internal error: `{root}` of {owner} is used before it is built");
            };
            let inside = paths::below(path, root).unwrap_or_default();
            match entry.descend(inside) {
                Some(entry) => Ok(entry.clone()),
                None => bail!("{owner} made `{root}` without `{inside}` in it, but another action needs that file"),
            }
        }
    }
}

/// Collects artifacts with everything their links lead to.
pub struct Closure<'a> {
    graph: &'a ActionGraph,
    values: &'a dyn Values,
    seen: HashSet<Artifact>,
    found: BTreeMap<String, Entry>,
    roots: BTreeMap<String, (ActionId, Entry)>,
}

impl<'a> Closure<'a> {
    /// Nothing collected yet.
    pub fn new(graph: &'a ActionGraph, values: &'a dyn Values) -> Self {
        Self {
            graph,
            values,
            seen: HashSet::new(),
            found: BTreeMap::new(),
            roots: BTreeMap::new(),
        }
    }

    /// Adds an artifact.
    ///
    /// # Errors
    /// As [`value`].
    pub fn add(&mut self, artifact: &Artifact) -> Result<()> {
        if !self.seen.insert(artifact.clone()) {
            return Ok(());
        }
        let entry = value(artifact, self.graph, self.values)?;
        if let Artifact::Source(path) = artifact {
            for target in targets(&entry, path) {
                self.add(&Artifact::Source(target.into()))?;
            }
        }
        if let Artifact::Output { action, root, .. } = artifact {
            let whole = self.values.output(*action, root);
            if let Some((whole, maker)) = whole {
                self.roots.insert(root.to_string(), (maker, whole));
                if entry.has_links() {
                    self.follow(&entry, artifact.path(), maker)?;
                }
            }
        }
        self.found.insert(artifact.path().to_string(), entry);
        Ok(())
    }

    fn follow(&mut self, entry: &Entry, at: &str, maker: ActionId) -> Result<()> {
        for target in targets(entry, at) {
            let mut visited = HashSet::new();
            if let Some(artifact) = self.provider(&target, maker, &mut visited) {
                self.add(&artifact)?;
            }
        }
        Ok(())
    }

    /// The artifact at or above `target` that `action`, or an action behind it, had as an input or makes itself.
    fn provider(&self, target: &str, id: ActionId, visited: &mut HashSet<ActionId>) -> Option<Artifact> {
        if !visited.insert(id) {
            return None;
        }
        let action: &Action = self.graph.get(id);
        let sibling = action
            .outputs
            .iter()
            .find(|output| paths::below(target, &output.path).is_some());
        if let Some(output) = sibling {
            let path = output.path.clone();
            return Some(Artifact::Output {
                action: id,
                root: path.clone(),
                path,
            });
        }
        let input = action
            .inputs
            .iter()
            .find(|input| paths::below(target, input.path()).is_some());
        input.cloned().or_else(|| {
            action.inputs.iter().find_map(|input| match input {
                Artifact::Output { action, root, .. } => {
                    let (entry, maker) = self.values.output(*action, root)?;
                    entry
                        .has_links()
                        .then(|| self.provider(target, maker, visited))
                        .flatten()
                }
                // A source tree may hold links that lead out of it.
                Artifact::Source(path) => targets(&self.values.source(path).ok()?, path)
                    .into_iter()
                    .find(|place| paths::below(target, place).is_some())
                    .map(|place| Artifact::Source(place.into())),
            })
        })
    }

    /// Path to content; nothing that lies inside another entry is named twice.
    pub fn finish(self) -> BTreeMap<String, Entry> {
        let mut out: BTreeMap<String, Entry> = BTreeMap::new();
        for (path, entry) in self.found {
            let covered = ancestors(&path).any(|above| matches!(out.get(above), Some(Entry::Dir(_))));
            if !covered {
                out.insert(path, entry);
            }
        }
        out
    }

    /// The whole outputs that the collected artifacts belong to.
    pub fn roots(self) -> BTreeMap<String, (ActionId, Entry)> {
        self.roots
    }
}

/// Where the links of `entry`, which stands at `at`, lead to outside of it; sorted.
fn targets(entry: &Entry, at: &str) -> Vec<String> {
    let mut targets = Vec::new();
    if entry.has_links() {
        entry.walk(&mut String::new(), &mut |inside, entry| {
            if let Entry::Link(target) = entry {
                let place = if inside.is_empty() {
                    at.to_owned()
                } else {
                    format!("{at}/{inside}")
                };
                targets.extend(paths::resolve(paths::parent(&place), target));
            }
        });
    }
    targets.retain(|target| paths::below(target, at).is_none());
    targets.sort_unstable();
    targets.dedup();
    targets
}

/// `a/b`, `a` for `a/b/c`.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        Some(paths::parent(path)).filter(|parent| !parent.is_empty())
    })
    .skip(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{ActionKind, Output};
    use crate::exec::derive;
    use std::collections::HashMap;

    #[derive(Default)]
    struct Known(HashMap<usize, Entry>);

    impl Values for Known {
        fn source(&self, path: &str) -> Result<Entry> {
            let links = |target: &str| Entry::dir([("l".to_owned(), Entry::Link(target.into()))].into());
            Ok(match path {
                "tree" => links("../other/tree/x"),
                "other/tree/x" => links("../../../tree"),
                _ => Entry::dir(BTreeMap::new()),
            })
        }

        fn output(&self, action: ActionId, _root: &str) -> Option<(Entry, ActionId)> {
            Some((self.0.get(&action.0)?.clone(), action))
        }
    }

    fn action(inputs: Vec<Artifact>, output: &str) -> Action {
        Action {
            owner: "c//p:n (cfg)".into(),
            category: "c".into(),
            identifier: None,
            kind: ActionKind::Tree {
                entries: BTreeMap::new(),
                links: true,
            },
            inputs,
            outputs: vec![Output {
                path: output.into(),
                directory: true,
            }],
        }
    }

    fn output(id: ActionId, root: &str) -> Artifact {
        Artifact::Output {
            action: id,
            root: root.into(),
            path: root.into(),
        }
    }

    #[test]
    fn what_links_point_to_comes_along() {
        let (mut graph, mut values) = (ActionGraph::default(), Known::default());
        let made = graph.add(action(vec![], "out/made"));
        values.0.insert(made.0, Entry::dir(BTreeMap::new()));
        let sources = vec![Artifact::Source("src".into()), output(made, "out/made")];
        let linked = graph.add(action(sources, "out/linked"));
        let entries = [
            ("a".to_owned(), derive::link("out/linked/a", "src")),
            ("b".into(), derive::link("out/linked/b", "out/made/x")),
        ];
        let tree = Entry::dir(entries.into());
        values.0.insert(linked.0, tree.clone());
        let copied = graph.add(action(vec![output(linked, "out/linked")], "out/copied"));
        values
            .0
            .insert(copied.0, derive::copy(&tree, "out/linked", "out/copied", None));

        let mut closure = Closure::new(&graph, &values);
        closure.add(&output(copied, "out/copied")).unwrap();
        assert_eq!(
            closure.finish().keys().collect::<Vec<_>>(),
            ["out/copied", "out/made", "src"]
        );
    }

    #[test]
    fn links_of_sources_lead_to_sources() {
        let (mut graph, mut values) = (ActionGraph::default(), Known::default());
        let tree = Artifact::Source("tree".into());
        let id = graph.add(action(vec![tree.clone()], "out/copy"));
        let content = values.source("tree").unwrap();
        values.0.insert(id.0, derive::copy(&content, "tree", "out/copy", None));
        for (artifact, expected) in [
            (tree, vec!["other/tree/x", "tree"]),
            (output(id, "out/copy"), vec!["other/tree/x", "out/copy", "tree"]),
        ] {
            let mut closure = Closure::new(&graph, &values);
            closure.add(&artifact).unwrap();
            assert_eq!(closure.finish().keys().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_file_inside_a_collected_directory_is_not_repeated() {
        let (mut graph, mut values) = (ActionGraph::default(), Known::default());
        let id = graph.add(action(vec![], "out/d"));
        values
            .0
            .insert(id.0, Entry::dir([("x".to_owned(), Entry::dir(BTreeMap::new()))].into()));
        let mut closure = Closure::new(&graph, &values);
        let inner = |path: &str| Artifact::Output {
            action: id,
            root: "out/d".into(),
            path: path.into(),
        };
        closure.add(&inner("out/d/x")).unwrap();
        closure.add(&output(id, "out/d")).unwrap();
        let error = closure.add(&inner("out/d/y")).unwrap_err().to_string();
        assert_eq!(
            error,
            "c//p:n (cfg) made `out/d` without `y` in it, but another action needs that file"
        );
        assert_eq!(closure.finish().keys().collect::<Vec<_>>(), ["out/d"]);
    }
}
