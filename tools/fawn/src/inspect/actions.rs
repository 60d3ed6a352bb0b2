//! Declared actions as JSON, in the shape of `buck2 aquery --output-all-attributes`, with inputs and outputs besides.

use super::query::{Asked, Literals};
use crate::action::{Action, ActionKind, Artifact};
use crate::session::Project;
use anyhow::Result;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::PoisonError;

impl Project {
    /// The actions that the targets of expressions declare; nothing is run.
    ///
    /// # Errors
    /// A bad expression, or whatever keeps a target from being analysed.
    pub fn actions(
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
        let nodes = self.query(&asked, expressions, Literals::Requested)?;
        crate::session::deep(|| {
            let mut found = Map::new();
            for node in &nodes {
                let analyzed = self.engine.analyze(&node.label)?;
                let graph = self.engine.graph.read().unwrap_or_else(PoisonError::into_inner);
                for (index, id) in analyzed.actions.iter().enumerate() {
                    let key = format!("(target: `{}`, id: `{index}`)", analyzed.label);
                    found.insert(key, describe(graph.get(*id)));
                }
            }
            Ok(found)
        })
    }
}

fn paths<'a>(artifacts: impl IntoIterator<Item = &'a Artifact>) -> Value {
    artifacts
        .into_iter()
        .map(|artifact| artifact.path().to_string())
        .collect()
}

/// One action.
pub(crate) fn describe(action: &Action) -> Value {
    let mut map = Map::new();
    map.insert("kind".into(), kind(&action.kind).into());
    map.insert("category".into(), (&*action.category).into());
    map.insert(
        "identifier".into(),
        action.identifier.as_deref().unwrap_or_default().into(),
    );
    match &action.kind {
        ActionKind::Run(run) => {
            map.insert("cmd".into(), format!("[{}]", run.argv.join(", ")).into());
            map.insert("argv".into(), json!(run.argv));
            map.insert("env".into(), json!(run.env));
            map.insert("local_only".into(), run.local_only.into());
            map.insert("weight".into(), run.weight.to_string().into());
            map.insert("always_print_stderr".into(), run.always_print_stderr.to_string().into());
            map.insert("no_outputs_cleanup".into(), run.no_outputs_cleanup.to_string().into());
        }
        ActionKind::Write { content, executable } => {
            map.insert("contents".into(), String::from_utf8_lossy(content).into());
            map.insert("executable".into(), (*executable).into());
        }
        ActionKind::Tree { entries, .. } => {
            let entries = entries
                .iter()
                .map(|(path, artifact)| (path.clone(), artifact.path().to_string().into()));
            map.insert("entries".into(), Value::Object(entries.collect()));
        }
        ActionKind::Download { url, sha256, .. } => {
            map.insert("url".into(), url.as_str().into());
            map.insert("sha256".into(), sha256.as_str().into());
        }
        ActionKind::Copy { .. } | ActionKind::Symlink { .. } | ActionKind::Dynamic { .. } => {}
    }
    map.insert("inputs".into(), paths(&action.inputs));
    map.insert(
        "outputs".into(),
        action.outputs.iter().map(|output| output.path.to_string()).collect(),
    );
    Value::Object(map)
}

fn kind(kind: &ActionKind) -> &'static str {
    match kind {
        ActionKind::Run(_) => "run",
        ActionKind::Write { .. } => "write",
        ActionKind::Copy { .. } => "copy",
        ActionKind::Symlink { .. } => "symlink",
        ActionKind::Tree { .. } => "symlinkeddir",
        ActionKind::Download { .. } => "downloadfile",
        ActionKind::Dynamic { .. } => "dynamic",
    }
}
