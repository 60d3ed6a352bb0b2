"""`constraint`: a setting together with its values."""

def _value_providers(setting: ConstraintSettingInfo, name: str) -> list[Provider]:
    value = ConstraintValueInfo(setting = setting, label = setting.label.with_sub_target([name]))
    return [
        DefaultInfo(),
        value,
        # So that a value can be the key of a `select`.
        ConfigurationInfo(constraints = {setting.label: value}, values = {}),
    ]

def _check(ctx: AnalysisContext) -> None:
    values = ctx.attrs.values
    least = 1 if ctx.attrs.allow_trivial_constraint else 2
    if len(values) < least:
        fail("`values` needs at least {} values, got {}".format(least, values))
    for value in values:
        if value == "DEFAULT" or (value == "default" and ctx.attrs.default != "default"):
            fail("`values` has {}, which `[default]` and \"DEFAULT\" would be confused with; rename it".format(repr(value)))
    if len(dedupe(values)) != len(values):
        fail("`values` has a value twice: {}".format(values))
    if ctx.attrs.default not in values:
        fail("`default` must be one of `values` {}, got {}".format(values, repr(ctx.attrs.default)))
    for alias, value in ctx.attrs.aliases.items():
        if alias in values or alias in ("default", "DEFAULT"):
            fail("`aliases` has {}, which means something else already; rename it".format(repr(alias)))
        if value not in values:
            fail("`aliases` maps {} to {}, which is not in `values` {}".format(repr(alias), repr(value), values))

def _constraint_impl(ctx: AnalysisContext) -> list[Provider]:
    _check(ctx)
    label = ctx.label.raw_target()
    setting = ConstraintSettingInfo(label = label, default = label.with_sub_target([ctx.attrs.default]))
    sub_targets = {name: _value_providers(setting, name) for name in ctx.attrs.values}
    sub_targets["default"] = sub_targets[ctx.attrs.default]
    sub_targets.update({alias: sub_targets[name] for alias, name in ctx.attrs.aliases.items()})
    return [DefaultInfo(sub_targets = sub_targets), setting]

_ATTRS = {
    "aliases": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Further names of values."),
    "allow_trivial_constraint": attrs.bool(default = False, doc = "Accept a single value."),
    "default": attrs.string(doc = "The value of a configuration that sets none."),
    "values": attrs.list(attrs.string(), doc = "The values, each a sub-target: `:os[linux]`."),
}

constraint = rule(
    doc = """A property of configurations with a closed set of values.

    ```python
    constraint(name = "mode", values = ["debug", "release"], default = "debug")
    ```
    """,
    impl = _constraint_impl,
    attrs = _ATTRS | {
        "execution_modifier": attrs.bool(default = False, doc = "Accepted for compatibility."),
    },
    is_configuration_rule = True,
)

exec_platform_marker_constraint = rule(
    doc = "The constraint that marks execution platforms.",
    impl = _constraint_impl,
    attrs = _ATTRS,
    is_configuration_rule = True,
)
