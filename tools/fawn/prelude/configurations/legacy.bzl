"""`constraint_setting` and `constraint_value`: the older spelling of `constraint`."""

def _constraint_setting_impl(ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(), ConstraintSettingInfo(label = ctx.label.raw_target())]

constraint_setting = rule(
    doc = "A property of configurations; its values are targets of their own.",
    impl = _constraint_setting_impl,
    attrs = {
        "execution_modifier": attrs.bool(default = False, doc = "Accepted for compatibility."),
    },
    is_configuration_rule = True,
)

def _constraint_value_impl(ctx: AnalysisContext) -> list[Provider]:
    value = ConstraintValueInfo(
        setting = ctx.attrs.constraint_setting[ConstraintSettingInfo],
        label = ctx.label.raw_target(),
    )
    return [
        DefaultInfo(),
        value,
        ConfigurationInfo(constraints = {value.setting.label: value}, values = {}),
    ]

constraint_value = rule(
    doc = "A value of a `constraint_setting`.",
    impl = _constraint_value_impl,
    attrs = {
        "constraint_setting": attrs.dep(providers = [ConstraintSettingInfo], doc = "The property."),
    },
    is_configuration_rule = True,
)
