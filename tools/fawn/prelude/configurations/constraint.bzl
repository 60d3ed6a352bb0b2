"""`constraint`: a question about a platform with a closed list of answers."""

def _value_providers(setting: ConstraintSettingInfo, label: TargetLabel | ProvidersLabel) -> list[Provider]:
    value = ConstraintValueInfo(setting = setting, label = label)
    return [
        DefaultInfo(),
        value,
        # A value alone is a configuration too: it may stand as a key of a `select`.
        ConfigurationInfo(constraints = {setting.label: value}, values = {}),
    ]

def _check_values(values: list[str], default: str, least: int) -> None:
    if len(values) < least:
        fail("`values` needs at least {} entries, got {}; one answer is no choice".format(least, values))
    seen = {}
    for value in values:
        if value == "DEFAULT":
            fail("`values` may not hold \"DEFAULT\": `select` uses the word")
        if value in seen:
            fail("`values` holds {} twice".format(repr(value)))
        seen[value] = None
    if "default" in values and default != "default":
        fail("`values` may hold \"default\" only if that is the default: `[default]` names the default value")
    if default not in values:
        fail("`default` must be one of {}, got {}".format(values, repr(default)))

def _constraint_impl(ctx: AnalysisContext) -> list[Provider]:
    _check_values(ctx.attrs.values, ctx.attrs.default, 1 if ctx.attrs.allow_trivial_constraint else 2)
    label = ctx.label.raw_target()
    setting = ConstraintSettingInfo(label = label, default = label.with_sub_target(ctx.attrs.default))
    sub_targets = {value: _value_providers(setting, label.with_sub_target(value)) for value in ctx.attrs.values}
    sub_targets["default"] = sub_targets[ctx.attrs.default]
    for alias, value in ctx.attrs.aliases.items():
        if alias in sub_targets:
            fail("`aliases` may not redefine {}".format(repr(alias)))
        if value not in ctx.attrs.values:
            fail("`aliases` points {} to {}, which is none of {}".format(repr(alias), repr(value), ctx.attrs.values))
        sub_targets[alias] = sub_targets[value]
    return [DefaultInfo(sub_targets = sub_targets), setting]

constraint = rule(
    doc = "A setting and all its values, which are sub-targets: `:name[value]`.",
    impl = _constraint_impl,
    attrs = {
        "aliases": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Further names of values."),
        "allow_trivial_constraint": attrs.bool(default = False, doc = "Accept a single value."),
        "default": attrs.string(doc = "The value of a platform that says nothing."),
        "execution_modifier": attrs.bool(default = False, doc = "Whether a modifier with this value also reaches execution platforms."),
        "values": attrs.list(attrs.string(), doc = "The answers."),
    },
    is_configuration_rule = True,
)

def _constraint_setting_impl(ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(), ConstraintSettingInfo(label = ctx.label.raw_target())]

constraint_setting = rule(
    doc = "A setting whose values are targets of their own.",
    impl = _constraint_setting_impl,
    attrs = {"execution_modifier": attrs.bool(default = False, doc = "Whether a modifier with a value of it also reaches execution platforms.")},
    is_configuration_rule = True,
)

def _constraint_value_impl(ctx: AnalysisContext) -> list[Provider]:
    return _value_providers(ctx.attrs.constraint_setting[ConstraintSettingInfo], ctx.label.raw_target())

constraint_value = rule(
    doc = "One value of a `constraint_setting`.",
    impl = _constraint_value_impl,
    attrs = {"constraint_setting": attrs.dep(providers = [ConstraintSettingInfo], doc = "The setting.")},
    is_configuration_rule = True,
)
