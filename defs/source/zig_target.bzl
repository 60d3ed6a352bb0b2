"""`zig_target`: zig's name of a platform, by configuration."""

# What zig and configure scripts call a platform.
ZigTargetInfo = provider(fields = {
    # The instruction baseline of the recipe's `level`, as zig names it.
    "cpu": provider_field(str),
    # What `configure` is told.
    "gnu": provider_field(str),
    # zig's target.
    "triple": provider_field(str),
})

def _zig_target_impl(ctx: AnalysisContext) -> list[Provider]:
    cpu, os, abi = ctx.attrs.triple.split("-", 2)
    return [
        DefaultInfo(),
        # A release of the C library (`gnu.2.28`) is for zig alone.
        ZigTargetInfo(cpu = ctx.attrs.cpu, gnu = "-".join([cpu, os, abi.split(".")[0]]), triple = ctx.attrs.triple),
    ]

zig_target = rule(
    doc = "zig's name of the configuration's platform.",
    impl = _zig_target_impl,
    attrs = {
        "cpu": attrs.string(doc = "Instruction baseline, as `-mcpu` takes it."),
        "triple": attrs.string(doc = "Target, as `-target` takes it, by `select`."),
    },
)

def zig_triple(glibc: str) -> Select:
    """The target of the configuration; `glibc` is the release of the GNU C library that programs may rely on."""
    return select({
        "prelude//os:linux": select({
            "prelude//cpu:arm64": _linux("aarch64", glibc),
            "prelude//cpu:x86_64": _linux("x86_64", glibc),
        }),
        # The oldest release with both processors.
        "prelude//os:macos": _by_cpu("{}-macos.11.0-none"),
        "prelude//os:windows": _by_cpu("{}-windows-gnu"),
    })

def zig_cpu() -> Select:
    """The instruction baseline: what every processor of the architecture has."""
    return select({
        "prelude//cpu:arm64": "generic",
        "prelude//cpu:x86_64": "x86_64",
    })

def _by_cpu(triple: str) -> Select:
    return select({
        "prelude//cpu:arm64": triple.format("aarch64"),
        "prelude//cpu:x86_64": triple.format("x86_64"),
    })

def _linux(cpu: str, glibc: str) -> Select:
    return select({
        "DEFAULT": cpu + "-linux-gnu." + glibc,
        "prelude//abi:musl": cpu + "-linux-musl",
    })
