//! Declared actions that wait for the end of the analysis, when every output has its maker.

use super::json_content::Json;
use super::state::State;
use crate::action::{Action, ActionKind, Artifact as Resolved, Output, Run};
use crate::values::artifact::{Artifact, Declared};
use crate::values::cmd_args::CmdArgs;
use crate::values::render::{Renderer, Uses};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The bytes of a written file.
pub(super) enum Body {
    /// The arguments of a command line, one a line.
    Lines(CmdArgs),
    Json {
        value: Json,
        pretty: bool,
    },
}

/// What an action does.
pub(super) enum Work {
    Run(Box<RunDraft>),
    Write {
        body: Body,
        executable: bool,
        absolute: bool,
    },
    Copy {
        from: Artifact,
        executable: Option<bool>,
    },
    Symlink {
        to: Artifact,
    },
    Tree {
        entries: BTreeMap<String, Artifact>,
        links: bool,
    },
    Download {
        url: String,
        sha256: String,
        size: Option<u64>,
        executable: bool,
    },
    Dynamic {
        token: usize,
        inputs: Vec<Artifact>,
    },
}

/// A program with its arguments, not written out yet.
pub(super) struct RunDraft {
    pub(super) command: CmdArgs,
    pub(super) env: Vec<(String, CmdArgs)>,
    pub(super) local_only: bool,
    pub(super) weight: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) always_print_stderr: bool,
    pub(super) no_outputs_cleanup: bool,
    pub(super) error_handler: Option<usize>,
}

/// A declared action.
pub(crate) struct Draft {
    pub(super) category: Arc<str>,
    pub(super) identifier: Option<Arc<str>>,
    pub(super) outputs: Vec<Arc<Declared>>,
    pub(super) work: Work,
}

impl Draft {
    /// How the action is called in messages.
    pub(super) fn name(&self) -> String {
        match &self.identifier {
            Some(identifier) => format!("{} {identifier}", self.category),
            None => self.category.to_string(),
        }
    }

    /// The finished action.
    pub(super) fn build(self, state: &State) -> Result<Action> {
        let name = self.name();
        let outputs = self.outputs.iter().map(|declared| Output {
            path: declared.path.clone(),
            directory: declared.directory,
        });
        let outputs = outputs.collect();
        let work = |work: Work| work.build(state);
        let (kind, inputs) = work(self.work).with_context(|| format!("action `{name}` of {}", state.owner.target))?;
        Ok(Action {
            owner: state.owner.to_string().into(),
            category: self.category,
            identifier: self.identifier,
            kind,
            inputs,
            outputs,
        })
    }
}

fn resolve_all(artifacts: &[Artifact]) -> Result<Vec<Resolved>> {
    let mut resolved = Vec::with_capacity(artifacts.len());
    let mut seen = std::collections::HashSet::new();
    for artifact in artifacts {
        let artifact = artifact.resolve()?;
        if seen.insert(artifact.clone()) {
            resolved.push(artifact);
        }
    }
    Ok(resolved)
}

impl Work {
    fn build(self, state: &State) -> Result<(ActionKind, Vec<Resolved>)> {
        let renderer = |absolute: bool| Renderer {
            cells: &state.cells,
            absolute: absolute.then_some(state.root.as_path()),
        };
        Ok(match self {
            Work::Run(draft) => draft.build(renderer(false))?,
            Work::Write {
                body,
                executable,
                absolute,
            } => {
                let text = match body {
                    Body::Lines(command) => renderer(absolute).arguments(&command)?.join("\n"),
                    Body::Json { value, pretty } => value.text(renderer(absolute), pretty)?,
                };
                let content = text.into_bytes().into();
                (ActionKind::Write { content, executable }, Vec::new())
            }
            Work::Copy { from, executable } => {
                let inputs = with_associated(&from)?;
                let from = from.resolve()?;
                (ActionKind::Copy { from, executable }, inputs)
            }
            Work::Symlink { to } => {
                let inputs = with_associated(&to)?;
                (ActionKind::Symlink { to: to.resolve()? }, inputs)
            }
            Work::Tree { entries, links } => {
                let mut uses = Uses::default();
                entries.values().for_each(|artifact| uses.input(artifact));
                let entries = entries
                    .into_iter()
                    .map(|(path, artifact)| Ok((path, artifact.resolve()?)));
                let entries = entries.collect::<Result<_>>()?;
                (ActionKind::Tree { entries, links }, resolve_all(&uses.inputs)?)
            }
            Work::Download {
                url,
                sha256,
                size,
                executable,
            } => {
                let kind = ActionKind::Download {
                    url,
                    sha256,
                    size,
                    executable,
                };
                (kind, Vec::new())
            }
            Work::Dynamic { token, inputs } => (ActionKind::Dynamic { token }, resolve_all(&inputs)?),
        })
    }
}

fn with_associated(artifact: &Artifact) -> Result<Vec<Resolved>> {
    let mut uses = Uses::default();
    uses.input(artifact);
    resolve_all(&uses.inputs)
}

impl RunDraft {
    fn build(self, renderer: Renderer<'_>) -> Result<(ActionKind, Vec<Resolved>)> {
        let mut uses = Uses::default();
        uses.add(&self.command);
        let mut env = BTreeMap::new();
        for (name, value) in &self.env {
            uses.add(value);
            env.insert(name.clone(), renderer.arguments(value)?.join(" "));
        }
        let run = Run {
            argv: renderer.arguments(&self.command)?,
            env,
            local_only: self.local_only,
            weight: self.weight,
            timeout: self.timeout,
            always_print_stderr: self.always_print_stderr,
            no_outputs_cleanup: self.no_outputs_cleanup,
            error_handler: self.error_handler,
        };
        Ok((ActionKind::Run(run), resolve_all(&uses.inputs)?))
    }
}
