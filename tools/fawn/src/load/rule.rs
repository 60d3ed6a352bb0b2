//! `rule()`.

#![allow(
    clippy::too_many_arguments,
    reason = "the arguments of Starlark functions are Buck2's"
)]

use super::context::{FileContext, FileId};
use super::target::Target;
use super::visibility::Visibility;
use crate::attrs::{Attr, AttrSpec, AttrType, Coercer, closest, coerce};
use crate::label::{Scope, TargetLabel};
use allocative::Allocative;
use anyhow::{Context, Result, anyhow, bail};
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_complex_values;
use starlark::starlark_module;
use starlark::values::{
    Freeze, FreezeError, FreezeResult, Freezer, FrozenValue, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace,
    Value, starlark_value,
};
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

/// What targets of a rule are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Normal,
    /// Platforms, constraints and the like, which have no configuration.
    Configuration,
    /// May be used by `toolchain_dep`, and only by it.
    Toolchain,
}

/// A rule, as its targets know it.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Arc<str>,
    pub(crate) file: FileId,
    /// The cell for which the file was loaded.
    pub(crate) build_cell: Arc<str>,
    pub(crate) kind: RuleKind,
    pub(crate) doc: String,
    /// Those of the engine first, then those of the rule, by name.
    pub(crate) attrs: Vec<(Arc<str>, AttrSpec)>,
    /// How many of `attrs` every rule has.
    pub(crate) common: usize,
}

/// The result of `rule()` in the file that defines it.
#[derive(Debug, Trace, ProvidesStaticType, NoSerialize, Allocative)]
pub(crate) struct RuleCallable<'v> {
    implementation: Value<'v>,
    #[trace(unsafe_ignore)]
    #[allocative(skip)]
    draft: Draft,
    #[trace(unsafe_ignore)]
    #[allocative(skip)]
    rule: OnceCell<Arc<Rule>>,
}

#[derive(Clone, Debug)]
struct Draft {
    file: FileId,
    build_cell: Arc<str>,
    kind: RuleKind,
    doc: String,
    attrs: Vec<(Arc<str>, AttrSpec)>,
    common: usize,
}

/// The same in every other file.
#[derive(Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct FrozenRuleCallable {
    pub(crate) implementation: FrozenValue,
    #[allocative(skip)]
    pub(crate) rule: Arc<Rule>,
}

starlark_complex_values!(RuleCallable);

impl Freeze for RuleCallable<'_> {
    type Frozen = FrozenRuleCallable;

    fn freeze(self, freezer: &Freezer) -> FreezeResult<FrozenRuleCallable> {
        let unnamed =
            || FreezeError::new("a rule has no name; assign the result of `rule()` to a top-level variable".to_owned());
        Ok(FrozenRuleCallable {
            implementation: freezer.freeze(self.implementation)?,
            rule: self.rule.into_inner().ok_or_else(unnamed)?,
        })
    }
}

impl fmt::Display for RuleCallable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule.get() {
            Some(rule) => write!(f, "rule {}", rule.name),
            None => f.write_str("rule(…)"),
        }
    }
}

impl fmt::Display for FrozenRuleCallable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}", self.rule.name)
    }
}

#[starlark_value(type = "Rule", skip_vtable)]
impl<'v> StarlarkValue<'v> for RuleCallable<'v> {
    type Canonical = FrozenRuleCallable;

    fn export_as(&self, variable_name: &str, _eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<()> {
        self.rule.get_or_init(|| {
            let draft = self.draft.clone();
            Arc::new(Rule {
                name: variable_name.into(),
                file: draft.file,
                build_cell: draft.build_cell,
                kind: draft.kind,
                doc: draft.doc,
                attrs: draft.attrs,
                common: draft.common,
            })
        });
        Ok(())
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        _args: &Arguments<'v, '_>,
        _eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        Err(starlark::Error::new_other(anyhow!(
            "a rule can be called only after its file is loaded; call `{self}` from a build file or another .bzl file"
        )))
    }
}

#[starlark_value(type = "Rule")]
impl<'v> StarlarkValue<'v> for FrozenRuleCallable {
    type Canonical = Self;

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        args.no_positional_args(eval.heap())?;
        let given = args.names_map()?;
        let given = given
            .into_iter()
            .map(|(name, value)| (name.as_str().to_owned(), value))
            .collect();
        record(&self.rule, given, eval).map_err(starlark::Error::new_other)?;
        Ok(Value::new_none())
    }
}

/// Adds a target to the build file under evaluation.
fn record<'v>(rule: &Arc<Rule>, mut given: SmallMap<String, Value<'v>>, eval: &Evaluator<'v, '_, '_>) -> Result<()> {
    let context = FileContext::of(eval, &rule.name)?;
    let build = context.build_file(&rule.name)?;
    let location = eval
        .call_stack()
        .into_frames()
        .into_iter()
        .find_map(|frame| frame.location);
    let location = location.map_or_else(String::new, |span| {
        format!("{}:{}", span.filename(), span.resolve_span().begin.line + 1)
    });
    let name = given.get("name").copied().filter(|name| !name.is_none());
    let name = name.with_context(|| format!("a target of rule `{}` has no `name`", rule.name))?;
    let name = name
        .unpack_str()
        .with_context(|| format!("`name` must be a string, found `{}`", name.to_repr()))?
        .to_owned();
    let label = TargetLabel::new(build.package.clone(), &name);
    let describe = || format!("target `{label}` of rule `{}`", rule.name);
    let scope = Scope {
        cells: context.cells,
        cell: &build.package.cell,
        package: Some(&build.package.path),
    };
    crate::label::parse_target(&format!(":{name}"), scope).with_context(describe)?;
    if let Some(first) = build.targets.borrow().get(name.as_str()) {
        return Err(anyhow!(
            "`{label}` is defined twice, first at {}; rename one of them",
            first.location
        )
        .context(describe()));
    }
    let coercer = Coercer {
        scope,
        files: Some(build.listing),
    };
    given.shift_remove("name");
    let mut attrs = Vec::with_capacity(rule.attrs.len());
    let (mut visibility, mut within_view) = (build.info.visibility.clone(), build.info.within_view.clone());
    for (attr, spec) in &rule.attrs {
        let value = given.shift_remove(attr.as_ref()).filter(|value| !value.is_none());
        let attempt = match (&**attr, value) {
            ("name", _) => Ok(Attr::Str(name.as_str().into())),
            ("visibility" | "within_view", Some(value)) => Visibility::parse(value, scope).map(|parsed| {
                let texts = parsed
                    .texts()
                    .into_iter()
                    .map(|text| Attr::Str(text.into()))
                    .collect::<Vec<_>>();
                *if &**attr == "visibility" {
                    &mut visibility
                } else {
                    &mut within_view
                } = parsed;
                Attr::List(texts.into())
            }),
            (_, Some(_)) if spec.default_only => Err(anyhow!("it cannot be set; its value belongs to the rule")),
            (_, Some(value)) => coerce(value, &spec.ty, coercer),
            (_, None) => spec
                .default
                .clone()
                .with_context(|| format!("it is required (`{}`)", spec.ty)),
        };
        attrs.push(
            attempt
                .with_context(|| format!("attribute `{attr}`"))
                .with_context(describe)?,
        );
    }
    if let Some(unknown) = given.keys().next() {
        let names = rule
            .attrs
            .iter()
            .filter(|(_, spec)| !spec.default_only)
            .map(|(name, _)| &**name);
        let hint = closest(unknown, names)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        return Err(anyhow!("unknown attribute `{unknown}`{hint}").context(describe()));
    }
    let target = Target {
        label,
        rule: rule.clone(),
        attrs,
        location: location.into(),
        visibility,
        within_view,
        info: build.info.clone(),
    };
    build.targets.borrow_mut().insert(name.into(), target);
    Ok(())
}

/// The attributes that every rule has.
fn common_attrs() -> Vec<(Arc<str>, AttrSpec)> {
    let list = |inner: AttrType| AttrType::List(Box::new(inner));
    let empty = || Some(Attr::List(Arc::new([])));
    let any_dict = || AttrType::Dict(Box::new(AttrType::String), Box::new(AttrType::Any));
    let label = || AttrType::Option(Box::new(AttrType::ConfigurationLabel));
    let spec = AttrSpec::builtin;
    [
        ("name", spec(AttrType::String, None, "Name of the target.")),
        (
            "default_target_platform",
            spec(
                label(),
                Some(Attr::None),
                "Platform of the target when the command line names none.",
            ),
        ),
        (
            "exec_compatible_with",
            spec(
                list(AttrType::ConfigurationLabel),
                empty(),
                "Constraints that the execution platform must satisfy.",
            ),
        ),
        (
            "metadata",
            spec(
                any_dict(),
                Some(Attr::Dict(Arc::new([]))),
                "Free data about the target.",
            ),
        ),
        (
            "modifiers",
            spec(
                list(AttrType::Any),
                empty(),
                "Modifiers of the target's configuration, when it is requested itself.",
            ),
        ),
        (
            "target_compatible_with",
            spec(
                list(AttrType::ConfigurationLabel),
                empty(),
                "Constraints that the target's platform must satisfy.",
            ),
        ),
        ("tests", spec(list(AttrType::Label), empty(), "Tests of the target.")),
        (
            "visibility",
            spec(
                list(AttrType::String),
                empty(),
                "Who may depend on the target: patterns, or `PUBLIC`.",
            ),
        ),
        (
            "within_view",
            spec(
                list(AttrType::String),
                Some(Attr::List(Arc::new([Attr::Str("PUBLIC".into())]))),
                "What the target may depend on: patterns, or `PUBLIC`.",
            ),
        ),
    ]
    .into_iter()
    .map(|(name, spec)| (name.into(), spec))
    .collect()
}

/// Puts `rule` into the globals.
#[starlark_module]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    fn rule<'v>(
        #[starlark(require = named)] r#impl: Value<'v>,
        #[starlark(require = named)] attrs: SmallMap<String, Value<'v>>,
        #[starlark(require = named)] cfg: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        #[starlark(require = named, default = false)] is_configuration_rule: bool,
        #[starlark(require = named, default = false)] is_toolchain_rule: bool,
        #[starlark(require = named, default = false)] supports_incoming_transition: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<RuleCallable<'v>> {
        if cfg.is_some_and(|cfg| !cfg.is_none()) {
            bail!("`rule(cfg = …)` is not supported; use `supports_incoming_transition = True`");
        }
        let kind = match (is_configuration_rule, is_toolchain_rule) {
            (true, true) => bail!("a rule is a configuration rule or a toolchain rule, not both"),
            (true, false) => RuleKind::Configuration,
            (false, true) => RuleKind::Toolchain,
            (false, false) => RuleKind::Normal,
        };
        let context = FileContext::of(eval, "rule")?;
        let mut all = common_attrs();
        if supports_incoming_transition {
            let ty = AttrType::Option(Box::new(AttrType::ConfigurationLabel));
            all.push((
                "incoming_transition".into(),
                AttrSpec::builtin(ty, Some(Attr::None), "Transition that the target applies to itself."),
            ));
        }
        let common = all.len();
        for (name, value) in attrs {
            let Some(spec) = AttrSpec::from_value(value) else {
                bail!(
                    "attribute `{name}`: expected `attrs.…(…)`, found `{}` of type `{}`",
                    value.to_repr(),
                    value.get_type()
                );
            };
            if all.iter().any(|(other, _)| **other == *name) {
                bail!("attribute `{name}` belongs to every rule and cannot be declared");
            }
            all.push((name.into(), spec.clone()));
        }
        Ok(RuleCallable {
            implementation: r#impl,
            draft: Draft {
                file: context.file.clone(),
                build_cell: context.build_cell.clone(),
                kind,
                doc: doc.to_owned(),
                attrs: all,
                common,
            },
            rule: OnceCell::new(),
        })
    }
}
