//! Functions about the package under evaluation: `glob`, `package_name`, ….

use super::context::{FileContext, Stage};
use anyhow::Context;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::list::{AllocList, UnpackList};
use starlark::values::list_or_tuple::UnpackListOrTuple;
use starlark::values::none::NoneType;

/// Puts them into the globals.
#[starlark_module]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    fn glob<'v>(
        include: UnpackListOrTuple<String>,
        #[starlark(require = named, default = UnpackListOrTuple::default())] exclude: UnpackListOrTuple<String>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let build = FileContext::of(eval, "glob")?.build_file("glob")?;
        let files = build.listing.glob(&include.items, &exclude.items)?;
        Ok(eval.heap().alloc(AllocList(files)))
    }

    fn package_name(eval: &mut Evaluator) -> anyhow::Result<String> {
        let build = FileContext::of(eval, "package_name")?.build_file("package_name")?;
        Ok(build.package.path.to_string())
    }

    fn get_base_path(eval: &mut Evaluator) -> anyhow::Result<String> {
        let context = FileContext::of(eval, "get_base_path")?;
        match &context.stage {
            Stage::Build(build) => Ok(build.package.path.to_string()),
            _ => Ok(context.file.folder().to_owned()),
        }
    }

    fn get_cell_name(eval: &mut Evaluator) -> anyhow::Result<String> {
        let context = FileContext::of(eval, "get_cell_name")?;
        Ok(context.build_cell.to_string())
    }

    fn repository_name(eval: &mut Evaluator) -> anyhow::Result<String> {
        let build = FileContext::of(eval, "repository_name")?.build_file("repository_name")?;
        Ok(format!("@{}", build.package.cell))
    }

    fn rule_exists(#[starlark(require = pos)] name: &str, eval: &mut Evaluator) -> anyhow::Result<bool> {
        let build = FileContext::of(eval, "rule_exists")?.build_file("rule_exists")?;
        Ok(build.targets.borrow().contains_key(name))
    }

    fn oncall(#[starlark(require = pos)] name: &str, eval: &mut Evaluator) -> anyhow::Result<NoneType> {
        // Who to call changes nothing in the build; Buck2 keeps it for queries.
        let _ = name;
        FileContext::of(eval, "oncall")?.build_file("oncall")?;
        Ok(NoneType)
    }

    fn implicit_package_symbol<'v>(
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let build = FileContext::of(eval, "implicit_package_symbol")?.build_file("implicit_package_symbol")?;
        let default = default.unwrap_or_else(Value::new_none);
        let (Some(module), Some(symbol)) = (&build.implicits, build.implicit_names.get(name)) else {
            return Ok(default);
        };
        let value = module
            .get(symbol)
            .with_context(|| format!("`[buildfile] package_includes` names the symbol `{symbol}`"))?;
        Ok(eval.heap().access_owned_frozen_value(&value))
    }

    fn load_symbols<'v>(
        #[starlark(require = pos)] symbols: starlark::values::dict::UnpackDictEntries<String, Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<NoneType> {
        for (name, value) in symbols.entries {
            eval.set_module_variable_at_some_point(&name, value)
                .map_err(starlark::Error::into_anyhow)?;
        }
        Ok(NoneType)
    }

    fn dedupe<'v>(
        #[starlark(require = pos)] val: UnpackList<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        // By identity and not by value, as Buck2 does: strings that are equal but not shared stay.
        let mut seen = Vec::new();
        let mut kept = Vec::new();
        for value in val.items {
            let same = |other: &Value<'v>| {
                other.ptr_eq(value) || (value.unpack_str().is_some() && value.unpack_str() == other.unpack_str())
            };
            if !seen.iter().any(same) {
                seen.push(value);
                kept.push(value);
            }
        }
        Ok(eval.heap().alloc(AllocList(kept)))
    }
}
