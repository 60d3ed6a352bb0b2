"""The Rust toolchain of the machine: the one exception to "no rule reads the host".

It is found through `PATH` and `HOME`, says who it is (`rust_identity`), and is a `local_only` affair throughout.
"""

load(":providers.bzl", "RustToolchainInfo")

def _rust_driver_impl(ctx: AnalysisContext) -> list[Provider]:
    driver = ctx.actions.declare_output("cargo_driver")
    ctx.actions.run(
        cmd_args(
            "rustc",
            "--edition=2024",
            "--crate-name=cargo_driver",
            ["-Copt-level=1", "-Cstrip=symbols"],
            "-o",
            driver.as_output(),
            ctx.attrs.src,
            hidden = ctx.attrs.modules,
        ),
        category = "rust_driver",
        local_only = True,
    )
    return [DefaultInfo(default_output = driver), RunInfo(args = cmd_args(driver))]

rust_driver = rule(
    doc = "The wrapper that prepares and starts cargo, compiled by the `rustc` on PATH from files that need no crate.",
    impl = _rust_driver_impl,
    attrs = {
        "modules": attrs.list(attrs.source(), default = [], doc = "Further files, beside `src`."),
        "src": attrs.source(doc = "The file with `main`."),
    },
)

def _rust_identity_impl(ctx: AnalysisContext) -> list[Provider]:
    identity = ctx.actions.declare_output("rustc-version.txt")
    summary = ctx.actions.declare_output("rustc-summary.txt")
    ctx.actions.run(
        cmd_args(ctx.attrs.driver[RunInfo], "identity", identity.as_output(), summary.as_output()),
        category = "rust_identity",
        local_only = True,
    )
    return [DefaultInfo(
        default_output = identity,
        sub_targets = {"summary": [DefaultInfo(default_output = summary)]},
    )]

rust_identity = rule(
    doc = "What `rustc -vV` says of the compiler on PATH, as a file.",
    impl = _rust_identity_impl,
    attrs = {"driver": attrs.exec_dep(providers = [RunInfo], doc = "A `rust_driver`.")},
)

def _host_rust_toolchain_impl(ctx: AnalysisContext) -> list[Provider]:
    return [
        DefaultInfo(),
        RustToolchainInfo(
            driver = ctx.attrs.driver[RunInfo],
            expected = ctx.attrs.version,
            identity = ctx.attrs.identity[DefaultInfo].default_outputs[0],
            summary = ctx.attrs.identity[DefaultInfo].sub_targets["summary"][DefaultInfo].default_outputs[0],
            target = ctx.attrs.target,
        ),
    ]

host_rust_toolchain = rule(
    doc = """The Rust toolchain on PATH. `version` refuses another release; without it any will do, and what
    `rustc -vV` says is an input of everything that it compiles.""",
    impl = _host_rust_toolchain_impl,
    attrs = {
        "driver": attrs.exec_dep(providers = [RunInfo], doc = "A `rust_driver`."),
        "identity": attrs.exec_dep(doc = "A `rust_identity`."),
        "target": attrs.string(doc = "Target triple, by `select`."),
        "version": attrs.option(attrs.string(), default = None, doc = "The release that `rustc` must have, such as `1.95.0`."),
    },
    is_toolchain_rule = True,
)
