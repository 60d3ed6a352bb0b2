//! `t`: what a test function gets.

use super::analysis;
use crate::engine::Engine;
use crate::label::{ConfiguredTarget, PackageLabel, ProvidersLabel, Scope, parse_providers};
use allocative::Allocative;
use anyhow::{Result, bail};
use digest::Sha256;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::list::UnpackList;
use starlark::values::none::{NoneOr, NoneType};
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `RuleTest`.
#[derive(ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct TestValue {
    #[allocative(skip)]
    engine: Arc<Engine>,
    #[allocative(skip)]
    package: PackageLabel,
    /// Tells the packages of one test from those of others.
    name: String,
    #[allocative(skip)]
    packages: AtomicUsize,
}

starlark_simple_value!(TestValue);

impl TestValue {
    /// The context of one test in a package.
    pub(crate) fn new(engine: Arc<Engine>, package: PackageLabel, test: &str) -> Self {
        Self {
            engine,
            package,
            name: Sha256::of(test.as_bytes()).hex()[..8].to_owned(),
            packages: AtomicUsize::new(0),
        }
    }

    fn target(
        &self,
        label: &str,
        platform: Option<&str>,
        modifiers: &[String],
    ) -> Result<(ProvidersLabel, ConfiguredTarget)> {
        let scope = Scope {
            cells: &self.engine.loader.cells,
            cell: &self.package.cell,
            package: Some(&self.package.path),
        };
        let label = parse_providers(label, scope)?;
        let platform = platform.map(|platform| parse_providers(platform, scope)).transpose()?;
        let platform = platform.map(|platform| platform.to_string());
        let configured = self.engine.requested(&label.target, modifiers, platform.as_deref())?;
        Ok((label, configured))
    }
}

impl fmt::Debug for TestValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestValue({})", self.package)
    }
}

impl fmt::Display for TestValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<RuleTest>")
    }
}

#[starlark_value(type = "RuleTest")]
impl<'v> StarlarkValue<'v> for TestValue {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = test_methods);
        Some(METHODS.methods())
    }
}

fn note(what: &str) -> String {
    if what.is_empty() {
        String::new()
    } else {
        format!("{what}: ")
    }
}

#[starlark_module]
fn test_methods(builder: &mut MethodsBuilder) {
    /// Makes a package out of the text of a build file and the names of its files; returns its label. Its targets see what
    /// the package of the test sees.
    fn package(
        this: &TestValue,
        #[starlark(require = pos)] build: &str,
        #[starlark(require = named, default = UnpackList::default())] files: UnpackList<String>,
    ) -> anyhow::Result<String> {
        let number = this.packages.fetch_add(1, Ordering::Relaxed);
        let path = this.package.join(&format!("__test_{}_{number}__", this.name));
        let label = PackageLabel::new(&this.package.cell, &path);
        this.engine.loader.define_package(&label, build, files.items)?;
        Ok(label.to_string())
    }

    /// Says why the text of a build file does not load; the test fails if it does.
    fn package_failure(
        this: &TestValue,
        #[starlark(require = pos)] build: &str,
        #[starlark(require = named, default = UnpackList::default())] files: UnpackList<String>,
    ) -> anyhow::Result<String> {
        let number = this.packages.fetch_add(1, Ordering::Relaxed);
        let path = this.package.join(&format!("__test_{}_{number}__", this.name));
        let label = PackageLabel::new(&this.package.cell, &path);
        match this.engine.loader.define_package(&label, build, files.items) {
            Ok(()) => bail!("the package loads, but should not"),
            Err(error) => Ok(format!("{error:#}")),
        }
    }

    /// Analyses a target, under a platform or with modifiers if these are given.
    fn analyze<'v>(
        this: &TestValue,
        #[starlark(require = pos)] target: &str,
        #[starlark(require = named, default = NoneOr::None)] platform: NoneOr<&str>,
        #[starlark(require = named, default = UnpackList::default())] modifiers: UnpackList<String>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let (label, configured) = this.target(target, platform.into_option(), &modifiers.items)?;
        analysis::value(&this.engine, &label, &configured, eval.heap())
    }

    /// Says why a target cannot be configured or analysed; the test fails if it can.
    fn failure<'v>(
        this: &TestValue,
        #[starlark(require = pos)] target: &str,
        #[starlark(require = named, default = NoneOr::None)] platform: NoneOr<&str>,
        #[starlark(require = named, default = UnpackList::default())] modifiers: UnpackList<String>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<String> {
        let result = this
            .target(target, platform.into_option(), &modifiers.items)
            .and_then(|(label, configured)| analysis::value(&this.engine, &label, &configured, eval.heap()));
        match result {
            Ok(_) => bail!("the analysis of `{target}` succeeds, but should fail"),
            Err(error) => Ok(format!("{error:#}")),
        }
    }

    /// The one action of a category among those of an analysed target.
    fn action<'v>(
        #[allow(unused_variables)] this: &TestValue,
        #[starlark(require = pos)] analysis: Value<'v>,
        #[starlark(require = pos)] category: &str,
        #[starlark(require = named, default = NoneOr::None)] identifier: NoneOr<&str>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> anyhow::Result<Value<'v>> {
        let heap = eval.heap();
        let text = |action: Value<'v>, name: &str| -> Result<String> {
            let value = action.get_attr(name, heap).map_err(starlark::Error::into_anyhow)?;
            Ok(value.map(|value| value.to_str()).unwrap_or_default())
        };
        let actions = analysis
            .get_attr("actions", heap)
            .map_err(starlark::Error::into_anyhow)?;
        let actions = actions.and_then(starlark::values::list::ListRef::from_value);
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for action in actions.iter().flat_map(|actions| actions.iter()) {
            let own = text(action, "category")?;
            let wanted = identifier.into_option().map_or(Ok(true), |wanted| {
                Ok::<_, anyhow::Error>(text(action, "identifier")? == wanted)
            })?;
            if own == category && wanted {
                found.push(action);
            }
            others.push(own);
        }
        match found[..] {
            [action] => Ok(action),
            [] => bail!("no action of category `{category}`; there are: {}", others.join(", ")),
            _ => bail!(
                "{} actions of category `{category}`; name one by its `identifier`",
                found.len()
            ),
        }
    }

    /// Both values are equal.
    fn equal<'v>(
        #[allow(unused_variables)] this: &TestValue,
        #[starlark(require = pos)] actual: Value<'v>,
        #[starlark(require = pos)] expected: Value<'v>,
        #[starlark(require = pos, default = "")] what: &str,
    ) -> anyhow::Result<NoneType> {
        if !actual.equals(expected).map_err(starlark::Error::into_anyhow)? {
            bail!(
                "{}expected {}, found {}",
                note(what),
                expected.to_repr(),
                actual.to_repr()
            );
        }
        Ok(NoneType)
    }

    /// A text contains another.
    fn contains<'v>(
        #[allow(unused_variables)] this: &TestValue,
        #[starlark(require = pos)] text: &str,
        #[starlark(require = pos)] part: &str,
    ) -> anyhow::Result<NoneType> {
        if !text.contains(part) {
            bail!("expected a text with {part:?} in it, found:\n{text}");
        }
        Ok(NoneType)
    }

    /// A condition holds.
    fn check<'v>(
        #[allow(unused_variables)] this: &TestValue,
        #[starlark(require = pos)] condition: Value<'v>,
        #[starlark(require = pos, default = "")] what: &str,
    ) -> anyhow::Result<NoneType> {
        if !condition.to_bool() {
            bail!("{}expected a true value, found {}", note(what), condition.to_repr());
        }
        Ok(NoneType)
    }
}

/// Puts the type `RuleTest` into the globals.
#[starlark_module]
#[starlark_types(TestValue as RuleTest)]
pub(crate) fn register(globals: &mut GlobalsBuilder) {}
