"""Rust for targets that the machine's toolchain knows, but has no standard library for."""

load("//defs/source:providers.bzl", "BuildToolInfo")
load(":cargo_build.bzl", "build_tool_args")
load(":providers.bzl", "RustToolchainInfo")
load(":rust_std.bzl", "RustStdInfo")

def _source_rust_toolchain_impl(ctx: AnalysisContext) -> list[Provider]:
    libraries = {profile: dep[RustStdInfo] for profile, dep in ctx.attrs.profiles.items()}
    libraries[""] = ctx.attrs.std[RustStdInfo]
    for profile, library in libraries.items():
        if library.target != libraries[""].target or library.release != libraries[""].release:
            fail("`profiles` has for {} a standard library of {} for {}, but `std` is of {} for {}; expected the same release and target".format(
                repr(profile),
                library.release,
                library.target,
                libraries[""].release,
                libraries[""].target,
            ))
    return [
        DefaultInfo(),
        RustToolchainInfo(
            driver = ctx.attrs.driver[RunInfo],
            expected = ctx.attrs.version,
            identity = ctx.attrs.identity[DefaultInfo].default_outputs[0],
            standard_libraries = {profile: library.directory for profile, library in libraries.items()},
            summary = ctx.attrs.identity[DefaultInfo].sub_targets["summary"][DefaultInfo].default_outputs[0],
            target = libraries[""].target,
            tools = cmd_args([build_tool_args(tool) for tool in ctx.attrs.build_tools]),
            zig = libraries[""].zig,
        ),
    ]

source_rust_toolchain = rule(
    doc = """The compiler on PATH with a standard library that was built from source, and zig as C compiler and linker: programs for
    every target, and nothing of the machine's C toolchain in them.""",
    impl = _source_rust_toolchain_impl,
    attrs = {
        "build_tools": attrs.list(attrs.exec_dep(providers = [BuildToolInfo]), default = [], doc = "What build scripts of crates may start: a shell, and what its scripts expect."),
        "driver": attrs.exec_dep(providers = [RunInfo], doc = "A `rust_driver`."),
        "identity": attrs.exec_dep(doc = "A `rust_identity`."),
        "profiles": attrs.dict(attrs.string(), attrs.dep(providers = [RustStdInfo]), default = {}, doc = "Other standard libraries for some cargo profiles, by the profile's name."),
        "std": attrs.dep(providers = [RustStdInfo], doc = "The standard library."),
        "version": attrs.option(attrs.string(), default = None, doc = "The release that `rustc` must have, such as `1.95.0`."),
    },
    is_toolchain_rule = True,
)

def _rust_toolchain_impl(ctx: AnalysisContext) -> list[Provider]:
    return ctx.attrs.actual.providers

rust_toolchain = rule(
    doc = """Another name for a Rust toolchain, so that a `select` may choose one.

    ```python
    rust_toolchain(name = "rust", actual = select({"prelude//abi:musl": ":rust-from-source", "DEFAULT": ":rust-installed"}))
    ```
    """,
    impl = _rust_toolchain_impl,
    attrs = {"actual": attrs.toolchain_dep(providers = [RustToolchainInfo], doc = "The toolchain.")},
    is_toolchain_rule = True,
)
