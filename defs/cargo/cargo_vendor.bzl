"""`cargo_vendor`: the crates of a `Cargo.lock`, fetched by cargo itself."""

load("//defs/platforms:needs_network.bzl", "needs_network_attr")
load(":providers.bzl", "CargoCratesInfo")
load(":workspace.bzl", "cargo_workspace", "workspace_attrs")

def _cargo_vendor_impl(ctx: AnalysisContext) -> list[Provider]:
    crates = ctx.actions.declare_output("crates", dir = True)
    ctx.actions.run(
        cmd_args(
            ctx.attrs._driver[RunInfo],
            "vendor",
            cmd_args("--out", crates.as_output()),
            cmd_args("--workspace", cargo_workspace(ctx)),
        ),
        category = "fetch_crates",
        local_only = True,
    )
    return [DefaultInfo(default_output = crates), CargoCratesInfo(directory = crates)]

cargo_vendor = rule(
    doc = """Fetches every crate that `Cargo.lock` names, through cargo's own client and configuration, into one
    directory. The lock pins each by checksum; a git dependency, which has none, is refused. Sources of the workspace
    are no input: editing them fetches nothing.

    ```python
    cargo_vendor(name = "crates", srcs = glob(["**/Cargo.toml", "Cargo.lock"]))
    ```
    """,
    impl = _cargo_vendor_impl,
    attrs = workspace_attrs() | {
        "_driver": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//defs/cargo:driver")),
        "_network": needs_network_attr(),
    },
)
