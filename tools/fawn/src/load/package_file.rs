//! `PACKAGE` files: what a folder says for all packages below it.

use super::context::FileContext;
use super::visibility::Visibility;
use crate::attrs::{Attr, AttrType, Coercer, coerce, to_json};
use crate::label::Scope;
use anyhow::{Context, Result, bail};
use starlark::environment::{FrozenModule, GlobalsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::none::NoneType;
use starlark::values::{Heap, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The sum of all `PACKAGE` files from the cell's root to a folder.
#[derive(Clone, Debug)]
pub(crate) struct PackageInfo {
    /// Visibility of targets that set none.
    pub(crate) visibility: Visibility,
    pub(crate) within_view: Visibility,
    /// Values of `write_package_value`, as JSON, with whether they may be overwritten.
    pub(crate) values: BTreeMap<String, (serde_json::Value, bool)>,
    /// Modifiers, as JSON, in the order of the folders.
    pub(crate) modifiers: Option<serde_json::Value>,
    /// What `set_cfg_constructor` got; only in the root folder of the root cell.
    pub(crate) constructor: Option<Arc<Constructor>>,
}

impl Default for PackageInfo {
    fn default() -> Self {
        Self {
            visibility: Visibility::To(Vec::new()),
            within_view: Visibility::Public,
            values: BTreeMap::new(),
            modifiers: None,
            constructor: None,
        }
    }
}

/// The configuration constructor: the values stay in the frozen module of the `PACKAGE` file.
#[derive(Debug)]
pub(crate) struct Constructor {
    pub(crate) module: FrozenModule,
}

/// Variables of the `PACKAGE` module that keep what `set_cfg_constructor` got.
pub(crate) const STAGE0: &str = "fawn cfg stage0";
pub(crate) const STAGE1: &str = "fawn cfg stage1";
pub(crate) const ALIASES: &str = "fawn cfg aliases";
pub(crate) const EXTRA: &str = "fawn cfg extra";

/// A `PACKAGE` file under evaluation.
pub(crate) struct PackageFileDraft<'a> {
    pub(crate) parent: &'a PackageInfo,
    /// Whether it is the one in the root folder of the root cell.
    pub(crate) at_root: bool,
    pub(crate) info: RefCell<PackageInfo>,
    pub(crate) called: Cell<bool>,
    pub(crate) has_constructor: Cell<bool>,
}

impl<'a> PackageFileDraft<'a> {
    /// A draft that starts from what the folder above says.
    pub(crate) fn new(parent: &'a PackageInfo, at_root: bool) -> Self {
        // Visibility is not handed down unless `package(inherit = True)` says so.
        let info = PackageInfo {
            constructor: None,
            ..parent.clone()
        };
        Self {
            parent,
            at_root,
            info: RefCell::new(info),
            called: Cell::new(false),
            has_constructor: Cell::new(false),
        }
    }
}

fn as_json(value: Value<'_>, context: &FileContext<'_>) -> Result<serde_json::Value> {
    let coercer = Coercer {
        scope: context.default_scope(),
        files: None,
    };
    let attr: Attr = coerce(value, &AttrType::Any, coercer)?;
    Ok(to_json(&attr))
}

fn found<'v>(value: Option<&serde_json::Value>, heap: Heap<'v>) -> Value<'v> {
    value.map_or_else(Value::new_none, |value| super::data_file::alloc(value, heap))
}

fn parse(
    value: Option<Value<'_>>,
    parent: &Visibility,
    inherit: bool,
    unset: Visibility,
    scope: Scope<'_>,
) -> Result<Visibility> {
    let own = value
        .filter(|value| !value.is_none())
        .map(|value| Visibility::parse(value, scope))
        .transpose()?;
    Ok(match (own, inherit, parent) {
        (None, true, parent) => parent.clone(),
        (None, false, _) => unset,
        (Some(Visibility::To(mut own)), true, Visibility::To(parent)) => {
            own.extend(parent.iter().cloned());
            Visibility::To(own)
        }
        (Some(_), true, Visibility::Public) => Visibility::Public,
        (Some(own), ..) => own,
    })
}

/// Puts the functions of `PACKAGE` files into the globals.
#[starlark_module]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    fn package<'v>(
        #[starlark(require = named, default = false)] inherit: bool,
        #[starlark(require = named)] visibility: Option<Value<'v>>,
        #[starlark(require = named)] within_view: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<NoneType> {
        let context = FileContext::of(eval, "package")?;
        let draft = context.package_file("package")?;
        if draft.called.replace(true) {
            bail!("`package` is called twice in one PACKAGE file");
        }
        let scope = Scope {
            cells: context.cells,
            cell: &context.file.cell,
            package: None,
        };
        let private = Visibility::To(Vec::new());
        let mut info = draft.info.borrow_mut();
        info.visibility =
            parse(visibility, &draft.parent.visibility, inherit, private, scope).context("`visibility`")?;
        info.within_view = parse(
            within_view,
            &draft.parent.within_view,
            inherit,
            Visibility::Public,
            scope,
        )
        .context("`within_view`")?;
        Ok(NoneType)
    }

    fn write_package_value<'v>(
        #[starlark(require = pos)] key: &str,
        #[starlark(require = pos)] value: Value<'v>,
        #[starlark(require = named, default = false)] overwrite: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<NoneType> {
        let context = FileContext::of(eval, "write_package_value")?;
        let draft = context.package_file("write_package_value")?;
        if key.split('.').count() != 2 || key.split('.').any(str::is_empty) {
            bail!("the key of a package value has the form `aaa.bbb`, found `{key}`");
        }
        let value = as_json(value, context).with_context(|| format!("package value `{key}`"))?;
        let mut info = draft.info.borrow_mut();
        if info.values.contains_key(key) && !overwrite {
            bail!("the package value `{key}` is set already; pass `overwrite = True` to replace it");
        }
        info.values.insert(key.to_owned(), (value, overwrite));
        Ok(NoneType)
    }

    fn read_parent_package_value<'v>(
        #[starlark(require = pos)] key: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let draft = FileContext::of(eval, "read_parent_package_value")?.package_file("read_parent_package_value")?;
        Ok(found(draft.parent.values.get(key).map(|(value, _)| value), eval.heap()))
    }

    fn read_package_value<'v>(
        #[starlark(require = pos)] key: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let build = FileContext::of(eval, "read_package_value")?.build_file("read_package_value")?;
        Ok(found(build.info.values.get(key).map(|(value, _)| value), eval.heap()))
    }

    fn set_modifiers<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<NoneType> {
        let context = FileContext::of(eval, "set_modifiers")?;
        let draft = context.package_file("set_modifiers")?;
        let value = as_json(value, context)?;
        draft.info.borrow_mut().modifiers = Some(value);
        Ok(NoneType)
    }

    fn get_parent_modifiers<'v>(eval: &mut Evaluator<'v, '_, '_>) -> anyhow::Result<Value<'v>> {
        let draft = FileContext::of(eval, "get_parent_modifiers")?.package_file("get_parent_modifiers")?;
        Ok(found(draft.parent.modifiers.as_ref(), eval.heap()))
    }

    fn set_cfg_constructor<'v>(
        #[starlark(require = named)] stage0: Value<'v>,
        #[starlark(require = named)] stage1: Value<'v>,
        #[starlark(require = named)] key: &str,
        #[starlark(require = named)] aliases: Option<Value<'v>>,
        #[starlark(require = named)] extra_data: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<NoneType> {
        let _ = key; // Modifiers in `metadata` are gone from Buck2, and the key with them.
        let draft = FileContext::of(eval, "set_cfg_constructor")?.package_file("set_cfg_constructor")?;
        if !draft.at_root {
            bail!("`set_cfg_constructor` works only in the PACKAGE file at the root of the root cell");
        }
        if draft.has_constructor.replace(true) {
            bail!("`set_cfg_constructor` is called twice");
        }
        let module = eval.module();
        let none = Value::new_none();
        for (name, value) in [
            (STAGE0, stage0),
            (STAGE1, stage1),
            (ALIASES, aliases.unwrap_or(none)),
            (EXTRA, extra_data.unwrap_or(none)),
        ] {
            module.set(name, value);
        }
        Ok(NoneType)
    }
}
