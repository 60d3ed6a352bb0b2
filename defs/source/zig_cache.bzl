"""`zig_cache`: zig's C library, compiled once for all packages."""

load("//defs/binary:resolve.bzl", "declare_source_build")
load(":providers.bzl", "BuildToolInfo", "CToolchainInfo")
load(":source_build.bzl", "c_toolchain_attr", "source_attrs", "source_build")

def _zig_cache_impl(ctx: AnalysisContext) -> list[Provider]:
    recipe, build = source_build(
        ctx,
        # Into the output in place of the usual scratch.
        env = {name: "{out}" for name in ["ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"]},
        phases = [
            ["compile", wrapper, "-O2", "-o", "/build/tmp/program", ctx.attrs.program]
            for wrapper in ["cc", "build-cc"]
        ],
        toolchain = ctx.attrs.toolchain[CToolchainInfo],
    )
    tree = ctx.actions.declare_output("tree", dir = True)
    declare_source_build(ctx.actions, build, tree.as_output())
    return [
        DefaultInfo(default_output = tree),
        BuildToolInfo(bins = [], env = {}, identity = {"$text": recipe.config_hash}, name = "zig-cache", tree = tree),
    ]

zig_cache = rule(
    doc = """What zig keeps after compiling its C library for the target and for the machine that builds, as a tool of the
    toolchain that is given to packages. It saves each of them half a minute, and influences nothing that they make.""",
    impl = _zig_cache_impl,
    attrs = source_attrs() | c_toolchain_attr() | {
        "program": attrs.string(doc = "A C program among the sources."),
    },
)
