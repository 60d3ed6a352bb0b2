//! `ctx.actions`.

#![allow(
    clippy::too_many_arguments,
    reason = "the arguments of Starlark functions are Buck2's"
)]

use super::draft::{Body, Draft, RunDraft, Work};
use super::dynamic::{DynamicAction, DynamicRequest};
use super::error_handler;
use super::json_content::Json;
use super::state::State;
use crate::values::artifact::{Artifact, ArtifactValue, Declared, check_relative};
use crate::values::cmd_args::{CmdArgs, Content, Item};
use crate::values::render::Uses;
use allocative::Allocative;
use anyhow::{Context, Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::dict::{DictRef, UnpackDictEntries};
use starlark::values::list_or_tuple::UnpackListOrTuple;
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// `AnalysisActions`.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct ActionsValue(#[allocative(skip)] pub(crate) Arc<State>);

starlark_simple_value!(ActionsValue);

impl fmt::Display for ActionsValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<ctx.actions>")
    }
}

#[starlark_value(type = "AnalysisActions")]
impl<'v> StarlarkValue<'v> for ActionsValue {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = actions_methods);
        Some(METHODS.methods())
    }
}

fn declared(artifact: &Artifact) -> Result<Arc<Declared>> {
    artifact.declared().cloned().context("a source cannot be an output")
}

/// Declares the copy of a file or directory.
fn copy(
    state: &State,
    output: &Artifact,
    from: Artifact,
    executable_bit_override: Option<NoneOr<bool>>,
) -> Result<ArtifactValue> {
    let executable = executable_bit_override.and_then(NoneOr::into_option);
    simple(state, "copy", output, Work::Copy { from, executable })
}

/// Declares an action with one output that needs no category of its own.
fn simple(state: &State, category: &str, output: &Artifact, work: Work) -> Result<ArtifactValue> {
    let output_declared = declared(output)?;
    let draft = Draft {
        category: category.into(),
        identifier: Some(output_declared.short.clone()),
        outputs: vec![output_declared.clone()],
        work,
    };
    state.act(draft.name(), &[output_declared], draft)?;
    Ok(ArtifactValue(output.clone()))
}

fn input(value: Value<'_>) -> Result<Artifact> {
    match ArtifactValue::from_value(value) {
        Some(artifact) => Ok(artifact.0.clone()),
        None => bail!(
            "expected an artifact, found `{}` of type `{}`",
            value.to_repr(),
            value.get_type()
        ),
    }
}

fn tree_entries(value: Value<'_>) -> Result<BTreeMap<String, Artifact>> {
    let Some(dict) = DictRef::from_value(value) else {
        bail!("expected a dict from path to artifact, found `{}`", value.to_repr());
    };
    let mut entries: BTreeMap<String, Artifact> = BTreeMap::new();
    for (path, artifact) in dict.iter() {
        let path = path
            .unpack_str()
            .with_context(|| format!("expected a path, found `{}`", path.to_repr()))?;
        check_relative(path)?;
        let artifact = input(artifact).with_context(|| format!("in the entry `{path}`"))?;
        let clash = entries
            .keys()
            .find(|other| crate::files::is_below(path, other) || crate::files::is_below(other, path));
        if let Some(other) = clash {
            bail!("the paths `{other}` and `{path}` cannot both be in one directory");
        }
        entries.insert(path.to_owned(), artifact);
    }
    Ok(entries)
}

fn tree<'v>(state: &State, category: &str, output: Value<'v>, srcs: Value<'v>, links: bool) -> Result<ArtifactValue> {
    let entries = tree_entries(srcs).with_context(|| format!("`{category}`"))?;
    let output = state.output(output, true)?;
    simple(state, category, &output, Work::Tree { entries, links })
}

/// A written file together with what it mentions.
fn carrying(output: &ArtifactValue, uses: Uses) -> CmdArgs {
    CmdArgs::new(Content {
        items: vec![Item::Artifact(output.0.clone())],
        hidden: uses.inputs.into_iter().map(Item::Artifact).collect(),
        options: None,
        is_arg: false,
    })
}

fn check_category(category: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if category.is_empty() || !category.chars().all(allowed) || !category.starts_with(|c: char| c.is_ascii_lowercase())
    {
        bail!("`category` consists of lower-case letters and `_`, found \"{category}\"");
    }
    Ok(())
}

fn weight(weight: Option<i32>, percentage: Option<i32>) -> Result<usize> {
    match (weight, percentage) {
        (Some(_), Some(_)) => bail!("give `weight` or `weight_percentage`, not both"),
        (Some(weight), None) if weight >= 1 => Ok(weight as usize),
        (Some(weight), None) => bail!("`weight` must be at least 1, found {weight}"),
        (None, Some(percent)) if (0..=100).contains(&percent) => {
            let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            Ok((cores * percent as usize).div_ceil(100).max(1))
        }
        (None, Some(percent)) => bail!("`weight_percentage` is between 0 and 100, found {percent}"),
        (None, None) => Ok(1),
    }
}

fn refuse(name: &str, value: Option<Value<'_>>) -> Result<()> {
    match value.filter(|value| value.to_bool()) {
        Some(_) => bail!("`run({name} = …)` is not supported"),
        None => Ok(()),
    }
}

#[starlark_module]
fn actions_methods(builder: &mut MethodsBuilder) {
    fn declare_output(
        this: &ActionsValue,
        #[starlark(require = pos)] prefix: &str,
        #[starlark(require = pos)] filename: Option<&str>,
        #[starlark(require = named, default = false)] dir: bool,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
    ) -> anyhow::Result<ArtifactValue> {
        let _ = has_content_based_path; // Every path here depends on the configuration; see docs/fawn.md.
        let artifact = match filename {
            None => this.0.declare(prefix, prefix, dir)?,
            Some(name) => this.0.declare(&format!("{prefix}/{name}"), name, dir)?,
        };
        Ok(ArtifactValue(artifact))
    }

    fn write<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] output: Value<'v>,
        #[starlark(require = pos)] content: Value<'v>,
        #[starlark(require = named, default = false)] is_executable: bool,
        #[starlark(require = named, default = false)] allow_args: bool,
        #[starlark(require = named, default = false)] with_inputs: bool,
        #[starlark(require = named, default = false)] absolute: bool,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let _ = has_content_based_path;
        let heap = eval.heap();
        let lines = CmdArgs::from_items([content]).context("`write`")?;
        if !allow_args && lines.has_arg() {
            bail!("`write` of the value of an `attrs.arg` needs `allow_args = True`");
        }
        let mut uses = Uses::default();
        uses.add(&lines);
        let work = Work::Write {
            body: Body::Lines(lines),
            executable: is_executable,
            absolute,
        };
        let written = simple(&this.0, "write", &this.0.output(output, false)?, work)?;
        let result = if with_inputs {
            heap.alloc(carrying(&written, uses))
        } else {
            heap.alloc(written)
        };
        if allow_args {
            // No macro of ours writes files of its own, so the second list is empty.
            let macro_files = heap.alloc(starlark::values::list::AllocList::EMPTY);
            return Ok(heap.alloc((result, macro_files)));
        }
        Ok(result)
    }

    fn write_json<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] output: Value<'v>,
        #[starlark(require = pos)] content: Value<'v>,
        #[starlark(require = named, default = false)] with_inputs: bool,
        #[starlark(require = named, default = false)] pretty: bool,
        #[starlark(require = named, default = false)] absolute: bool,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let _ = has_content_based_path;
        let heap = eval.heap();
        let value = Json::of(content)?;
        let mut uses = Uses::default();
        value.uses(&mut uses);
        let work = Work::Write {
            body: Body::Json { value, pretty },
            executable: false,
            absolute,
        };
        let written = simple(&this.0, "write_json", &this.0.output(output, false)?, work)?;
        Ok(if with_inputs {
            heap.alloc(carrying(&written, uses))
        } else {
            heap.alloc(written)
        })
    }

    fn copy_file<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] dest: Value<'v>,
        #[starlark(require = pos)] src: Value<'v>,
        #[starlark(require = named)] executable_bit_override: Option<NoneOr<bool>>,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
    ) -> anyhow::Result<ArtifactValue> {
        let _ = has_content_based_path;
        let from = input(src).context("`copy_file`")?;
        copy(&this.0, &this.0.output(dest, false)?, from, executable_bit_override)
    }

    fn copy_dir<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] dest: Value<'v>,
        #[starlark(require = pos)] src: Value<'v>,
        #[starlark(require = named)] executable_bit_override: Option<NoneOr<bool>>,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
    ) -> anyhow::Result<ArtifactValue> {
        let _ = has_content_based_path;
        let from = input(src).context("`copy_dir`")?;
        copy(&this.0, &this.0.output(dest, true)?, from, executable_bit_override)
    }

    fn symlink_file<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] dest: Value<'v>,
        #[starlark(require = pos)] src: Value<'v>,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
    ) -> anyhow::Result<ArtifactValue> {
        let _ = has_content_based_path;
        let to = input(src).context("`symlink_file`")?;
        simple(&this.0, "symlink", &this.0.output(dest, false)?, Work::Symlink { to })
    }

    fn symlinked_dir<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] output: Value<'v>,
        #[starlark(require = pos)] srcs: Value<'v>,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
    ) -> anyhow::Result<ArtifactValue> {
        let _ = has_content_based_path;
        tree(&this.0, "symlinked_dir", output, srcs, true)
    }

    fn copied_dir<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] output: Value<'v>,
        #[starlark(require = pos)] srcs: Value<'v>,
        #[starlark(require = named)] executable_bit_override: Option<NoneOr<bool>>,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
    ) -> anyhow::Result<ArtifactValue> {
        let _ = has_content_based_path;
        if executable_bit_override.and_then(NoneOr::into_option).is_some() {
            bail!(
                "`copied_dir(executable_bit_override = …)` is not supported; copy the files one by one with `copy_file`"
            );
        }
        tree(&this.0, "symlinked_dir", output, srcs, false)
    }

    fn download_file<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] output: Value<'v>,
        #[starlark(require = pos)] url: &str,
        #[starlark(require = named, default = NoneOr::None)] sha1: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] sha256: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] size_bytes: NoneOr<u64>,
        #[starlark(require = named, default = false)] is_executable: bool,
        #[starlark(require = named, default = false)] is_deferrable: bool,
        #[starlark(require = named)] has_content_based_path: Option<NoneOr<bool>>,
    ) -> anyhow::Result<ArtifactValue> {
        let _ = (is_deferrable, has_content_based_path);
        if sha1.into_option().is_some() {
            bail!("`download_file(sha1 = …)` is not supported; pin the file by `sha256`");
        }
        let sha256 = sha256
            .into_option()
            .context("`download_file` needs `sha256`")?
            .to_lowercase();
        if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            bail!("`sha256` of `download_file` must be 64 hex digits, found `{sha256}`");
        }
        if !url.starts_with("http://") && !url.starts_with("https://") {
            bail!("`download_file` needs an http or https address, found `{url}`");
        }
        let work = Work::Download {
            url: url.to_owned(),
            sha256,
            size: size_bytes.into_option(),
            executable: is_executable,
        };
        simple(&this.0, "download_file", &this.0.output(output, false)?, work)
    }

    fn run<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] arguments: Value<'v>,
        #[starlark(require = named)] category: &str,
        #[starlark(require = named, default = NoneOr::None)] identifier: NoneOr<&str>,
        #[starlark(require = named)] env: Option<NoneOr<UnpackDictEntries<String, Value<'v>>>>,
        #[starlark(require = named)] exe: Option<NoneOr<Value<'v>>>,
        #[starlark(require = named, default = false)] local_only: bool,
        #[starlark(require = named, default = false)] prefer_local: bool,
        #[starlark(require = named, default = false)] prefer_remote: bool,
        #[starlark(require = named, default = true)] low_pass_filter: bool,
        #[starlark(require = named, default = false)] always_print_stderr: bool,
        #[starlark(require = named)] weight: Option<NoneOr<i32>>,
        #[starlark(require = named)] weight_percentage: Option<NoneOr<i32>>,
        #[starlark(require = named)] timeout_seconds: Option<NoneOr<u64>>,
        #[starlark(require = named, default = false)] no_outputs_cleanup: bool,
        #[starlark(require = named)] allow_cache_upload: Option<NoneOr<bool>>,
        #[starlark(require = named)] allow_offline_output_cache: Option<NoneOr<bool>>,
        #[starlark(require = named, default = false)] force_full_hybrid_if_capable: bool,
        #[starlark(require = named, default = false)] unique_input_inodes: bool,
        #[starlark(require = named)] expect_eligible_for_dedupe: Option<NoneOr<bool>>,
        #[starlark(require = named)] error_handler: Option<NoneOr<Value<'v>>>,
        #[starlark(require = named, default = UnpackListOrTuple::default())]
        outputs_for_error_handler: UnpackListOrTuple<Value<'v>>,
        #[starlark(require = named)] dep_files: Option<Value<'v>>,
        #[starlark(require = named)] metadata_env_var: Option<Value<'v>>,
        #[starlark(require = named)] metadata_path: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<NoneType> {
        // Where and whether a result is shared has no meaning without remote execution.
        let _ = (
            prefer_remote,
            low_pass_filter,
            allow_cache_upload,
            allow_offline_output_cache,
        );
        let _ = (force_full_hybrid_if_capable, unique_input_inodes);
        if expect_eligible_for_dedupe.and_then(NoneOr::into_option) == Some(true) {
            bail!("`run(expect_eligible_for_dedupe = True)` is not supported: paths here depend on the configuration");
        }
        for (name, value) in [
            ("dep_files", dep_files),
            ("metadata_env_var", metadata_env_var),
            ("metadata_path", metadata_path),
        ] {
            refuse(name, value)?;
        }
        if [local_only, prefer_local, prefer_remote]
            .into_iter()
            .filter(|flag| *flag)
            .count()
            > 1
        {
            bail!("at most one of `local_only`, `prefer_local` and `prefer_remote` can be set");
        }
        check_category(category)?;
        let state = &this.0;
        let identifier = identifier.into_option();
        let exe = exe.and_then(NoneOr::into_option);
        let command = CmdArgs::from_items(exe.into_iter().chain([arguments])).context("`run`")?;
        let entries = env
            .and_then(NoneOr::into_option)
            .map(|env| env.entries)
            .unwrap_or_default();
        let mut env = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            let value = CmdArgs::from_items([value]).with_context(|| format!("`env` of `run`, variable `{name}`"))?;
            env.push((name, value));
        }
        let mut uses = Uses::default();
        uses.add(&command);
        env.iter().for_each(|(_, value)| uses.add(value));
        let mut outputs: Vec<Arc<Declared>> = Vec::new();
        for output in &uses.outputs {
            let output = declared(output)?;
            if !outputs.iter().any(|other| Arc::ptr_eq(other, &output)) {
                outputs.push(output);
            }
        }
        if outputs.is_empty() {
            bail!("the action `{category}` makes nothing; pass a declared output with `.as_output()`");
        }
        let handler = error_handler.and_then(NoneOr::into_option);
        let read = error_handler::outputs(outputs_for_error_handler, &outputs)?;
        let error_handler = handler.map(|handler| error_handler::keep(state, handler, read, eval));
        let draft = Draft {
            category: category.into(),
            identifier: identifier.map(Into::into),
            outputs: outputs.clone(),
            work: Work::Run(Box::new(RunDraft {
                command,
                env,
                local_only,
                weight: self::weight(
                    weight.and_then(NoneOr::into_option),
                    weight_percentage.and_then(NoneOr::into_option),
                )?,
                timeout: timeout_seconds.and_then(NoneOr::into_option).map(Duration::from_secs),
                always_print_stderr,
                no_outputs_cleanup,
                error_handler,
            })),
        };
        state.claim(&draft.name())?;
        state.act(draft.name(), &outputs, draft)?;
        Ok(NoneType)
    }

    fn dynamic_output_new<'v>(
        this: &ActionsValue,
        #[starlark(require = pos)] dynamic_actions: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<NoneType> {
        let Some(action) = DynamicAction::from_value(dynamic_actions) else {
            bail!(
                "`dynamic_output_new` takes the result of calling a `dynamic_actions` function, found `{}`",
                dynamic_actions.to_repr()
            );
        };
        let DynamicRequest { outputs, inputs } = action.request()?;
        let token = this.0.keep(dynamic_actions, eval);
        let draft = Draft {
            category: "dynamic".into(),
            identifier: outputs.first().map(|output| output.short.clone()),
            outputs: outputs.clone(),
            work: Work::Dynamic { token, inputs },
        };
        this.0.act(draft.name(), &outputs, draft)?;
        Ok(NoneType)
    }
}
