"""The target platform as recipes and metadata name it: values, never labels."""

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
