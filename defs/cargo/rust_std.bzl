"""`rust_std`: the standard library of Rust, built from source."""

load("//defs/source:providers.bzl", "BuildToolInfo")
load("//defs/source:zig_target.bzl", "ZigTargetInfo")

# A standard library for the configuration of the target that asks.
RustStdInfo = provider(fields = {
    # What `rustc --sysroot` takes, with what zig made of its C library beside.
    "directory": provider_field(Artifact),
    # The release of its source, which is that of the compiler.
    "release": provider_field(str),
    "target": provider_field(str),
    # zig, and its name of the target, as the driver takes them.
    "zig": provider_field(cmd_args),
})

def _rust_std_impl(ctx: AnalysisContext) -> list[Provider]:
    zig = ctx.attrs.zig[BuildToolInfo]
    [folder] = zig.bins
    linker = cmd_args(
        cmd_args("--zig", zig.tree.project(folder + "/zig")),
        cmd_args("--zig-target", ctx.attrs.zig_target[ZigTargetInfo].triple),
        cmd_args("--std-release", ctx.attrs.release),
        hidden = zig.tree,
    )
    out = ctx.actions.declare_output("std", dir = True)
    ctx.actions.run(
        cmd_args(
            ctx.attrs.driver[RunInfo],
            "std",
            cmd_args("--out", out.as_output()),
            cmd_args("--source", ctx.attrs.source),
            cmd_args("--identity", ctx.attrs.identity[DefaultInfo].default_outputs[0]),
            cmd_args("--target", ctx.attrs.target),
            linker,
            [["--profile-setting", "{}={}".format(name, value)] for name, value in ctx.attrs.profile.items()],
            [["--std-feature", feature] for feature in ctx.attrs.features],
            [["--rustflag", flag] for flag in ctx.attrs.rustflags],
        ),
        category = "rust_std",
        local_only = True,
        weight = 2,
    )
    return [
        DefaultInfo(default_output = out),
        RustStdInfo(directory = out, release = ctx.attrs.release, target = ctx.attrs.target, zig = linker),
    ]

rust_std = rule(
    doc = """The standard library, compiled from the source of exactly the compiler's release, once for a target and its settings;
    zig is the linker. A compiler of another release is refused.

    ```python
    rust_std(
        name = "std",
        driver = "//defs/cargo:driver",
        identity = "//defs/cargo:identity",
        release = "1.95.0",
        source = ":library",
        target = rust_triple(),
        zig = "//toolchains/pinned:zig",
        zig_target = ":target",
    )
    ```
    """,
    impl = _rust_std_impl,
    attrs = {
        "driver": attrs.exec_dep(providers = [RunInfo], doc = "A `rust_driver`."),
        "features": attrs.list(attrs.string(), default = [], doc = "Features of the library in place of its own, such as `optimize_for_size`."),
        "identity": attrs.exec_dep(doc = "A `rust_identity`."),
        "profile": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Settings of the profile that it is compiled with, such as `{\"opt-level\": \"s\"}`."),
        "release": attrs.string(doc = "The release of the source, such as `1.95.0`."),
        "rustflags": attrs.list(attrs.string(), default = [], doc = "Further flags of the compiler, for the library and for all programs that it is linked into."),
        "source": attrs.source(allow_directory = True, doc = "The folder `library` of Rust's source, with its crates in `vendor`."),
        "target": attrs.string(doc = "Target triple, by `select`."),
        "zig": attrs.exec_dep(providers = [BuildToolInfo], doc = "zig, unpacked."),
        "zig_target": attrs.dep(providers = [ZigTargetInfo], doc = "zig's name of the target."),
    },
)
