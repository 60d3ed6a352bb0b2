"""`exec_platforms`: where actions run, without a network first."""

load("@prelude//cfg/exec_platform:marker.bzl", "get_exec_platform_marker")

def _platform(
        ctx: AnalysisContext,
        label: TargetLabel,
        network: Dependency,
        **executor) -> ExecutionPlatformInfo:
    base = ctx.attrs.platform[PlatformInfo].configuration
    constraints = dict(base.constraints)
    constraints.update(network[ConfigurationInfo].constraints)
    return ExecutionPlatformInfo(
        label = label,
        configuration = ConfigurationInfo(constraints = constraints, values = base.values),
        executor_config = CommandExecutorConfig(
            local_enabled = True,
            remote_enabled = False,
            **executor
        ),
    )

def _exec_platforms_impl(ctx: AnalysisContext) -> list[Provider]:
    # The two labels differ only so that `audit execution-platform-resolution` can tell them apart.
    offline = _platform(ctx, ctx.label.raw_target(), ctx.attrs.network_none, network_access = "none")
    online = _platform(ctx, ctx.attrs.network_full.label.raw_target(), ctx.attrs.network_full)
    return [
        DefaultInfo(),
        ExecutionPlatformRegistrationInfo(
            platforms = [offline, online],
            exec_marker_constraint = get_exec_platform_marker(),
        ),
    ]

exec_platforms = rule(
    doc = "Two execution platforms on this machine: one without a network, taken whenever it will do, and one with.",
    impl = _exec_platforms_impl,
    attrs = {
        "network_full": attrs.dep(providers = [ConfigurationInfo], doc = "Constraint value of the platform that has a network."),
        "network_none": attrs.dep(providers = [ConfigurationInfo], doc = "Constraint value of the platform that has none."),
        "platform": attrs.dep(providers = [PlatformInfo], doc = "What both platforms have in common."),
    },
    is_configuration_rule = True,
)
