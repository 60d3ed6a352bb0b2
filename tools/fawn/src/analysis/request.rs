//! From analysed targets to what commands need.

use super::analyzed::{Analyzed, Providers, text};
use crate::action::{ActionGraph, Artifact, Expander, Remains};
use crate::attrs::Attr;
use crate::engine::Engine;
use crate::label::{ProvidersLabel, TargetLabel};
use crate::providers::Provider;
use crate::session::{self, Arg, Command, Piece, Request, TestInfo};
use crate::values::artifact::ArtifactValue;
use crate::values::cmd_args::CmdArgs;
use crate::values::render::{Renderer, Uses};
use anyhow::{Context, Result};
use starlark::values::Value;
use starlark::values::dict::DictRef;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

/// Runs dynamic functions and error handlers for execution.
pub(crate) struct EngineExpander(pub(crate) Arc<Engine>);

impl Expander for EngineExpander {
    fn expand(&self, token: usize, graph: &RwLock<ActionGraph>) -> Result<Vec<Artifact>> {
        self.0.expand_dynamic(token, graph)
    }

    fn explain(&self, token: usize, remains: &Remains<'_>) -> Result<Vec<String>> {
        self.0.explain_failure(token, remains)
    }
}

fn items(value: Option<Value<'_>>) -> Vec<Value<'_>> {
    let Some(value) = value else {
        return Vec::new();
    };
    match (ListRef::from_value(value), TupleRef::from_value(value)) {
        (Some(list), _) => list.iter().collect(),
        (None, Some(tuple)) => tuple.iter().collect(),
        (None, None) => Vec::new(),
    }
}

impl Engine {
    /// What a command needs to know of an analysed target.
    pub(crate) fn describe(
        &self,
        request: &Request,
        label: &TargetLabel,
        analyzed: &Arc<Analyzed>,
    ) -> Result<session::Analyzed> {
        let sub = request.sub_target.iter().map(|name| name.as_str().into()).collect();
        let full = ProvidersLabel {
            target: label.clone(),
            sub,
        };
        let providers = analyzed.providers.sub_target(&full)?;
        let modifiers = match request.modifiers.join("+") {
            none if none.is_empty() => none,
            some => format!("?{some}"),
        };
        let (default_outputs, other_outputs) = outputs(&providers)?;
        let rule = self.loader.target(&analyzed.label.target)?.rule.name.clone();
        Ok(session::Analyzed {
            request: request.clone(),
            label: format!("{full}{modifiers}").into(),
            configured: analyzed.label.to_string().into(),
            rule,
            default_outputs,
            other_outputs,
            run: self.run_command(&providers)?,
            test: self.test_info(&providers)?,
            validations: analyzed.all_validations(),
        })
    }

    fn command(&self, arguments: &[CmdArgs], env: &[(String, CmdArgs)], absolute: bool) -> Result<Command> {
        let renderer = Renderer {
            cells: &self.loader.cells,
            absolute: absolute.then_some(self.root.as_path()),
        };
        let arg = |text: String| Arg {
            pieces: vec![Piece::Text(text)],
        };
        let mut uses = Uses::default();
        let mut command = Command::default();
        for argument in arguments {
            uses.add(argument);
            command.argv.extend(renderer.arguments(argument)?.into_iter().map(arg));
        }
        let mut variables = BTreeMap::new();
        for (name, value) in env {
            uses.add(value);
            variables.insert(name.clone(), arg(renderer.arguments(value)?.join(" ")));
        }
        command.env = variables;
        command.inputs = resolve(&uses)?;
        Ok(command)
    }

    fn run_command(&self, providers: &Providers) -> Result<Option<Command>> {
        let Some(info) = providers.builtin("RunInfo") else {
            return Ok(None);
        };
        let args = info.field("args").and_then(CmdArgs::from_value);
        let args = args.context("`RunInfo` without a command")?;
        self.command(std::slice::from_ref(args), &[], true).map(Some)
    }

    fn test_info(&self, providers: &Providers) -> Result<Option<TestInfo>> {
        let Some(info) = providers.builtin("ExternalRunnerTestInfo") else {
            return Ok(None);
        };
        let flag = |info: &Provider<'_>, name: &str| info.field(name).is_some_and(|value| value.to_bool());
        let arguments = items(info.field("command"))
            .into_iter()
            .map(|item| CmdArgs::from_items([item]));
        let arguments = arguments.collect::<Result<Vec<_>>>()?;
        let env = info.field("env").and_then(DictRef::from_value);
        let env = env.iter().flat_map(|env| env.iter().collect::<Vec<_>>());
        let env = env
            .map(|(name, value)| Ok((name.to_str(), CmdArgs::from_items([value])?)))
            .collect::<Result<Vec<_>>>()?;
        let relative = flag(info, "use_project_relative_paths");
        Ok(Some(TestInfo {
            kind: text(info, "test_type")?,
            command: self.command(&arguments, &env, !relative)?,
            labels: items(info.field("labels"))
                .into_iter()
                .map(|label| label.to_str())
                .collect(),
            run_from_project_root: flag(info, "run_from_project_root"),
            use_project_relative_paths: relative,
        }))
    }

    /// The attributes of a target as they are written, by name.
    pub(crate) fn written_attributes(&self, label: &TargetLabel) -> Result<BTreeMap<String, serde_json::Value>> {
        let target = self.loader.target(label)?;
        let attributes = target
            .attributes()
            .filter(|(_, spec, value)| spec.default.as_ref() != Some(value));
        let attributes =
            attributes.map(|(name, _, value): (_, _, &Attr)| (name.to_owned(), crate::attrs::to_json(value)));
        Ok(attributes.collect())
    }
}

fn resolve(uses: &Uses) -> Result<Vec<Artifact>> {
    let mut resolved = Vec::new();
    for artifact in &uses.inputs {
        let artifact = artifact.resolve()?;
        if !resolved.contains(&artifact) {
            resolved.push(artifact);
        }
    }
    Ok(resolved)
}

/// The default outputs, and what is built with them.
fn outputs(providers: &Providers) -> Result<(Vec<Artifact>, Vec<Artifact>)> {
    let info = providers.builtin("DefaultInfo").context("no `DefaultInfo`")?;
    let mut default_outputs = Vec::new();
    let mut uses = Uses::default();
    for output in items(info.field("default_outputs")) {
        let artifact = &ArtifactValue::from_value(output)
            .context("a default output that is no artifact")?
            .0;
        default_outputs.push(artifact.resolve()?);
        artifact.associated.iter().for_each(|other| uses.input(other));
    }
    for other in items(info.field("other_outputs")) {
        uses.add(&CmdArgs::from_items([other])?);
    }
    Ok((default_outputs, resolve(&uses)?))
}
