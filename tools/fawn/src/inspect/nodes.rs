//! Configured targets as JSON, in the shape of `buck2 cquery --output-all-attributes`.

use super::query::{Asked, Literals};
use crate::attrs::to_json;
use crate::configure::Node;
use crate::session::Project;
use anyhow::Result;
use serde_json::{Map, Value};
use std::path::Path;

impl Project {
    /// The configured targets that expressions mean: label to attributes, selects resolved.
    ///
    /// # Errors
    /// A bad expression, or whatever keeps a target from being configured.
    pub fn configured_targets(
        &self,
        cwd: &Path,
        expressions: &[String],
        modifiers: &[String],
        platform: Option<&str>,
    ) -> Result<Map<String, Value>> {
        let asked = Asked {
            cwd,
            modifiers,
            platform,
        };
        let nodes = self.query(&asked, expressions, Literals::Universe)?;
        Ok(nodes
            .iter()
            .map(|node| (node.label.to_string(), self.node(node)))
            .collect())
    }

    fn node(&self, node: &Node) -> Value {
        let label = &node.label.target;
        let rule = &node.target.rule;
        let cell = self.engine.loader.cells.get(&label.package.cell);
        let build_file = cell.build_file(&label.package.path).unwrap_or_default();
        let mut map = Map::new();
        map.insert("buck.type".into(), (&*rule.name).into());
        map.insert(
            "buck.deps".into(),
            node.deps.iter().map(|dep| dep.to_string()).collect(),
        );
        map.insert("buck.package".into(), format!("{}:{build_file}", label.package).into());
        map.insert("buck.target_configuration".into(), node.label.cfg.to_string().into());
        map.insert("buck.execution_platform".into(), node.exec.name().into());
        let attrs = rule.attrs.iter().zip(&node.attrs);
        map.extend(attrs.map(|((name, _), value)| (name.to_string(), to_json(value))));
        Value::Object(map)
    }
}
