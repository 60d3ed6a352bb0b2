"""`c_toolchain`: zig as the C compiler, and all that its phases may start."""

load(":providers.bzl", "BuildToolInfo", "CToolchainInfo")
load(":zig_target.bzl", "ZigTargetInfo")

# Where zig keeps what it made of its C library. It must be writable, so it is a copy of the tool of that name.
_CACHE = "/build/tmp/zig"

def zig_flags(target: Provider) -> list[str]:
    """What every call of the compiler gets in place of its own defaults: no traps for undefined behaviour, which is not what
    programs expect, and no debug information, which names the places of the build. zig has a C library for each of these two,
    so all calls must agree, or every package compiles another one."""
    return ["-target", target.triple, "-mcpu=" + target.cpu, "-fno-sanitize=undefined", "-s"]

def zig_env(*, flags: list[str], build_flags: list[str], cache: str = _CACHE) -> dict[str, str]:
    """The variables that zig and the wrappers in `bin` read."""
    return {
        "BUCKPACK_BUILD_CC_FLAGS": " ".join(build_flags),
        "BUCKPACK_CC_FLAGS": " ".join(flags),
        "ZIG_GLOBAL_CACHE_DIR": cache,
        "ZIG_LOCAL_CACHE_DIR": cache,
    }

def _c_toolchain_impl(ctx: AnalysisContext) -> list[Provider]:
    target, build = ctx.attrs.target[ZigTargetInfo], ctx.attrs.build[ZigTargetInfo]
    flags = zig_flags(target)
    zig, wrappers = ctx.attrs.zig[BuildToolInfo], ctx.attrs.wrappers[BuildToolInfo]
    caches = [ctx.attrs.cache[BuildToolInfo]] if ctx.attrs.cache else []
    return [
        DefaultInfo(),
        CToolchainInfo(
            configure_args = ["--host=" + target.gnu, "--build=" + build.gnu],
            env = zig_env(flags = flags, build_flags = zig_flags(build)) | {
                # Not under their usual names: the shell of the userland takes its own programs before those of `PATH`.
                "AR": "zig-ar",
                "CC": "cc",
                "CC_FOR_BUILD": "build-cc",
                "CONFIG_SHELL": "/bin/sh",
                "CXX": "c++",
                "RANLIB": "zig-ranlib",
                "SHELL": "/bin/sh",
            },
            flags_variable = "BUCKPACK_CC_FLAGS",
            local_only = False,
            prepare = [["prepare", "cp", "-r", "{tool:" + cache.name + "}", _CACHE] for cache in caches],
            toolchain = {
                "flags": flags,
                "id": "zig",
                "identity": zig.identity,
                "target": target.triple,
                "version": ctx.attrs.version,
            },
            tools = [wrappers, zig] + [tool[BuildToolInfo] for tool in ctx.attrs.tools] + caches,
        ),
    ]

c_toolchain = rule(
    doc = """A C toolchain out of pinned files: zig behind the names that Makefiles expect (`cc`, `c++`, `ld`, and
    `build-cc` for what runs during the build), and a userland. Nothing of the machine is in it, so the same recipe makes the same bytes everywhere.""",
    impl = _c_toolchain_impl,
    attrs = {
        "build": attrs.exec_dep(providers = [ZigTargetInfo], doc = "What the machine that builds runs."),
        "cache": attrs.option(attrs.dep(providers = [BuildToolInfo]), default = None, doc = "What zig made of its C library before; without it every package makes it again."),
        "target": attrs.dep(providers = [ZigTargetInfo], doc = "What it compiles for."),
        "tools": attrs.list(attrs.exec_dep(providers = [BuildToolInfo]), default = [], doc = "What else is on `PATH`, in this order: make, a userland."),
        "version": attrs.string(doc = "Version of zig."),
        "wrappers": attrs.exec_dep(providers = [BuildToolInfo], doc = "Programs under the names that Makefiles expect."),
        "zig": attrs.exec_dep(providers = [BuildToolInfo], doc = "zig, unpacked."),
    },
    is_toolchain_rule = True,
)
