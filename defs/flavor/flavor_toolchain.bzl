"""`flavor_toolchain`: what builds and verifies packages, and which launchers there are."""

load(":providers.bzl", "FlavorToolchainInfo", "LauncherInfo")

def _flavor_toolchain_impl(ctx: AnalysisContext) -> list[Provider]:
    return [
        DefaultInfo(),
        FlavorToolchainInfo(
            launcher = ctx.attrs.launchers[0][LauncherInfo] if ctx.attrs.launchers else None,
            psp = ctx.attrs.psp[RunInfo],
        ),
    ]

flavor_toolchain = rule(
    doc = """The builder and verifier, and the launchers to choose from when a package names none.

    ```python
    flavor_toolchain(
        name = "flavor",
        launchers = [":launcher"] + select({"prelude//os:linux": [":flavor-rs"], "DEFAULT": []}),
        psp = "//tools:psp",
    )
    ```
    """,
    impl = _flavor_toolchain_impl,
    attrs = {
        "launchers": attrs.list(attrs.dep(providers = [LauncherInfo]), default = [], doc = "Launchers for the target platform, best first: built in the graph, then prebuilt. `select` by platform."),
        "psp": attrs.exec_dep(providers = [RunInfo], doc = "The program `psp`."),
    },
    is_toolchain_rule = True,
)
