//! `regex()`: regular expressions as values.

use allocative::Allocative;
use anyhow::{Context, bail};
use regex::Regex;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, starlark_value};
use std::fmt;

/// A compiled pattern.
#[derive(Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct RegexValue(#[allocative(skip)] pub(crate) Regex);

starlark_simple_value!(RegexValue);

impl fmt::Display for RegexValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "regex({:?})", self.0.as_str())
    }
}

#[starlark_value(type = "Regex")]
impl<'v> StarlarkValue<'v> for RegexValue {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = regex_methods);
        Some(METHODS.methods())
    }
}

fn compile(pattern: &str) -> anyhow::Result<Regex> {
    Regex::new(pattern).with_context(|| format!("bad regular expression `{pattern}`"))
}

#[starlark_module]
fn regex_methods(builder: &mut MethodsBuilder) {
    fn r#match(this: &RegexValue, #[starlark(require = pos)] str: &str) -> starlark::Result<bool> {
        let found = this.0.is_match(str);
        Ok(found)
    }
}

/// Puts `regex` and `regex_match` into the globals.
#[starlark_module]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    fn regex(
        #[starlark(require = pos)] regex: &str,
        #[starlark(require = named, default = false)] fancy: bool,
    ) -> anyhow::Result<RegexValue> {
        if fancy {
            bail!("`regex(fancy = True)` is not supported; write the pattern without look-around and back-references");
        }
        Ok(RegexValue(compile(regex)?))
    }

    fn regex_match(
        #[starlark(require = pos)] regex: &str,
        #[starlark(require = pos)] str: &str,
    ) -> anyhow::Result<bool> {
        Ok(compile(regex)?.is_match(str))
    }
}
