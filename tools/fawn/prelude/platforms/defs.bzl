"""`execution_platform`: this machine, for projects that name no execution platform of their own."""

load("@prelude//cfg/exec_platform:marker.bzl", "get_exec_platform_marker")

def _execution_platform_impl(ctx: AnalysisContext) -> list[Provider]:
    constraints = dict(ctx.attrs.cpu_configuration[ConfigurationInfo].constraints)
    constraints.update(ctx.attrs.os_configuration[ConfigurationInfo].constraints)
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
        ExecutionPlatformRegistrationInfo(platforms = [platform], exec_marker_constraint = get_exec_platform_marker()),
    ]

execution_platform = rule(
    doc = "A platform that is built for and built on: the machine itself.",
    impl = _execution_platform_impl,
    attrs = {
        "cpu_configuration": attrs.dep(providers = [ConfigurationInfo], doc = "Its CPU."),
        "os_configuration": attrs.dep(providers = [ConfigurationInfo], doc = "Its operating system."),
        "use_windows_path_separators": attrs.bool(default = False, doc = "Whether commands want backslashes."),
    },
)

_HOST = host_info()

def _host_os() -> str:
    if _HOST.os.is_macos:
        return "macos"
    return "windows" if _HOST.os.is_windows else "linux"

host_configuration = struct(
    cpu = "prelude//cpu:" + ("arm64" if _HOST.arch.is_aarch64 else "x86_64"),
    os = "prelude//os:" + _host_os(),
)
