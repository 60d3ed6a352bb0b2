"""`to_platform`: the transition to a platform by its name."""

load("@prelude//cfg/modifier:name.bzl", "cfg_name")

def _to_platform_impl(ctx: AnalysisContext) -> list[Provider]:
    overlay = ctx.attrs.platform[PlatformInfo].configuration.constraints

    def apply(platform: PlatformInfo) -> PlatformInfo:
        constraints = dict(platform.configuration.constraints)
        constraints.update(overlay)
        configuration = ConfigurationInfo(constraints = constraints, values = platform.configuration.values)

        # The name that a modifier would give: then both have one set of outputs.
        return PlatformInfo(label = cfg_name(configuration), configuration = configuration)

    return [DefaultInfo(), TransitionInfo(impl = apply)]

to_platform = rule(
    doc = "A transition that says what a platform says and leaves everything else as it is, as the modifier of its name does.",
    impl = _to_platform_impl,
    attrs = {"platform": attrs.dep(providers = [PlatformInfo], doc = "The platform.")},
    is_configuration_rule = True,
)
