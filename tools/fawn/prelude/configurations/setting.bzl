"""`config_setting`, `platform` and `configuration_alias`: sums of constraint values."""

def _union(parts: list[ConfigurationInfo]) -> ConfigurationInfo:
    """Later parts win, as a platform overrides what it is based on."""
    constraints = {}
    values = {}
    for part in parts:
        constraints.update(part.constraints)
        values.update(part.values)
    return ConfigurationInfo(constraints = constraints, values = values)

def _config_setting_impl(ctx: AnalysisContext) -> list[Provider]:
    named = ConfigurationInfo(constraints = {}, values = ctx.attrs.values)
    return [DefaultInfo(), _union([value[ConfigurationInfo] for value in ctx.attrs.constraint_values] + [named])]

config_setting = rule(
    doc = "A key for `select`: matches where all of its constraint values and settings hold.",
    impl = _config_setting_impl,
    attrs = {
        "constraint_values": attrs.list(attrs.dep(providers = [ConstraintValueInfo]), default = [], doc = "Constraint values."),
        "values": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Settings of `.buckconfig`, `section.key`."),
    },
    is_configuration_rule = True,
)

def _platform_impl(ctx: AnalysisContext) -> list[Provider]:
    bases = [dep[PlatformInfo].configuration for dep in ctx.attrs.deps]
    own = [value[ConfigurationInfo] for value in ctx.attrs.constraint_values]
    return [DefaultInfo(), PlatformInfo(label = str(ctx.label.raw_target()), configuration = _union(bases + own))]

platform = rule(
    doc = "A platform: other platforms (`deps`) and constraint values, the later over the earlier.",
    impl = _platform_impl,
    attrs = {
        "constraint_values": attrs.list(attrs.dep(providers = [ConstraintValueInfo]), default = [], doc = "Constraint values."),
        "deps": attrs.list(attrs.dep(providers = [PlatformInfo]), default = [], doc = "Platforms it is based on."),
    },
    is_configuration_rule = True,
)

def _configuration_alias_impl(ctx: AnalysisContext) -> list[Provider]:
    return ctx.attrs.actual.providers

configuration_alias = rule(
    doc = "Another name of a constraint value, setting or platform.",
    impl = _configuration_alias_impl,
    attrs = {"actual": attrs.dep(doc = "What it stands for.")},
    is_configuration_rule = True,
)
