"""`flavor_launcher` and `prebuilt_launcher`: the program at the head of a package."""

load(":providers.bzl", "LauncherInfo")

def flavor_platform() -> Select:
    """FlavorPack's name of the target platform, for an attribute's value."""
    return select({
        "prelude//os:linux": _cpu("linux"),
        "prelude//os:macos": _cpu("darwin"),
        "prelude//os:windows": _cpu("windows"),
    })

def _cpu(os: str) -> Select:
    return select({
        "prelude//cpu:arm64": os + "_arm64",
        "prelude//cpu:x86_64": os + "_amd64",
    })

def _launcher_providers(launcher: Artifact, origin: str, platform: str) -> list[Provider]:
    return [
        DefaultInfo(default_output = launcher),
        LauncherInfo(launcher = launcher, origin = origin, platform = platform),
    ]

def _flavor_launcher_impl(ctx: AnalysisContext) -> list[Provider]:
    [program] = ctx.attrs.program[DefaultInfo].default_outputs
    return _launcher_providers(program, ctx.attrs.origin, ctx.attrs.platform)

flavor_launcher = rule(
    doc = "A launcher built in the graph, for the platform of the package.",
    impl = _flavor_launcher_impl,
    attrs = {
        "origin": attrs.string(default = "buckpack", doc = "Who made it, for people."),
        "platform": attrs.string(doc = "Platform it is built for: `flavor_platform()`."),
        "program": attrs.dep(providers = [RunInfo], doc = "The launcher's program."),
    },
)

def _prebuilt_launcher_impl(ctx: AnalysisContext) -> list[Provider]:
    return _launcher_providers(ctx.attrs.src, ctx.attrs.origin, ctx.attrs.platform)

prebuilt_launcher = rule(
    doc = """A launcher that exists already, such as FlavorPack's Rust or Go one.

    ```python
    prebuilt_launcher(name = "flavor-rs", src = "flavor-rs-launcher-linux_amd64", platform = "linux_amd64", origin = "flavor-rs")
    ```
    """,
    impl = _prebuilt_launcher_impl,
    attrs = {
        "origin": attrs.string(default = "prebuilt", doc = "Who made it, for people."),
        "platform": attrs.string(doc = "Platform it runs on, such as `linux_amd64`; `any` for a script."),
        "src": attrs.source(doc = "The program."),
    },
)
