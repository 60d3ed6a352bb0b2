//! The providers of the engine.

use super::builtin_check as check;
use super::id::ProviderId;
use super::instance::{ProviderGen, Shape};
use super::ty::instance_type;
use allocative::Allocative;
use anyhow::Result;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::eval::{Arguments, Evaluator, ParametersSpec, ParametersSpecParam, param_specs};
use starlark::starlark_simple_value;
use starlark::typing::Ty;
use starlark::values::{FrozenValue, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::Arc;

/// Turns the arguments of a constructor, in order, into the fields.
type Build = for<'v> fn(&[Option<Value<'v>>], Heap<'v>) -> Result<Vec<Value<'v>>>;

/// The declaration of one provider.
pub(crate) struct Builtin {
    /// Its name.
    pub(crate) name: &'static str,
    /// Arguments of the constructor, in order; those before `named` may be given by position.
    parameters: &'static [(&'static str, Need)],
    positional: bool,
    /// Fields of an instance.
    fields: &'static [&'static str],
    build: Build,
}

#[derive(Clone, Copy, PartialEq)]
enum Need {
    Required,
    Optional,
}

use Need::{Optional, Required};

/// All of them.
pub(crate) static BUILTINS: &[Builtin] = &[
    Builtin {
        name: "DefaultInfo",
        parameters: &[
            ("default_output", Optional),
            ("default_outputs", Optional),
            ("other_outputs", Optional),
            ("sub_targets", Optional),
        ],
        positional: true,
        fields: &["default_outputs", "other_outputs", "sub_targets"],
        build: check::default_info,
    },
    Builtin {
        name: "RunInfo",
        parameters: &[("args", Optional)],
        positional: true,
        fields: &["args"],
        build: check::run_info,
    },
    Builtin {
        name: "ExternalRunnerTestInfo",
        parameters: &[
            ("type", Required),
            ("command", Optional),
            ("env", Optional),
            ("labels", Optional),
            ("contacts", Optional),
            ("use_project_relative_paths", Optional),
            ("run_from_project_root", Optional),
            ("default_executor", Optional),
            ("executor_overrides", Optional),
            ("supports_test_execution_caching", Optional),
        ],
        positional: false,
        fields: &[
            "test_type",
            "command",
            "env",
            "labels",
            "contacts",
            "use_project_relative_paths",
            "run_from_project_root",
            "default_executor",
            "executor_overrides",
            "supports_test_execution_caching",
        ],
        build: check::test_info,
    },
    Builtin {
        name: "ValidationInfo",
        parameters: &[("validations", Required)],
        positional: false,
        fields: &["validations"],
        build: check::validation_info,
    },
    Builtin {
        name: "ValidationSpec",
        parameters: &[
            ("name", Required),
            ("validation_result", Required),
            ("optional", Optional),
        ],
        positional: false,
        fields: &["name", "validation_result", "optional"],
        build: check::validation_spec,
    },
    Builtin {
        name: "TemplatePlaceholderInfo",
        parameters: &[("unkeyed_variables", Optional), ("keyed_variables", Optional)],
        positional: true,
        fields: &["unkeyed_variables", "keyed_variables"],
        build: check::template_placeholder_info,
    },
    Builtin {
        name: "ConfigurationInfo",
        parameters: &[("constraints", Required), ("values", Required)],
        positional: false,
        fields: &["constraints", "values"],
        build: check::configuration_info,
    },
    Builtin {
        name: "ConstraintSettingInfo",
        parameters: &[("label", Required), ("default", Optional)],
        positional: false,
        fields: &["label", "default"],
        build: check::constraint_setting_info,
    },
    Builtin {
        name: "ConstraintValueInfo",
        parameters: &[("setting", Required), ("label", Required)],
        positional: false,
        fields: &["setting", "label"],
        build: check::constraint_value_info,
    },
    Builtin {
        name: "PlatformInfo",
        parameters: &[("label", Required), ("configuration", Required)],
        positional: false,
        fields: &["label", "configuration"],
        build: check::platform_info,
    },
    Builtin {
        name: "TransitionInfo",
        parameters: &[("impl", Required)],
        positional: false,
        fields: &["impl"],
        build: check::transition_info,
    },
    Builtin {
        name: "ExecutionPlatformInfo",
        parameters: &[
            ("label", Required),
            ("configuration", Required),
            ("executor_config", Required),
        ],
        positional: false,
        fields: &["label", "configuration", "executor_config"],
        build: check::execution_platform_info,
    },
    Builtin {
        name: "ExecutionPlatformRegistrationInfo",
        parameters: &[
            ("platforms", Required),
            ("fallback", Optional),
            ("exec_marker_constraint", Optional),
        ],
        positional: false,
        fields: &["platforms", "fallback", "exec_marker_constraint"],
        build: check::registration_info,
    },
    // No provider in Buck2, but likewise a record with checked fields.
    Builtin {
        name: "CommandExecutorConfig",
        parameters: &[
            ("local_enabled", Required),
            ("remote_enabled", Required),
            ("remote_cache_enabled", Optional),
            ("allow_cache_uploads", Optional),
            ("remote_execution_properties", Optional),
            ("remote_execution_use_case", Optional),
            ("use_limited_hybrid", Optional),
            ("allow_limited_hybrid_fallbacks", Optional),
            ("allow_hybrid_fallbacks_on_failure", Optional),
            ("use_windows_path_separators", Optional),
            ("max_cache_upload_mebibytes", Optional),
            ("remote_output_paths", Optional),
            ("network_access", Optional),
        ],
        positional: false,
        fields: &["local_enabled", "remote_enabled", "network_access"],
        build: check::executor_config,
    },
];

/// The constructor of a provider of the engine, which is also its type and its key in collections.
#[derive(Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct BuiltinCallable {
    #[allocative(skip)]
    shape: Arc<Shape>,
    signature: ParametersSpec<FrozenValue>,
    ty: Ty,
    index: usize,
}

starlark_simple_value!(BuiltinCallable);

impl BuiltinCallable {
    fn new(index: usize, builtin: &'static Builtin) -> starlark::Result<Self> {
        let id = Arc::new(ProviderId::builtin(builtin.name));
        let parameters = || {
            builtin.parameters.iter().map(|(name, need)| {
                let kind = match need {
                    Required => ParametersSpecParam::Required,
                    Optional => ParametersSpecParam::Optional,
                };
                (*name, kind, Ty::any())
            })
        };
        let (positional, named) = if builtin.positional {
            (parameters().collect(), Vec::new())
        } else {
            (Vec::new(), parameters().collect())
        };
        let (signature, _) = param_specs(builtin.name, [], positional, None, named, None)?;
        Ok(Self {
            ty: instance_type(builtin.name, None)?,
            shape: Arc::new(Shape {
                id,
                definition: None,
                fields: builtin.fields.iter().map(|name| (*name).into()).collect(),
            }),
            signature,
            index,
        })
    }

    /// Its identity.
    pub(crate) fn id(&self) -> Arc<ProviderId> {
        self.shape.id.clone()
    }
}

impl fmt::Display for BuiltinCallable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shape.id.name)
    }
}

#[starlark_value(type = "ProviderCallable")]
impl<'v> StarlarkValue<'v> for BuiltinCallable {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let builtin = &BUILTINS[self.index];
        self.signature.parser(args, eval, |parser, eval| {
            let mut given = Vec::with_capacity(builtin.parameters.len());
            for (_, need) in builtin.parameters {
                given.push(match need {
                    Required => Some(parser.next()?),
                    // `None` always means "not given".
                    Optional => parser.next_opt()?.filter(|value: &Value<'v>| !value.is_none()),
                });
            }
            let values = (builtin.build)(&given, eval.heap())
                .map_err(|error| starlark::Error::new_other(error.context(format!("`{}`", builtin.name))))?;
            Ok(eval.heap().alloc(ProviderGen {
                values: values.into_boxed_slice(),
                shape: self.shape.clone(),
            }))
        })
    }

    fn eval_type(&self) -> Option<Ty> {
        Some(self.ty.clone())
    }
}

/// Puts the constructors into the globals.
pub(crate) fn register_builtins(globals: &mut GlobalsBuilder) {
    for (index, builtin) in BUILTINS.iter().enumerate() {
        let callable = BuiltinCallable::new(index, builtin);
        // The table is constant, so a failure would show in every test.
        globals.set(
            builtin.name,
            callable.unwrap_or_else(|error| unreachable!("{}: {error}", builtin.name)),
        );
    }
}
