//! `cmd_args`: command lines that know their inputs and outputs.

#![allow(
    clippy::too_many_arguments,
    reason = "the arguments of Starlark functions are Buck2's"
)]

use super::artifact::{Artifact, ArtifactValue, OutputValue};
use super::cmd_options::{Options, RelativeTo};
use super::labels::{ConfiguredTargetValue, LabelValue, PathLabel, PathValue, ProvidersLabelValue, TargetLabelValue};
use crate::load::regex::RegexValue;
use crate::providers::Provider;
use allocative::Allocative;
use anyhow::{Context, Result, bail};
use regex::Regex;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::list::ListRef;
use starlark::values::tuple::{TupleRef, UnpackTuple};
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One thing in a command line.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Text(Arc<str>),
    Artifact(Artifact),
    Output(Artifact),
    Nested(CmdArgs),
    Folder(PathLabel),
}

/// The content of a command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) items: Vec<Item>,
    pub(crate) hidden: Vec<Item>,
    pub(crate) options: Option<Arc<Options>>,
    /// It is the value of an `attrs.arg`, which a written file must allow.
    pub(crate) is_arg: bool,
}

/// A command line. Clones share their content: what is added to an inner one shows in every outer one.
#[derive(Clone, Debug, Default, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct CmdArgs(#[allocative(skip)] Arc<Mutex<Content>>);

starlark_simple_value!(CmdArgs);

impl CmdArgs {
    /// A command line of these contents.
    pub(crate) fn new(content: Content) -> Self {
        Self(Arc::new(Mutex::new(content)))
    }

    /// A command line of these values.
    pub(crate) fn from_items<'v>(values: impl IntoIterator<Item = Value<'v>>) -> Result<Self> {
        let mut items = Vec::new();
        for value in values {
            add(value, &mut items)?;
        }
        Ok(Self::new(Content {
            items,
            ..Content::default()
        }))
    }

    /// The content; held only while it is read or changed.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A snapshot of the content, for walking nested command lines without holding a lock.
    pub(crate) fn content(&self) -> Content {
        self.lock().clone()
    }

    /// Whether the value of an `attrs.arg` is inside.
    pub(crate) fn has_arg(&self) -> bool {
        let content = self.content();
        let nested = |item: &Item| matches!(item, Item::Nested(inner) if inner.has_arg());
        content.is_arg || content.items.iter().chain(&content.hidden).any(nested)
    }

    fn contains(&self, other: &CmdArgs) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        let content = self.content();
        let nested = |item: &Item| matches!(item, Item::Nested(inner) if inner.contains(other));
        content.items.iter().chain(&content.hidden).any(nested)
    }
}

/// Adds a value, or the elements of a list, to `items`.
pub(crate) fn add(value: Value<'_>, items: &mut Vec<Item>) -> Result<()> {
    if let Some(list) = ListRef::from_value(value) {
        return list.iter().try_for_each(|value| add(value, items));
    }
    items.push(item(value)?);
    Ok(())
}

fn item(value: Value<'_>) -> Result<Item> {
    if let Some(text) = value.unpack_str() {
        return Ok(Item::Text(text.into()));
    }
    if let Some(artifact) = ArtifactValue::from_value(value) {
        return Ok(Item::Artifact(artifact.0.clone()));
    }
    if let Some(output) = OutputValue::from_value(value) {
        return Ok(Item::Output(output.0.clone()));
    }
    if let Some(nested) = CmdArgs::from_value(value) {
        return Ok(Item::Nested(nested.clone()));
    }
    if let Some(provider) = Provider::from_value(value) {
        let args = provider.field("args").and_then(CmdArgs::from_value);
        if let Some(args) = args.filter(|_| provider.id().path.is_none() && &*provider.id().name == "RunInfo") {
            return Ok(Item::Nested(args.clone()));
        }
    }
    if let Some(folder) = PathValue::from_value(value) {
        return Ok(Item::Folder(folder.0.clone()));
    }
    let is_label = LabelValue::from_value(value).is_some()
        || TargetLabelValue::from_value(value).is_some()
        || ProvidersLabelValue::from_value(value).is_some()
        || ConfiguredTargetValue::from_value(value).is_some();
    if is_label {
        return Ok(Item::Text(value.to_str().into()));
    }
    bail!(
        "a command line takes strings, artifacts, `cmd_args`, `RunInfo`, labels and lists of these, found `{}` of type `{}`",
        value.to_repr(),
        value.get_type()
    )
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Text(text) => write!(f, "{text:?}"),
            Item::Artifact(artifact) => write!(f, "{artifact}"),
            Item::Output(artifact) => write!(f, "<output of {artifact}>"),
            Item::Nested(nested) => write!(f, "{nested}"),
            Item::Folder(folder) => write!(f, "{folder}"),
        }
    }
}

impl fmt::Display for CmdArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = self.content();
        let mut parts: Vec<_> = content.items.iter().map(Item::to_string).collect();
        if !content.hidden.is_empty() {
            let hidden: Vec<_> = content.hidden.iter().map(Item::to_string).collect();
            parts.push(format!("hidden=[{}]", hidden.join(", ")));
        }
        write!(f, "cmd_args({})", parts.join(", "))
    }
}

#[starlark_value(type = "CmdArgs")]
impl<'v> StarlarkValue<'v> for CmdArgs {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = cmd_args_methods);
        Some(METHODS.methods())
    }
}

fn relative_to(value: Value<'_>) -> Result<(RelativeTo, usize)> {
    if let Some(tuple) = TupleRef::from_value(value) {
        let [origin, parents] = tuple.content() else {
            bail!("`relative_to` takes an origin or a pair of origin and number of parents, found `{value}`");
        };
        let parents = parents.unpack_i32().and_then(|count| usize::try_from(count).ok());
        let parents = parents.with_context(|| {
            format!("the second part of `relative_to` must be a number of parents, found `{value}`")
        })?;
        return Ok((relative_to(*origin)?.0, parents));
    }
    let origin = if let Some(artifact) = ArtifactValue::from_value(value) {
        RelativeTo::Artifact(artifact.0.clone())
    } else if let Some(output) = OutputValue::from_value(value) {
        RelativeTo::Artifact(output.0.clone())
    } else if let Some(folder) = PathValue::from_value(value) {
        RelativeTo::Folder(folder.0.clone())
    } else {
        bail!(
            "`relative_to` takes an artifact, a cell root or the project root, found `{}`",
            value.to_repr()
        );
    };
    Ok((origin, 0))
}

fn replacements(value: Value<'_>) -> Result<Vec<(Regex, String)>> {
    let pair = |value: Value<'_>| -> Result<(Regex, String)> {
        let pair = TupleRef::from_value(value).map(TupleRef::content);
        let Some([pattern, text]) = pair else {
            bail!(
                "`replace_regex` takes a pair of pattern and text, or a list of pairs, found `{}`",
                value.to_repr()
            );
        };
        let text = text
            .unpack_str()
            .with_context(|| format!("`replace_regex` replaces by text, found `{text}`"))?;
        let pattern = match RegexValue::from_value(*pattern) {
            Some(regex) => regex.0.clone(),
            None => {
                let pattern = pattern
                    .unpack_str()
                    .with_context(|| format!("`replace_regex` needs a pattern, found `{pattern}`"))?;
                Regex::new(pattern).with_context(|| format!("bad pattern `{pattern}` in `replace_regex`"))?
            }
        };
        Ok((pattern, text.to_owned()))
    };
    match ListRef::from_value(value) {
        Some(list) => list.iter().map(pair).collect(),
        None => Ok(vec![pair(value)?]),
    }
}

/// Puts `cmd_args` into the globals.
#[starlark_module]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    #[starlark(as_type = CmdArgs)]
    fn cmd_args<'v>(
        #[starlark(args)] args: UnpackTuple<Value<'v>>,
        hidden: Option<Value<'v>>,
        delimiter: Option<String>,
        format: Option<String>,
        prepend: Option<String>,
        quote: Option<&str>,
        #[starlark(default = false)] ignore_artifacts: bool,
        absolute_prefix: Option<String>,
        absolute_suffix: Option<String>,
        #[starlark(default = 0)] parent: u32,
        relative_to: Option<Value<'v>>,
        replace_regex: Option<Value<'v>>,
    ) -> anyhow::Result<CmdArgs> {
        if let Some(style) = quote.filter(|style| *style != "shell") {
            bail!("`quote` must be \"shell\", found \"{style}\"");
        }
        let plain = delimiter.is_none()
            && format.is_none()
            && prepend.is_none()
            && quote.is_none()
            && !ignore_artifacts
            && absolute_prefix.is_none()
            && absolute_suffix.is_none()
            && parent == 0
            && relative_to.is_none()
            && replace_regex.is_none();
        let options = Options {
            delimiter,
            format,
            prepend,
            quote: quote.is_some(),
            ignore_artifacts,
            absolute_prefix: absolute_prefix.map(Into::into),
            absolute_suffix: absolute_suffix.map(Into::into),
            parent: parent as usize,
            relative_to: relative_to.map(self::relative_to).transpose()?,
            replacements: replace_regex.map(replacements).transpose()?.unwrap_or_default(),
        };
        let mut content = Content {
            options: (!plain).then(|| Arc::new(options)),
            ..Content::default()
        };
        for value in args.items {
            add(value, &mut content.items)?;
        }
        if let Some(hidden) = hidden {
            add(hidden, &mut content.hidden)?;
        }
        Ok(CmdArgs::new(content))
    }
}

#[starlark_module]
fn cmd_args_methods(builder: &mut MethodsBuilder) {
    fn add<'v>(
        this: Value<'v>,
        #[starlark(args)] args: UnpackTuple<Value<'v>>,
        #[starlark(require = named)] hidden: Option<Value<'v>>,
    ) -> anyhow::Result<Value<'v>> {
        let command = CmdArgs::from_value(this).context("`add` is for `cmd_args`")?;
        if this.unpack_frozen().is_some() {
            bail!(
                "this `cmd_args` belongs to another target or to a loaded file and cannot change; add to a `.copy()`"
            );
        }
        let (mut items, mut more) = (Vec::new(), Vec::new());
        for value in args.items {
            self::add(value, &mut items)?;
        }
        if let Some(hidden) = hidden {
            self::add(hidden, &mut more)?;
        }
        if items
            .iter()
            .chain(&more)
            .any(|item| matches!(item, Item::Nested(inner) if inner.contains(command)))
        {
            bail!("a `cmd_args` cannot be added to itself");
        }
        let mut content = command.lock();
        content.items.extend(items);
        content.hidden.extend(more);
        Ok(this)
    }

    fn copy(this: &CmdArgs) -> starlark::Result<CmdArgs> {
        let content = this.content();
        Ok(CmdArgs::new(content))
    }
}
