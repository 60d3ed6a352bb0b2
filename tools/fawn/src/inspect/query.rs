//! The expressions of `cquery` and `aquery`: patterns, and `deps(pattern)` or `deps(pattern, depth)`.

use crate::configure::{Node, Outcome};
use crate::session::{Project, Request};
use anyhow::{Context, Result, bail};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// What an expression asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) patterns: Vec<String>,
    /// How far dependencies count: 0 for the targets themselves.
    pub(super) depth: usize,
}

impl Query {
    /// Reads an expression.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let Some((function, rest)) = text.split_once('(') else {
            let patterns = text.split_whitespace().filter(|word| *word != "+").map(unquote);
            return Ok(Self {
                patterns: patterns.map(str::to_owned).collect(),
                depth: 0,
            });
        };
        let inner = rest
            .strip_suffix(')')
            .with_context(|| format!("the expression `{text}` does not close"))?;
        let (argument, depth) = match (function.trim(), inner.rsplit_once(',')) {
            ("deps", Some((argument, depth))) => {
                let depth = depth
                    .trim()
                    .parse()
                    .with_context(|| format!("the depth in `{text}` is no number"))?;
                (argument, depth)
            }
            ("deps", None) => (inner, usize::MAX),
            ("all_actions" | "set", _) => (inner, 0),
            (other, _) => {
                bail!("the query function `{other}` is not supported; there are `deps`, `set` and `all_actions`")
            }
        };
        let inner = Self::parse(argument)?;
        Ok(Self {
            patterns: inner.patterns,
            depth: depth.max(inner.depth),
        })
    }
}

fn unquote(word: &str) -> &str {
    word.trim_matches(|c| c == '"' || c == '\'')
}

impl Project {
    /// The configured targets that an expression means, dependencies after the targets that need them.
    pub(super) fn query(
        &self,
        cwd: &Path,
        expressions: &[String],
        modifiers: &[String],
        platform: Option<&str>,
    ) -> Result<Vec<Arc<Node>>> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for expression in expressions {
            let query = Query::parse(expression)?;
            let requests = self.resolve_patterns(cwd, &query.patterns)?;
            crate::session::deep(|| {
                let mut layer = self.roots(&requests, modifiers, platform)?;
                for depth in 0.. {
                    layer.retain(|node| seen.insert(node.label.clone()));
                    if layer.is_empty() {
                        break;
                    }
                    found.extend(layer.iter().cloned());
                    if depth == query.depth {
                        break;
                    }
                    layer = self.next_layer(&layer)?;
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    fn roots(&self, requests: &[Request], modifiers: &[String], platform: Option<&str>) -> Result<Vec<Arc<Node>>> {
        let mut roots = Vec::new();
        for request in requests {
            let own = if request.modifiers.is_empty() {
                modifiers
            } else {
                &request.modifiers
            };
            let label = self.engine.label(&request.target)?;
            let configured = self.engine.requested(&label, own, platform)?;
            match self.engine.configure(&configured)? {
                Outcome::Incompatible(_) if !request.named => {}
                outcome => roots.push(outcome.require()?),
            }
        }
        Ok(roots)
    }

    fn next_layer(&self, layer: &[Arc<Node>]) -> Result<Vec<Arc<Node>>> {
        let deps = layer.iter().flat_map(|node| node.deps.iter());
        deps.map(|dep| self.engine.configure(dep)?.require()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let parsed = |text: &str| Query::parse(text).map(|query| (query.patterns.join(" "), query.depth));
        assert_eq!(parsed("//a:b + '//c:d'").unwrap(), ("//a:b //c:d".into(), 0));
        assert_eq!(parsed("deps(//a:b)").unwrap(), ("//a:b".into(), usize::MAX));
        assert_eq!(parsed("deps(set(//a:b //c:d), 2)").unwrap(), ("//a:b //c:d".into(), 2));
        assert!(
            parsed("rdeps(//..., //a:b)")
                .unwrap_err()
                .to_string()
                .contains("`rdeps` is not supported")
        );
        assert!(parsed("deps(//a:b").unwrap_err().to_string().contains("does not close"));
    }
}
