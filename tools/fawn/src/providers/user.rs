//! `provider()` and `provider_field()`: providers that rule sets define.

use super::id::ProviderId;
use super::instance::{ProviderGen, Shape};
use super::ty::instance_type;
use crate::load::context::FileContext;
use allocative::Allocative;
use anyhow::{Context, anyhow, bail};
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallMap;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator, ParametersSpec, ParametersSpecParam, param_specs};
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::typing::Ty;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::typing::{TypeCompiled, TypeInstanceId};
use starlark::values::{
    AllocValue, Freeze, FreezeError, FreezeResult, Freezer, FrozenValue, Heap, NoSerialize, StarlarkPagablePanic,
    StarlarkValue, Trace, UnpackValue, Value, ValueLike, starlark_value,
};
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

/// What a field may hold.
#[derive(Clone, Debug, Trace, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct ProviderField {
    ty: TypeCompiled<FrozenValue>,
    default: Option<FrozenValue>,
}

starlark_simple_value!(ProviderField);

impl fmt::Display for ProviderField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "provider_field({})", self.ty)
    }
}

#[starlark_value(type = "ProviderField")]
impl<'v> StarlarkValue<'v> for ProviderField {}

/// What a callable knows once it has a name.
#[derive(Debug, Trace, Allocative)]
struct Named {
    #[trace(unsafe_ignore)]
    #[allocative(skip)]
    shape: Arc<Shape>,
    signature: ParametersSpec<FrozenValue>,
    #[trace(unsafe_ignore)]
    ty: Ty,
}

/// The result of `provider()` in the file that defines it.
#[derive(Debug, Trace, ProvidesStaticType, NoSerialize, Allocative)]
pub(crate) struct UserCallable {
    #[trace(unsafe_ignore)]
    #[allocative(skip)]
    path: Arc<str>,
    doc: String,
    fields: Vec<(String, ProviderField)>,
    named: OnceCell<Named>,
}

/// The same in every other file.
#[derive(Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct FrozenUserCallable {
    doc: String,
    fields: Vec<(String, ProviderField)>,
    named: Named,
}

starlark_simple_value!(FrozenUserCallable);

impl<'v> AllocValue<'v> for UserCallable {
    fn alloc_value(self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_complex(self)
    }
}

impl Freeze for UserCallable {
    type Frozen = FrozenUserCallable;

    fn freeze(self, _freezer: &Freezer) -> FreezeResult<FrozenUserCallable> {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        let unnamed = || {
            FreezeError::new(format!(
                "a provider with the fields {names:?} has no name; assign the result of `provider()` to a top-level variable"
            ))
        };
        Ok(FrozenUserCallable {
            named: self.named.into_inner().ok_or_else(unnamed)?,
            doc: self.doc,
            fields: self.fields,
        })
    }
}

impl fmt::Display for UserCallable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.named.get() {
            Some(named) => f.write_str(&named.shape.id.name),
            None => f.write_str("provider(…)"),
        }
    }
}

impl fmt::Display for FrozenUserCallable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named.shape.id.name)
    }
}

impl UserCallable {
    /// The identity behind a callable, once it has one.
    pub(crate) fn id_of(value: Value<'_>) -> Option<Arc<ProviderId>> {
        if let Some(frozen) = FrozenUserCallable::from_value(value) {
            return Some(frozen.named.shape.id.clone());
        }
        let callable: &UserCallable = value.downcast_ref()?;
        Some(callable.named.get()?.shape.id.clone())
    }

    fn name(&self, name: &str) -> starlark::Result<Named> {
        let id = Arc::new(ProviderId {
            path: Some(self.path.clone()),
            name: name.into(),
        });
        let definition = Some(TypeInstanceId::r#gen());
        let ty = instance_type(name, definition)?;
        let parameters = self.fields.iter().map(|(name, field)| {
            let kind = field
                .default
                .map_or(ParametersSpecParam::Required, ParametersSpecParam::Defaulted);
            (name.as_str(), kind, Ty::any())
        });
        let (signature, _) = param_specs(name, [], [], None, parameters, None)?;
        let shape = Arc::new(Shape {
            id,
            definition,
            fields: self.fields.iter().map(|(name, _)| name.as_str().into()).collect(),
        });
        Ok(Named { shape, signature, ty })
    }
}

impl FrozenUserCallable {
    /// Documentation, fields with their types, for `docs`.
    pub(crate) fn describe(&self) -> (&str, Vec<(String, String)>) {
        let fields = self
            .fields
            .iter()
            .map(|(name, field)| (name.clone(), field.ty.to_string()));
        (&self.doc, fields.collect())
    }
}

fn create<'v>(
    named: &Named,
    fields: &[(String, ProviderField)],
    args: &Arguments<'v, '_>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    named.signature.parser(args, eval, |parser, eval| {
        let mut values = Vec::with_capacity(fields.len());
        for (name, field) in fields {
            let value: Value<'v> = parser.next()?;
            if !field.ty.matches(value) {
                return Err(starlark::Error::new_other(anyhow!(
                    "`{}`: field `{name}` expects `{}`, found `{}` of type `{}`",
                    named.shape.id.name,
                    field.ty,
                    value.to_repr(),
                    value.get_type()
                )));
            }
            values.push(value);
        }
        Ok(eval.heap().alloc(ProviderGen {
            values: values.into_boxed_slice(),
            shape: named.shape.clone(),
        }))
    })
}

#[starlark_value(type = "ProviderCallable", skip_vtable)]
impl<'v> StarlarkValue<'v> for UserCallable {
    type Canonical = FrozenUserCallable;

    fn export_as(&self, variable_name: &str, _eval: &mut Evaluator<'v, '_, '_>) -> starlark::Result<()> {
        if self.named.get().is_none() {
            let named = self.name(variable_name)?;
            let _ = self.named.set(named); // Just seen to be empty.
        }
        Ok(())
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let named = self
            .named
            .get()
            .context("the result of `provider()` must be assigned to a top-level variable before it is called");
        create(named.map_err(starlark::Error::new_other)?, &self.fields, args, eval)
    }

    fn eval_type(&self) -> Option<Ty> {
        self.named.get().map(|named| named.ty.clone())
    }
}

#[starlark_value(type = "ProviderCallable")]
impl<'v> StarlarkValue<'v> for FrozenUserCallable {
    type Canonical = Self;

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        create(&self.named, &self.fields, args, eval)
    }

    fn eval_type(&self) -> Option<Ty> {
        Some(self.named.ty.clone())
    }
}

fn compile<'v>(ty: Value<'v>, eval: &mut Evaluator<'v, '_, '_>) -> anyhow::Result<TypeCompiled<FrozenValue>> {
    Ok(TypeCompiled::new(ty, eval.heap())?.to_frozen(eval.frozen_heap()))
}

fn frozen_default(value: Value<'_>, eval: &Evaluator<'_, '_, '_>) -> anyhow::Result<FrozenValue> {
    if let Some(frozen) = value.unpack_frozen() {
        return Ok(frozen);
    }
    if ListRef::from_value(value).is_some_and(|list| list.is_empty()) {
        return Ok(eval.frozen_heap().alloc(AllocList::EMPTY));
    }
    if DictRef::from_value(value).is_some_and(|dict| dict.is_empty()) {
        return Ok(eval.frozen_heap().alloc(AllocDict::EMPTY));
    }
    if let Some(text) = value.unpack_str() {
        return Ok(eval.frozen_heap().alloc(text));
    }
    bail!(
        "the default of a `provider_field` must be a constant, an empty list or an empty dict, found `{}`",
        value.to_repr()
    )
}

/// Puts `provider` and `provider_field` into the globals.
#[starlark_module]
pub(crate) fn register_user(globals: &mut GlobalsBuilder) {
    fn provider_field<'v>(
        #[starlark(require = pos)] ty: Value<'v>,
        #[starlark(require = named)] default: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<ProviderField> {
        let ty = compile(ty, eval)?;
        let default = default.map(|value| frozen_default(value, eval)).transpose()?;
        match default {
            Some(value) if !ty.matches(value.to_value()) => bail!(
                "the default `{}` does not fit the type `{ty}` of the `provider_field`",
                value.to_value().to_repr()
            ),
            default => Ok(ProviderField { ty, default }),
        }
    }

    fn provider<'v>(
        #[starlark(require = named, default = "")] doc: &str,
        #[starlark(require = named)] fields: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<UserCallable> {
        let path = FileContext::of(eval, "provider")?.file_label().into();
        let mut parsed: Vec<(String, ProviderField)> = Vec::new();
        if let Some(names) = ListRef::from_value(fields) {
            for name in names.iter() {
                let name = name
                    .unpack_str()
                    .with_context(|| format!("`fields` of `provider` must be strings, found `{name}`"))?;
                let field = ProviderField {
                    ty: TypeCompiled::any(),
                    default: Some(FrozenValue::new_none()),
                };
                parsed.push((name.to_owned(), field));
            }
        } else {
            let fields = SmallMap::<String, Value<'v>>::unpack_value_err(fields)
                .map_err(starlark::Error::into_anyhow)
                .context("`fields` of `provider` must be a list of names or a dict from name to type")?;
            for (name, value) in fields {
                let field = match ProviderField::from_value(value) {
                    Some(field) => field.clone(),
                    None => ProviderField {
                        ty: compile(value, eval).with_context(|| format!("field `{name}` of a provider"))?,
                        default: None,
                    },
                };
                parsed.push((name, field));
            }
        }
        for (index, (name, _)) in parsed.iter().enumerate() {
            if parsed[..index].iter().any(|(other, _)| other == name) {
                bail!("`fields` of `provider` has `{name}` twice");
            }
        }
        Ok(UserCallable {
            path,
            doc: doc.to_owned(),
            fields: parsed,
            named: OnceCell::new(),
        })
    }
}
