"""`platform`, `config_setting` and `configuration_alias`."""

def _union(configurations: list[ConfigurationInfo]) -> ConfigurationInfo:
    constraints, values = {}, {}
    for configuration in configurations:
        constraints.update(configuration.constraints)
        values.update(configuration.values)
    return ConfigurationInfo(constraints = constraints, values = values)

def _configuration(constraint_values: list[Dependency]) -> ConfigurationInfo:
    values = [dep[ConstraintValueInfo] for dep in constraint_values]
    return ConfigurationInfo(constraints = {value.setting.label: value for value in values}, values = {})

def _platform_impl(ctx: AnalysisContext) -> list[Provider]:
    bases = [dep[PlatformInfo].configuration for dep in ctx.attrs.deps]
    return [
        DefaultInfo(),
        PlatformInfo(
            label = str(ctx.label.raw_target()),
            configuration = _union(bases + [_configuration(ctx.attrs.constraint_values)]),
        ),
    ]

platform = rule(
    doc = """A set of constraint values; later ones win over earlier ones and over those of `deps`.

    ```python
    platform(name = "linux", constraint_values = ["prelude//os/constraints:linux"])
    ```
    """,
    impl = _platform_impl,
    attrs = {
        "constraint_values": attrs.list(attrs.dep(providers = [ConstraintValueInfo]), default = [], doc = "The values."),
        "deps": attrs.list(attrs.dep(providers = [PlatformInfo]), default = [], doc = "Platforms to start from."),
    },
    is_configuration_rule = True,
)

def _config_setting_impl(ctx: AnalysisContext) -> list[Provider]:
    values = ConfigurationInfo(constraints = {}, values = ctx.attrs.values)
    return [DefaultInfo(), _union([_configuration(ctx.attrs.constraint_values), values])]

config_setting = rule(
    doc = "A condition: all of these constraint values and settings at once. For the keys of `select`.",
    impl = _config_setting_impl,
    attrs = {
        "constraint_values": attrs.list(attrs.dep(providers = [ConstraintValueInfo]), default = [], doc = "The constraint values."),
        "values": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Configuration settings, `section.key` to value."),
    },
    is_configuration_rule = True,
)

def _configuration_alias_impl(ctx: AnalysisContext) -> list[Provider]:
    return ctx.attrs.actual.providers

configuration_alias = rule(
    doc = "Another name for a configuration rule, or for a value of a constraint.",
    impl = _configuration_alias_impl,
    attrs = {"actual": attrs.dep(doc = "What is meant.")},
    is_configuration_rule = True,
)
