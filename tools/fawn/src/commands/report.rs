//! `--build-report`: what became of every target, in the shape of Buck2's build report.
//!
//! Long texts stand once, under `strings`. Digests are `sha256:size`, of a directory as the Remote Execution API has it.

use super::built::{Asked, Outcome};
use crate::action::Artifact;
use crate::exec::entry::Entry;
use crate::exec::{Engine, Failure, reapi};
use crate::session::Analyzed;
use anyhow::Result;
use digest::Sha256;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The report as one JSON value.
///
/// # Errors
/// An output that cannot be looked at.
pub fn report(asked: &Asked, engine: &Engine<'_>, outcome: &Outcome) -> Result<Value> {
    let mut strings = Strings::default();
    let mut results: BTreeMap<String, BTreeMap<String, Entries>> = BTreeMap::new();
    for target in &asked.analysis.targets {
        let (name, sub) = split(&target.label);
        let configuration = target
            .configured
            .split_once(" (")
            .map_or("", |(_, rest)| rest.trim_end_matches(')'));
        let entries = results
            .entry(name)
            .or_default()
            .entry(configuration.to_owned())
            .or_default();
        entries.add(target, &sub, asked, engine, outcome, &mut strings)?;
    }
    let results: Map<String, Value> = results
        .into_iter()
        .map(|(name, configured)| {
            let mut all = Entries::default();
            configured.values().for_each(|entries| all.join(entries));
            let configured: Map<String, Value> = configured
                .into_iter()
                .map(|(configuration, entries)| {
                    let mut value = json!({"errors": entries.errors});
                    if !entries.info.is_empty() {
                        value["artifact_info"] = json!(entries.info);
                    }
                    extend(&mut value, entries.inner());
                    (configuration, value)
                })
                .collect();
            let mut value = all.inner();
            value["configured"] = configured.into();
            value["errors"] = json!([]);
            (name, value)
        })
        .collect();
    let seed = format!("{:?} {}", std::time::SystemTime::now(), std::process::id());
    Ok(json!({
        "trace_id": trace_id(&Sha256::of(seed.as_bytes()).hex()),
        "success": outcome.ok,
        "results": results,
        "failures": {},
        "project_root": asked.project.root(),
        "truncated": false,
        "strings": strings.0,
    }))
}

/// The target without sub-targets, and these joined by `|`; `DEFAULT` for none.
fn split(label: &str) -> (String, String) {
    match label.split_once('[') {
        Some((name, rest)) => {
            let (subs, modifiers) = rest.rsplit_once(']').unwrap_or((rest, ""));
            (format!("{name}{modifiers}"), subs.replace("][", "|"))
        }
        None => (label.to_owned(), "DEFAULT".to_owned()),
    }
}

fn trace_id(hex: &str) -> String {
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]];
    parts.join("-")
}

fn extend(value: &mut Value, more: Value) {
    if let (Value::Object(map), Value::Object(more)) = (value, more) {
        map.extend(more);
    }
}

/// Texts by number.
#[derive(Default)]
struct Strings(BTreeMap<String, String>);

impl Strings {
    fn add(&mut self, text: &str) -> String {
        let mut number = [0; 8];
        number.copy_from_slice(&Sha256::of(text.as_bytes()).as_bytes()[..8]);
        let key = u64::from_le_bytes(number).to_string();
        self.0.insert(key.clone(), text.to_owned());
        key
    }
}

/// What is said of one configured target.
#[derive(Default)]
struct Entries {
    failed: bool,
    outputs: BTreeMap<String, Vec<String>>,
    other_outputs: BTreeMap<String, Vec<String>>,
    info: BTreeMap<String, Value>,
    errors: Vec<Value>,
}

impl Entries {
    fn add(
        &mut self,
        target: &Analyzed,
        sub: &str,
        asked: &Asked,
        engine: &Engine<'_>,
        outcome: &Outcome,
        strings: &mut Strings,
    ) -> Result<()> {
        let graph = &asked.analysis.graph;
        let all: Vec<Artifact> = target
            .default_outputs
            .iter()
            .chain(&target.other_outputs)
            .cloned()
            .collect();
        for artifact in target
            .default_outputs
            .iter()
            .filter(|artifact| outcome.built.has(artifact))
        {
            self.outputs
                .entry(sub.to_owned())
                .or_default()
                .push(artifact.path().to_string());
            let entry = engine.entry(graph, &outcome.built, artifact)?;
            self.info.insert(sub.to_owned(), info(&entry));
        }
        for artifact in target
            .other_outputs
            .iter()
            .filter(|artifact| outcome.built.has(artifact))
        {
            self.other_outputs
                .entry(sub.to_owned())
                .or_default()
                .push(artifact.path().to_string());
        }
        let blamed = outcome.built.blame(graph, &all);
        let invalid = outcome
            .invalid
            .iter()
            .filter(|(check, _)| target.validations.contains(check));
        for error in blamed.into_iter().chain(invalid.map(|(_, error)| error)) {
            self.failed = true;
            let index = self.errors.len();
            self.errors.push(explain(error, index, strings));
        }
        self.failed |= !all.iter().all(|artifact| outcome.built.has(artifact));
        Ok(())
    }

    fn join(&mut self, other: &Self) {
        self.failed |= other.failed;
        for (mine, theirs) in [
            (&mut self.outputs, &other.outputs),
            (&mut self.other_outputs, &other.other_outputs),
        ] {
            for (sub, paths) in theirs {
                mine.entry(sub.clone()).or_default().extend(paths.iter().cloned());
            }
        }
    }

    fn inner(&self) -> Value {
        json!({
            "success": if self.failed { "FAIL" } else { "SUCCESS" },
            "outputs": self.outputs,
            "other_outputs": self.other_outputs,
            "configured_graph_size": null,
        })
    }
}

fn info(entry: &Entry) -> Value {
    match entry {
        Entry::File(file) => {
            json!({"kind": "file", "digest": format!("{}:{}", file.digest, file.size), "is_exec": file.executable})
        }
        Entry::Link(target) => json!({"kind": "symlink", "symlink_rel_path": &**target}),
        Entry::Dir(tree) => {
            let (hash, size) = reapi::directory(tree);
            json!({"kind": "directory", "digest": format!("{hash}:{size}")})
        }
    }
}

fn explain(error: &anyhow::Error, index: usize, strings: &mut Strings) -> Value {
    let action = error.downcast_ref::<Failure>().map(|failure| {
        let (category, identifier) = failure.action.split_once(' ').unwrap_or((&failure.action, ""));
        json!({
            "name": {"category": category, "identifier": identifier},
            "key": {"owner": failure.owner},
            "error_content": strings.add(&failure.what),
            "stderr_content": strings.add(&failure.stderr),
            "stdout_content": strings.add(&failure.stdout),
            "error_diagnostics": failure.explained,
        })
    });
    json!({
        "message_content": strings.add(&format!("{error:#}")),
        "action_error": action,
        "error_tags": [],
        "cause_index": index,
        "error_category": "USER",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_taken_apart() {
        for (label, name, sub) in [
            ("a//b:c", "a//b:c", "DEFAULT"),
            ("a//b:c[x][y]", "a//b:c", "x|y"),
            ("a//b:c[x]?m", "a//b:c?m", "x"),
            ("a//b:c?m", "a//b:c?m", "DEFAULT"),
        ] {
            assert_eq!(split(label), (name.to_owned(), sub.to_owned()));
        }
    }

    #[test]
    fn a_text_stands_once() {
        let mut strings = Strings::default();
        assert_eq!(strings.add("x"), strings.add("x"));
        assert_ne!(strings.add("x"), strings.add("y"));
        assert_eq!(strings.0.len(), 2);
    }
}
