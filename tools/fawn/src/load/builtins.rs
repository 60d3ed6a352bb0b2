//! Functions that every file has: settings, digests, messages.

use super::context::FileContext;
use anyhow::{Context, Result};
use digest::Sha256;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::none::NoneType;

fn setting<'v>(found: Option<&str>, default: Option<Value<'v>>, eval: &Evaluator<'v, '_, '_>) -> Result<Value<'v>> {
    Ok(match found {
        Some(value) => eval.heap().alloc(value),
        None => default.unwrap_or_else(Value::new_none),
    })
}

/// Puts them into the globals.
#[starlark_module]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    fn read_config<'v>(
        #[starlark(require = pos)] section: &str,
        #[starlark(require = pos)] key: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let context = FileContext::any(eval).context("`read_config` cannot be used here")?;
        let config = context.cells.get(&context.build_cell).config.clone();
        setting(config.get(section, key), default, eval)
    }

    fn read_root_config<'v>(
        #[starlark(require = pos)] section: &str,
        #[starlark(require = pos)] key: &str,
        #[starlark(require = pos)] default: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let context = FileContext::any(eval).context("`read_root_config` cannot be used here")?;
        let config = context.cells.root().config.clone();
        setting(config.get(section, key), default, eval)
    }

    fn sha256(#[starlark(require = pos)] val: &str) -> anyhow::Result<String> {
        Ok(Sha256::of(val.as_bytes()).hex())
    }

    fn warning(#[starlark(require = pos)] x: &str) -> anyhow::Result<NoneType> {
        warn(x);
        Ok(NoneType)
    }

    fn soft_error<'v>(
        #[starlark(require = pos)] category: &str,
        #[starlark(require = pos)] message: &str,
        #[starlark(require = named)] quiet: Option<bool>,
        #[starlark(require = named)] stack: Option<bool>,
    ) -> anyhow::Result<NoneType> {
        let _ = stack;
        if !quiet.unwrap_or(false) {
            warn(&format!("{category}: {message}"));
        }
        Ok(NoneType)
    }
}

/// One line on stderr. A closed stderr is no reason to fail a build.
fn warn(message: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "fawn: warning: {message}");
}
