//! `dynattrs` and the content of built files.

use crate::values::artifact::{Artifact, ArtifactValue, Declared, OutputValue};
use allocative::Allocative;
use anyhow::{Context, Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::{AllocTuple, TupleRef, UnpackTuple};
use starlark::values::typing::TypeCompiled;
use starlark::values::{FrozenValue, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The type of one attribute of a dynamic function.
#[derive(Clone, Debug, Allocative)]
pub(crate) enum DynamicType {
    /// An output that the function binds.
    Output,
    /// A built file whose content the function reads.
    Content,
    /// A plain value.
    Plain(TypeCompiled<FrozenValue>),
    List(Box<DynamicType>),
    Dict(TypeCompiled<FrozenValue>, Box<DynamicType>),
    Tuple(Vec<DynamicType>),
    Option(Box<DynamicType>),
}

/// `dynattrs.…()`.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct DynamicTypeValue(pub(crate) DynamicType);

starlark_simple_value!(DynamicTypeValue);

impl fmt::Display for DynamicTypeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dynattrs.…()")
    }
}

#[starlark_value(type = "DynamicAttrType")]
impl<'v> StarlarkValue<'v> for DynamicTypeValue {}

/// What the arguments of a dynamic function demand.
#[derive(Default)]
pub(crate) struct Demands {
    pub(crate) outputs: Vec<Arc<Declared>>,
    pub(crate) inputs: Vec<Artifact>,
}

fn mismatch<T>(expected: &str, value: Value<'_>) -> Result<T> {
    bail!(
        "expected {expected}, found `{}` of type `{}`",
        value.to_repr(),
        value.get_type()
    )
}

impl DynamicType {
    /// Checks a value and collects its outputs and inputs.
    pub(crate) fn check(&self, value: Value<'_>, demands: &mut Demands) -> Result<()> {
        match self {
            DynamicType::Output => match OutputValue::from_value(value).and_then(|output| output.0.declared().cloned())
            {
                Some(declared) => demands.outputs.push(declared),
                None => return mismatch("an output (`.as_output()`)", value),
            },
            DynamicType::Content => match ArtifactValue::from_value(value) {
                Some(artifact) => demands.inputs.push(artifact.0.clone()),
                None => return mismatch("an artifact", value),
            },
            DynamicType::Plain(ty) => {
                if !ty.matches(value) {
                    return mismatch(&format!("`{ty}`"), value);
                }
            }
            DynamicType::List(inner) => match ListRef::from_value(value) {
                Some(list) => list.iter().try_for_each(|value| inner.check(value, demands))?,
                None => return mismatch("a list", value),
            },
            DynamicType::Dict(key, inner) => match DictRef::from_value(value) {
                Some(dict) => {
                    for (name, value) in dict.iter() {
                        if !key.matches(name) {
                            return mismatch(&format!("keys of type `{key}`"), name);
                        }
                        inner.check(value, demands)?;
                    }
                }
                None => return mismatch("a dict", value),
            },
            DynamicType::Tuple(types) => match TupleRef::from_value(value).map(TupleRef::content) {
                Some(items) if items.len() == types.len() => {
                    items
                        .iter()
                        .zip(types)
                        .try_for_each(|(value, ty)| ty.check(*value, demands))?;
                }
                _ => return mismatch(&format!("a tuple of {}", types.len()), value),
            },
            DynamicType::Option(inner) if !value.is_none() => inner.check(value, demands)?,
            DynamicType::Option(_) => {}
        }
        Ok(())
    }

    /// The value that the function gets: built files as their content, outputs as fresh ones that it can bind.
    pub(crate) fn bind<'v>(&self, value: Value<'v>, binding: &mut Binding<'_>, heap: Heap<'v>) -> Result<Value<'v>> {
        Ok(match self {
            DynamicType::Output => {
                let output = OutputValue::from_value(value).and_then(|output| output.0.declared());
                heap.alloc(OutputValue(binding.fresh(output.context("no output")?)))
            }
            DynamicType::Content => {
                let artifact = ArtifactValue::from_value(value).context("no artifact")?;
                heap.alloc(ContentValue {
                    path: binding.root.join(artifact.0.path()),
                    name: artifact.0.short_path(),
                })
            }
            DynamicType::Plain(_) => value,
            DynamicType::List(inner) => {
                let items = ListRef::from_value(value).context("no list")?;
                let bound = items.iter().map(|item| inner.bind(item, binding, heap));
                heap.alloc(AllocList(bound.collect::<Result<Vec<_>>>()?))
            }
            DynamicType::Dict(_, inner) => {
                let entries = DictRef::from_value(value).context("no dict")?;
                let bound = entries
                    .iter()
                    .map(|(key, value)| Ok((key, inner.bind(value, binding, heap)?)));
                heap.alloc(AllocDict(bound.collect::<Result<Vec<_>>>()?))
            }
            DynamicType::Tuple(types) => {
                let items = TupleRef::from_value(value).context("no tuple")?;
                let bound = items.iter().zip(types).map(|(item, ty)| ty.bind(item, binding, heap));
                heap.alloc(AllocTuple(bound.collect::<Result<Vec<_>>>()?))
            }
            DynamicType::Option(inner) if !value.is_none() => inner.bind(value, binding, heap)?,
            DynamicType::Option(_) => value,
        })
    }
}

/// The outputs that a run of a dynamic function may bind.
pub(crate) struct Binding<'a> {
    pub(crate) root: &'a Path,
    /// In the order of [`Demands::outputs`].
    pub(crate) outputs: Vec<Arc<Declared>>,
}

impl Binding<'_> {
    fn fresh(&mut self, output: &Declared) -> Artifact {
        let fresh = Arc::new(Declared {
            owner: output.owner.clone(),
            path: output.path.clone(),
            short: output.short.clone(),
            directory: output.directory,
            maker: OnceLock::new(),
        });
        self.outputs.push(fresh.clone());
        Artifact::new(crate::values::artifact::Origin::Declared(fresh))
    }
}

/// `ArtifactValue`: a built file that can be read.
#[derive(Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct ContentValue {
    #[allocative(skip)]
    path: PathBuf,
    name: String,
}

starlark_simple_value!(ContentValue);

impl ContentValue {
    /// The content of the file at `path`, which messages call `name`.
    pub(crate) fn new(path: PathBuf, name: String) -> Self {
        Self { path, name }
    }

    fn read(&self) -> Result<String> {
        std::fs::read_to_string(&self.path).with_context(|| format!("cannot read `{}` as text", self.name))
    }
}

impl fmt::Display for ContentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<content of {}>", self.name)
    }
}

#[starlark_value(type = "ArtifactValue")]
impl<'v> StarlarkValue<'v> for ContentValue {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = content_methods);
        Some(METHODS.methods())
    }
}

#[starlark_module]
fn content_methods(builder: &mut MethodsBuilder) {
    fn read_string(this: &ContentValue) -> anyhow::Result<String> {
        this.read()
    }

    fn read_json<'v>(this: &ContentValue, heap: Heap<'v>) -> anyhow::Result<Value<'v>> {
        let value: serde_json::Value =
            serde_json::from_str(&this.read()?).with_context(|| format!("`{}` is no JSON", this.name))?;
        Ok(crate::load::data_file::alloc(&value, heap))
    }
}

fn compile<'v>(ty: Value<'v>, eval: &Evaluator<'v, '_, '_>) -> Result<TypeCompiled<FrozenValue>> {
    Ok(TypeCompiled::new(ty, eval.heap())?.to_frozen(eval.frozen_heap()))
}

#[starlark_module]
fn members(globals: &mut GlobalsBuilder) {
    fn output() -> anyhow::Result<DynamicTypeValue> {
        let ty = DynamicType::Output;
        Ok(DynamicTypeValue(ty))
    }

    fn artifact_value() -> anyhow::Result<DynamicTypeValue> {
        let ty = DynamicType::Content;
        Ok(DynamicTypeValue(ty))
    }

    fn value<'v>(
        #[starlark(require = pos)] ty: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<DynamicTypeValue> {
        let ty = compile(ty, eval)?;
        Ok(DynamicTypeValue(DynamicType::Plain(ty)))
    }

    fn list(#[starlark(require = pos)] ty: &DynamicTypeValue) -> anyhow::Result<DynamicTypeValue> {
        let inner = ty.0.clone();
        Ok(DynamicTypeValue(DynamicType::List(Box::new(inner))))
    }

    fn dict<'v>(
        #[starlark(require = pos)] key: Value<'v>,
        #[starlark(require = pos)] value: &DynamicTypeValue,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<DynamicTypeValue> {
        let key = compile(key, eval)?;
        Ok(DynamicTypeValue(DynamicType::Dict(key, Box::new(value.0.clone()))))
    }

    fn tuple<'v>(#[starlark(args)] args: UnpackTuple<&'v DynamicTypeValue>) -> anyhow::Result<DynamicTypeValue> {
        let types = args.items.into_iter().map(|ty| ty.0.clone()).collect();
        Ok(DynamicTypeValue(DynamicType::Tuple(types)))
    }

    fn option(#[starlark(require = pos)] ty: &DynamicTypeValue) -> anyhow::Result<DynamicTypeValue> {
        let inner = ty.0.clone();
        Ok(DynamicTypeValue(DynamicType::Option(Box::new(inner))))
    }
}

#[starlark_module]
#[starlark_types(ContentValue as ArtifactValue, DynamicTypeValue as DynamicAttrType)]
fn types(globals: &mut GlobalsBuilder) {}

/// Puts `dynattrs` and the type `ArtifactValue` into the globals.
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    globals.namespace("dynattrs", members);
    types(globals);
}
