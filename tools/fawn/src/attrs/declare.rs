//! `attrs.*`: declaring attributes.

use super::coerce::{Coercer, coerce};
use super::ty::{AttrType, DepKind};
use super::value::Attr;
use crate::label::parse_target;
use crate::load::context::FileContext;
use crate::providers::{ProviderId, provider_id_of};
use allocative::Allocative;
use anyhow::{Context, Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::list::UnpackList;
use starlark::values::tuple::UnpackTuple;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::Arc;

/// A declared attribute.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct AttrSpec {
    #[allocative(skip)]
    pub(crate) ty: Arc<AttrType>,
    /// Used where a target gives none; without one the attribute is required.
    #[allocative(skip)]
    pub(crate) default: Option<Attr>,
    pub(crate) doc: String,
    /// Targets may not give a value (`attrs.default_only`).
    pub(crate) default_only: bool,
}

starlark_simple_value!(AttrSpec);

impl AttrSpec {
    /// An attribute of the engine itself.
    pub(crate) fn builtin(ty: AttrType, default: Option<Attr>, doc: &str) -> Self {
        Self {
            ty: Arc::new(ty),
            default,
            doc: doc.to_owned(),
            default_only: false,
        }
    }
}

impl fmt::Display for AttrSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.ty, f)
    }
}

#[starlark_value(type = "Attr")]
impl<'v> StarlarkValue<'v> for AttrSpec {}

fn spec<'v>(ty: AttrType, default: Option<Value<'v>>, doc: &str, eval: &Evaluator<'v, '_, '_>) -> Result<AttrSpec> {
    let context = FileContext::of(eval, "attrs")?;
    let coercer = Coercer {
        scope: context.default_scope(),
        files: None,
    };
    let default = default
        .map(|value| coerce(value, &ty, coercer).with_context(|| format!("bad default of `{ty}`")))
        .transpose()?;
    Ok(AttrSpec {
        ty: Arc::new(ty),
        default,
        doc: doc.to_owned(),
        default_only: false,
    })
}

fn provider_ids(providers: UnpackList<Value<'_>>) -> Result<Arc<[Arc<ProviderId>]>> {
    let ids = providers.items.into_iter().map(|value| {
        provider_id_of(value).with_context(|| format!("`providers` lists provider types, found `{}`", value.to_repr()))
    });
    Ok(ids.collect::<Result<Vec<_>>>()?.into())
}

fn dep<'v>(
    kind: DepKind,
    providers: UnpackList<Value<'v>>,
    default: Option<Value<'v>>,
    doc: &str,
    eval: &Evaluator<'v, '_, '_>,
) -> Result<AttrSpec> {
    let providers = provider_ids(providers)?;
    spec(AttrType::Dep { kind, providers }, default, doc, eval)
}

fn inner(spec: &AttrSpec) -> Result<AttrType> {
    if spec.default_only {
        bail!("`attrs.default_only` cannot be nested in another attribute");
    }
    if spec.default.is_some() {
        bail!(
            "the inner `{}` has a default; give the default to the outer attribute",
            spec.ty
        );
    }
    Ok((*spec.ty).clone())
}

/// The members of `attrs`.
#[starlark_module]
fn members(globals: &mut GlobalsBuilder) {
    fn any<'v>(
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        spec(AttrType::Any, default, doc, eval)
    }

    fn bool<'v>(
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        spec(AttrType::Bool, default, doc, eval)
    }

    fn int<'v>(
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        spec(AttrType::Int, default, doc, eval)
    }

    fn string<'v>(
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named)] validate: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        let _ = validate; // Buck2 accepts and ignores it too.
        spec(AttrType::String, default, doc, eval)
    }

    fn r#enum<'v>(
        #[starlark(require = pos)] variants: UnpackList<String>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for variant in variants.items {
            if variant.to_lowercase() != variant {
                bail!(
                    "the variants of `attrs.enum` are lower-case, found `{variant}`; targets may write them either way"
                );
            }
            if names.iter().any(|name| **name == *variant) {
                bail!("`attrs.enum` has `{variant}` twice");
            }
            names.push(variant.into());
        }
        spec(AttrType::Enum(names), default, doc, eval)
    }

    fn label<'v>(
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        spec(AttrType::Label, default, doc, eval)
    }

    fn source<'v>(
        #[starlark(require = named, default = false)] allow_directory: bool,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        spec(AttrType::Source { allow_directory }, default, doc, eval)
    }

    fn dep<'v>(
        #[starlark(require = named, default = UnpackList::default())] providers: UnpackList<Value<'v>>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        self::dep(DepKind::Target, providers, default, doc, eval)
    }

    fn exec_dep<'v>(
        #[starlark(require = named, default = UnpackList::default())] providers: UnpackList<Value<'v>>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        self::dep(DepKind::Exec, providers, default, doc, eval)
    }

    fn toolchain_dep<'v>(
        #[starlark(require = named, default = UnpackList::default())] providers: UnpackList<Value<'v>>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        self::dep(DepKind::Toolchain, providers, default, doc, eval)
    }

    fn configured_dep<'v>(
        #[starlark(require = named, default = UnpackList::default())] providers: UnpackList<Value<'v>>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        let providers = provider_ids(providers)?;
        spec(AttrType::ConfiguredDep { providers }, default, doc, eval)
    }

    fn transition_dep<'v>(
        #[starlark(require = named)] cfg: Option<Value<'v>>,
        #[starlark(require = named, default = UnpackList::default())] providers: UnpackList<Value<'v>>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        let providers = provider_ids(providers)?;
        let transition = match cfg.filter(|cfg| !cfg.is_none()) {
            None => None,
            Some(cfg) => {
                let text = cfg.unpack_str().with_context(|| {
                    format!("`cfg` of `attrs.transition_dep` is the label of a transition, found `{}`; `transition()` objects are not supported", cfg.to_repr())
                })?;
                Some(parse_target(text, FileContext::of(eval, "attrs")?.default_scope())?)
            }
        };
        spec(AttrType::TransitionDep { transition, providers }, default, doc, eval)
    }

    fn arg<'v>(
        #[starlark(require = named, default = false)] anon_target_compatible: bool,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        let _ = anon_target_compatible; // Anonymous targets are refused where they are made.
        spec(AttrType::Arg, default, doc, eval)
    }

    fn list<'v>(
        #[starlark(require = pos)] inner: &AttrSpec,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        spec(AttrType::List(Box::new(self::inner(inner)?)), default, doc, eval)
    }

    fn tuple<'v>(
        #[starlark(args)] args: UnpackTuple<&'v AttrSpec>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        let types = args.items.into_iter().map(self::inner).collect::<Result<_>>()?;
        spec(AttrType::Tuple(types), default, doc, eval)
    }

    fn dict<'v>(
        key: &AttrSpec,
        value: &AttrSpec,
        #[starlark(require = named, default = false)] sorted: bool,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        if sorted {
            bail!("`attrs.dict(sorted = True)` is not supported; sort the keys in the rule");
        }
        let ty = AttrType::Dict(Box::new(self::inner(key)?), Box::new(self::inner(value)?));
        spec(ty, default, doc, eval)
    }

    fn option<'v>(
        #[starlark(require = pos)] inner: &AttrSpec,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        if let Some(value) = default.filter(|value| !value.is_none()) {
            bail!(
                "the default of `attrs.option` must be None, found `{}`",
                value.to_repr()
            );
        }
        spec(AttrType::Option(Box::new(self::inner(inner)?)), default, doc, eval)
    }

    fn one_of<'v>(
        #[starlark(args)] args: UnpackTuple<&'v AttrSpec>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        #[starlark(require = named, default = "")] doc: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<AttrSpec> {
        let types = args.items.into_iter().map(self::inner).collect::<Result<_>>()?;
        spec(AttrType::OneOf(types), default, doc, eval)
    }

    fn default_only(
        #[starlark(require = pos)] inner: &AttrSpec,
        #[starlark(require = named, default = "")] doc: &str,
    ) -> anyhow::Result<AttrSpec> {
        if inner.default.is_none() {
            bail!("`attrs.default_only` needs a default in the inner `{}`", inner.ty);
        }
        let doc = if doc.is_empty() { inner.doc.as_str() } else { doc };
        Ok(AttrSpec {
            default_only: true,
            doc: doc.to_owned(),
            ..inner.clone()
        })
    }
}

#[starlark_module]
#[starlark_types(AttrSpec as Attr)]
fn attr_type(globals: &mut GlobalsBuilder) {}

/// Puts `attrs` and the type `Attr` into the globals.
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    globals.namespace("attrs", members);
    attr_type(globals);
}
