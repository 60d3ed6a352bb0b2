//! Attributes of rules: how they are declared, and what targets may write for them.

mod coerce;
mod declare;
mod json;
mod macros;
mod select;
mod suggest;
mod ty;
mod value;

pub(crate) use coerce::{Coercer, Files, coerce};
pub(crate) use declare::{AttrSpec, register};
pub(crate) use json::to_json;
pub(crate) use macros::ArgPart;
pub(crate) use select::register as register_select;
pub(crate) use suggest::closest;
pub(crate) use ty::AttrType;
pub(crate) use value::{Attr, Dep, How, Selector, Source};
