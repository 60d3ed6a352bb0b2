"""`none`: a condition that no configuration satisfies."""

def _none_impl(ctx: AnalysisContext) -> list[Provider]:
    # No platform can set this value: nothing else names it.
    setting = ConstraintSettingInfo(label = ctx.label.raw_target())
    value = ConstraintValueInfo(setting = setting, label = ctx.label.raw_target())
    return [DefaultInfo(), ConfigurationInfo(constraints = {setting.label: value}, values = {})]

none = rule(
    doc = "A condition that never holds.",
    impl = _none_impl,
    attrs = {},
    is_configuration_rule = True,
)
