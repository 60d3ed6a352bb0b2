"""The target platform as recipes and metadata name it: values, never labels."""

# Shared libraries that every system with this C library has: its own, the dynamic linker, and the compiler's runtime.
_GLIBC = [
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
]
_MUSL = [
    "ld-musl-aarch64.so.1",
    "ld-musl-x86_64.so.1",
    "libc.musl-aarch64.so.1",
    "libc.musl-x86_64.so.1",
    "libc.so",
]

def platform_attrs() -> dict[str, Attr]:
    """Hidden attributes from which `package_platform` reads the configuration."""
    return {
        "_cpu": _hidden(select({
            "prelude//cpu:arm64": "aarch64",
            "prelude//cpu:x86_64": "x86_64",
        })),
        # The instruction baseline: what every processor of the architecture has.
        "_level": _hidden(select({
            "prelude//cpu:arm64": "v8.0",
            "prelude//cpu:x86_64": "v1",
        })),
        "_libc": _hidden(select({
            "prelude//os:linux": select({
                "DEFAULT": "glibc",
                "prelude//abi:musl": "musl",
            }),
            "prelude//os:macos": "libsystem",
            "prelude//os:windows": "ucrt",
        })),
        "_os": _hidden(select({
            "prelude//os:linux": "linux",
            "prelude//os:macos": "darwin",
            "prelude//os:windows": "windows",
        })),
        "_platform_libraries": attrs.default_only(attrs.list(attrs.string(), default = select({
            "DEFAULT": [],
            "prelude//os:linux": select({
                "DEFAULT": _GLIBC,
                "prelude//abi:musl": _MUSL,
            }),
        }))),
    }

def _hidden(value: Select) -> Attr:
    return attrs.default_only(attrs.string(default = value))

def package_platform(ctx: AnalysisContext) -> dict[str, str]:
    """The field `platform` of a recipe."""
    return {
        "cpu": ctx.attrs._cpu,
        "level": ctx.attrs._level,
        "libc": ctx.attrs._libc,
        "os": ctx.attrs._os,
    }
