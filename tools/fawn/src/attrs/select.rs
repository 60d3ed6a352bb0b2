//! `select()`: values that depend on the configuration.

use self::sealed::Branch;
use allocative::Allocative;
use anyhow::{Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_complex_value;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::dict::DictRef;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use std::fmt;

mod sealed {
    /// What a select value is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Branch {
        /// The one value is the dict of branches.
        Choice,
        /// The two values are joined.
        Sum,
    }
}

/// A select, or a sum with one in it.
#[derive(Clone, Debug, Trace, Coerce, Freeze, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
#[repr(C)]
pub(crate) struct SelectGen<V: ValueLifetimeless> {
    parts: Box<[V]>,
    #[trace(unsafe_ignore)]
    #[freeze(identity)]
    #[allocative(skip)]
    branch: Branch,
}

starlark_complex_value!(pub(crate) Select);

/// What a select is made of.
pub(crate) enum Parts<'v> {
    /// The dict from label (or `DEFAULT`) to value.
    Choice(Value<'v>),
    /// Two values that are joined, in order.
    Sum(Value<'v>, Value<'v>),
}

impl<'v, V: ValueLike<'v>> SelectGen<V> {
    /// Takes the select apart.
    pub(crate) fn parts(&self) -> Parts<'v> {
        match (self.branch, &*self.parts) {
            (Branch::Sum, [left, right]) => Parts::Sum(left.to_value(), right.to_value()),
            (_, parts) => Parts::Choice(parts[0].to_value()),
        }
    }
}

fn choice<'v>(dict: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(SelectGen {
        parts: vec![dict].into_boxed_slice(),
        branch: Branch::Choice,
    })
}

fn sum<'v>(left: Value<'v>, right: Value<'v>, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(SelectGen {
        parts: vec![left, right].into_boxed_slice(),
        branch: Branch::Sum,
    })
}

impl<'v, V: ValueLike<'v>> fmt::Display for SelectGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            Parts::Choice(dict) => write!(f, "select({dict})"),
            Parts::Sum(left, right) => write!(f, "{left} + {right}"),
        }
    }
}

#[starlark_value(type = "Select")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for SelectGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn add(&self, right: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let left = match self.parts() {
            Parts::Choice(dict) => choice(dict, heap),
            Parts::Sum(left, right) => sum(left, right, heap),
        };
        Some(Ok(sum(left, right, heap)))
    }

    fn radd(&self, left: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let right = match self.parts() {
            Parts::Choice(dict) => choice(dict, heap),
            Parts::Sum(left, right) => sum(left, right, heap),
        };
        Some(Ok(sum(left, right, heap)))
    }
}

/// The branch of a select that makes its target incompatible.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct IncompatibleBranch(pub(crate) String);

starlark_simple_value!(IncompatibleBranch);

impl fmt::Display for IncompatibleBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "select_incompatible({:?})", self.0)
    }
}

#[starlark_value(type = "SelectIncompatible")]
impl<'v> StarlarkValue<'v> for IncompatibleBranch {}

/// Applies `f` to every value in a select, rebuilding it.
fn map<'v>(
    value: Value<'v>,
    f: &mut dyn FnMut(Value<'v>) -> starlark::Result<Value<'v>>,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    if IncompatibleBranch::from_value(value).is_some() {
        return Ok(value);
    }
    let Some(select) = Select::from_value(value) else {
        return f(value);
    };
    match select.parts() {
        Parts::Sum(left, right) => {
            let left = map(left, f, heap)?;
            Ok(sum(left, map(right, f, heap)?, heap))
        }
        Parts::Choice(dict) => {
            let entries: Vec<_> = DictRef::from_value(dict)
                .iter()
                .flat_map(|dict| dict.iter().collect::<Vec<_>>())
                .collect();
            let mut mapped = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                mapped.push((key, map(value, f, heap)?));
            }
            Ok(choice(heap.alloc(starlark::values::dict::AllocDict(mapped)), heap))
        }
    }
}

fn any<'v>(value: Value<'v>, f: &mut dyn FnMut(Value<'v>) -> starlark::Result<bool>) -> starlark::Result<bool> {
    if IncompatibleBranch::from_value(value).is_some() {
        return Ok(false);
    }
    let Some(select) = Select::from_value(value) else {
        return f(value);
    };
    let values = match select.parts() {
        Parts::Sum(left, right) => vec![left, right],
        Parts::Choice(dict) => DictRef::from_value(dict)
            .iter()
            .flat_map(|dict| dict.values().collect::<Vec<_>>())
            .collect(),
    };
    for value in values {
        if any(value, f)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check(dict: Value<'_>) -> Result<()> {
    let Some(entries) = DictRef::from_value(dict) else {
        bail!(
            "`select` takes a dict from label (or \"DEFAULT\") to value, found `{}`",
            dict.to_repr()
        );
    };
    if entries.iter().next().is_none() {
        bail!("`select` got an empty dict; give at least one branch");
    }
    match entries.keys().find(|key| key.unpack_str().is_none()) {
        Some(key) => bail!(
            "the keys of `select` are labels, found `{}` of type `{}`",
            key.to_repr(),
            key.get_type()
        ),
        None => Ok(()),
    }
}

/// Puts `select` and its helpers into the globals.
#[starlark_module]
#[starlark_types(SelectGen<Value<'static>> as Select)]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    fn select<'v>(#[starlark(require = pos)] d: Value<'v>, heap: Heap<'v>) -> anyhow::Result<Value<'v>> {
        check(d)?;
        Ok(choice(d, heap))
    }

    fn select_map<'v>(
        #[starlark(require = pos)] d: Value<'v>,
        #[starlark(require = pos)] func: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        map(d, &mut |value| eval.eval_function(func, &[value], &[]), heap)
    }

    fn select_test<'v>(
        #[starlark(require = pos)] d: Value<'v>,
        #[starlark(require = pos)] func: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<bool> {
        any(d, &mut |value| Ok(eval.eval_function(func, &[value], &[])?.to_bool()))
    }

    fn select_incompatible(#[starlark(require = pos)] message: &str) -> anyhow::Result<IncompatibleBranch> {
        Ok(IncompatibleBranch(message.to_owned()))
    }
}
