"""`execution_platform`: this machine as an execution platform."""

load("//cfg/exec_platform:marker.bzl", "get_exec_platform_marker")

def _execution_platform_impl(ctx: AnalysisContext) -> list[Provider]:
    constraints = {}
    for dep in [ctx.attrs.cpu_configuration, ctx.attrs.os_configuration]:
        constraints.update(dep[ConfigurationInfo].constraints)
    configuration = ConfigurationInfo(constraints = constraints, values = {})
    label = ctx.label.raw_target()
    platform = ExecutionPlatformInfo(
        label = label,
        configuration = configuration,
        executor_config = CommandExecutorConfig(
            local_enabled = True,
            remote_enabled = False,
            use_windows_path_separators = ctx.attrs.use_windows_path_separators,
        ),
    )
    return [
        DefaultInfo(),
        platform,
        PlatformInfo(label = str(label), configuration = configuration),
        ExecutionPlatformRegistrationInfo(
            platforms = [platform],
            exec_marker_constraint = get_exec_platform_marker(),
        ),
    ]

execution_platform = rule(
    doc = "A platform that is also the one execution platform of the project.",
    impl = _execution_platform_impl,
    attrs = {
        "cpu_configuration": attrs.dep(providers = [ConfigurationInfo], doc = "The processor, such as `prelude//cpu:x86_64`."),
        "os_configuration": attrs.dep(providers = [ConfigurationInfo], doc = "The operating system, such as `prelude//os:linux`."),
        "use_windows_path_separators": attrs.bool(default = False, doc = "Whether commands see backslashes in paths."),
    },
    is_configuration_rule = True,
)

def _host_cpu() -> str:
    arch = host_info().arch
    if arch.is_aarch64:
        return "prelude//cpu:arm64"
    if arch.is_arm:
        return "prelude//cpu:arm32"
    if arch.is_i386:
        return "prelude//cpu:x86_32"
    if arch.is_riscv64:
        return "prelude//cpu:riscv64"
    return "prelude//cpu:x86_64"

def _host_os() -> str:
    os = host_info().os
    if os.is_macos:
        return "prelude//os:macos"
    if os.is_windows:
        return "prelude//os:windows"
    return "prelude//os:linux"

# The conditions of the machine that runs the build.
host_configuration = struct(cpu = _host_cpu(), os = _host_os())
