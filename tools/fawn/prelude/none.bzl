"""`none_rule`: a configuration that no platform satisfies."""

def _none_impl(ctx: AnalysisContext) -> list[Provider]:
    label = ctx.label.raw_target()
    value = ConstraintValueInfo(setting = ConstraintSettingInfo(label = label), label = label)
    return [DefaultInfo(), ConfigurationInfo(constraints = {label: value}, values = {})]

none_rule = rule(
    doc = "Stands in `target_compatible_with` where a target cannot be built, and elsewhere for nothing.",
    impl = _none_impl,
    attrs = {},
    is_configuration_rule = True,
)
