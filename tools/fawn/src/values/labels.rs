//! Labels as values.

use crate::label::{Configuration, ConfiguredProviders, ConfiguredTarget, PackageLabel, ProvidersLabel, TargetLabel};
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::StarlarkHasher;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::{Heap, StarlarkPagablePanic, StarlarkValue, Value, ValueError, starlark_value};
use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

macro_rules! label_value {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $ty:literal, $methods:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, ProvidesStaticType, Allocative, StarlarkPagablePanic)]
        pub(crate) struct $name(#[allocative(skip)] pub(crate) $inner);

        starlark_simple_value!($name);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        #[starlark_value(type = $ty)]
        impl<'v> StarlarkValue<'v> for $name {
            fn get_methods() -> Option<&'static Methods> {
                starlark::methods_static!(METHODS = $methods);
                Some(METHODS.methods())
            }

            fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
                Ok($name::from_value(other).is_some_and(|other| self.0 == other.0))
            }

            fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
                match $name::from_value(other) {
                    Some(other) => Ok(self.0.cmp(&other.0)),
                    None => ValueError::unsupported_with(self, "compare", other),
                }
            }

            fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
                self.0.hash(hasher);
                Ok(())
            }
        }
    };
}

label_value!(
    /// `TargetLabel`: a target without configuration.
    TargetLabelValue, TargetLabel, "TargetLabel", target_methods
);
label_value!(
    /// `ProvidersLabel`: a target or sub-target without configuration.
    ProvidersLabelValue, ProvidersLabel, "ProvidersLabel", providers_methods
);
label_value!(
    /// `Label`: a configured target or sub-target.
    LabelValue, ConfiguredProviders, "Label", label_methods
);
label_value!(
    /// `ConfiguredTargetLabel`.
    ConfiguredTargetValue, ConfiguredTarget, "ConfiguredTargetLabel", configured_methods
);
label_value!(
    /// A configuration, with name and hash.
    ConfigurationValue, Configuration, "Configuration", configuration_methods
);
label_value!(
    /// A folder: of a package, of a cell, or of the project. Printed as Buck2 prints it.
    PathValue, PathLabel, "CellPath", path_methods
);

/// A folder of the project.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PathLabel {
    /// How it is printed.
    pub(crate) text: Arc<str>,
    /// The cell that `path` is relative to; without one, the project root.
    pub(crate) cell: Option<Arc<str>>,
    /// Where it is.
    pub(crate) path: Arc<str>,
}

impl fmt::Display for PathLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Any of the label values as a label without configuration.
pub(crate) fn as_providers_label(value: Value<'_>) -> Option<ProvidersLabel> {
    if let Some(label) = TargetLabelValue::from_value(value) {
        return Some(ProvidersLabel::plain(label.0.clone()));
    }
    if let Some(label) = ProvidersLabelValue::from_value(value) {
        return Some(label.0.clone());
    }
    let label = LabelValue::from_value(value)?;
    Some(unconfigured(&label.0))
}

fn unconfigured(label: &ConfiguredProviders) -> ProvidersLabel {
    ProvidersLabel {
        target: label.target.target.clone(),
        sub: label.sub.clone(),
    }
}

fn names<'v>(sub: &[Arc<str>], heap: Heap<'v>) -> Value<'v> {
    match sub {
        [] => Value::new_none(),
        sub => heap.alloc(starlark::values::list::AllocList(
            sub.iter().map(|name| name.to_string()),
        )),
    }
}

fn package_path(package: &PackageLabel) -> PathValue {
    PathValue(PathLabel {
        text: package.to_string().into(),
        cell: Some(package.cell.clone()),
        path: package.path.clone(),
    })
}

fn root_of_cell(package: &PackageLabel) -> PathValue {
    PathValue(PathLabel {
        text: format!("{}//", package.cell).into(),
        cell: Some(package.cell.clone()),
        path: "".into(),
    })
}

#[starlark_module]
fn target_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn package(this: &TargetLabelValue) -> starlark::Result<String> {
        let label = &this.0;
        Ok(label.package.path.to_string())
    }

    #[starlark(attribute)]
    fn name(this: &TargetLabelValue) -> starlark::Result<String> {
        let label = &this.0;
        Ok(label.name.to_string())
    }

    #[starlark(attribute)]
    fn cell(this: &TargetLabelValue) -> starlark::Result<String> {
        let label = &this.0;
        Ok(label.package.cell.to_string())
    }

    #[starlark(attribute)]
    fn path(this: &TargetLabelValue) -> starlark::Result<PathValue> {
        let label = &this.0;
        Ok(package_path(&label.package))
    }

    fn with_sub_target<'v>(
        this: &TargetLabelValue,
        #[starlark(default = starlark::values::list::UnpackList::default())]
        subtarget_name: starlark::values::list::UnpackList<String>,
    ) -> starlark::Result<ProvidersLabelValue> {
        let label = this.0.clone();
        Ok(ProvidersLabelValue(ProvidersLabel {
            target: label,
            sub: subtarget_name.items.into_iter().map(Arc::from).collect(),
        }))
    }

    fn raw_target(this: &TargetLabelValue) -> starlark::Result<TargetLabelValue> {
        let label = this.clone();
        Ok(label)
    }
}

#[starlark_module]
fn providers_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn package(this: &ProvidersLabelValue) -> starlark::Result<String> {
        let label = &this.0.target;
        Ok(label.package.path.to_string())
    }

    #[starlark(attribute)]
    fn name(this: &ProvidersLabelValue) -> starlark::Result<String> {
        let label = &this.0.target;
        Ok(label.name.to_string())
    }

    #[starlark(attribute)]
    fn cell(this: &ProvidersLabelValue) -> starlark::Result<String> {
        let label = &this.0.target;
        Ok(label.package.cell.to_string())
    }

    #[starlark(attribute)]
    fn path(this: &ProvidersLabelValue) -> starlark::Result<PathValue> {
        let label = &this.0.target;
        Ok(package_path(&label.package))
    }

    #[starlark(attribute)]
    fn sub_target<'v>(this: &ProvidersLabelValue, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let label = &this.0;
        Ok(names(&label.sub, heap))
    }

    fn raw_target(this: &ProvidersLabelValue) -> starlark::Result<TargetLabelValue> {
        let label = this.0.target.clone();
        Ok(TargetLabelValue(label))
    }
}

#[starlark_module]
fn label_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn package(this: &LabelValue) -> starlark::Result<String> {
        let label = &this.0.target.target;
        Ok(label.package.path.to_string())
    }

    #[starlark(attribute)]
    fn name(this: &LabelValue) -> starlark::Result<String> {
        let label = &this.0.target.target;
        Ok(label.name.to_string())
    }

    #[starlark(attribute)]
    fn cell(this: &LabelValue) -> starlark::Result<String> {
        let label = &this.0.target.target;
        Ok(label.package.cell.to_string())
    }

    #[starlark(attribute)]
    fn path(this: &LabelValue) -> starlark::Result<PathValue> {
        let label = &this.0.target.target;
        Ok(package_path(&label.package))
    }

    #[starlark(attribute)]
    fn cell_root(this: &LabelValue) -> starlark::Result<PathValue> {
        let label = &this.0.target.target;
        Ok(root_of_cell(&label.package))
    }

    #[starlark(attribute)]
    fn project_root(this: &LabelValue) -> starlark::Result<PathValue> {
        let _ = this;
        Ok(PathValue(PathLabel {
            text: "".into(),
            cell: None,
            path: "".into(),
        }))
    }

    #[starlark(attribute)]
    fn sub_target<'v>(this: &LabelValue, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let label = &this.0;
        Ok(names(&label.sub, heap))
    }

    fn raw_target(this: &LabelValue) -> starlark::Result<TargetLabelValue> {
        let label = this.0.target.target.clone();
        Ok(TargetLabelValue(label))
    }

    fn configured_target(this: &LabelValue) -> starlark::Result<ConfiguredTargetValue> {
        let label = this.0.target.clone();
        Ok(ConfiguredTargetValue(label))
    }
}

#[starlark_module]
fn configured_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn package(this: &ConfiguredTargetValue) -> starlark::Result<String> {
        let label = &this.0.target;
        Ok(label.package.path.to_string())
    }

    #[starlark(attribute)]
    fn name(this: &ConfiguredTargetValue) -> starlark::Result<String> {
        let label = &this.0.target;
        Ok(label.name.to_string())
    }

    #[starlark(attribute)]
    fn cell(this: &ConfiguredTargetValue) -> starlark::Result<String> {
        let label = &this.0.target;
        Ok(label.package.cell.to_string())
    }

    #[starlark(attribute)]
    fn path(this: &ConfiguredTargetValue) -> starlark::Result<PathValue> {
        let label = &this.0.target;
        Ok(package_path(&label.package))
    }

    fn raw_target(this: &ConfiguredTargetValue) -> starlark::Result<TargetLabelValue> {
        let label = this.0.target.clone();
        Ok(TargetLabelValue(label))
    }

    fn config(this: &ConfiguredTargetValue) -> starlark::Result<ConfigurationValue> {
        let configuration = this.0.cfg.clone();
        Ok(ConfigurationValue(configuration))
    }
}

#[starlark_module]
fn configuration_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn name(this: &ConfigurationValue) -> starlark::Result<String> {
        let configuration = &this.0;
        Ok(configuration.name().to_owned())
    }

    #[starlark(attribute)]
    fn hash(this: &ConfigurationValue) -> starlark::Result<String> {
        let configuration = &this.0;
        Ok(configuration.digest().to_owned())
    }
}

#[starlark_module]
fn path_methods(builder: &mut MethodsBuilder) {
    fn add(this: &PathValue, #[starlark(require = pos)] path: &str) -> starlark::Result<PathValue> {
        let slash = if this.0.text.ends_with("//") || this.0.text.is_empty() {
            ""
        } else {
            "/"
        };
        Ok(PathValue(PathLabel {
            text: format!("{}{slash}{path}", this.0.text).into(),
            cell: this.0.cell.clone(),
            path: crate::label::join(&this.0.path, path).into(),
        }))
    }
}
