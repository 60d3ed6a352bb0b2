"""Rust's name of the target platform."""

def rust_triple() -> Select:
    """The target triple of the configuration, for an attribute's value."""
    return select({
        "prelude//os:linux": select({
            "prelude//cpu:arm64": _linux("aarch64"),
            "prelude//cpu:x86_64": _linux("x86_64"),
        }),
        "prelude//os:macos": select({
            "prelude//cpu:arm64": "aarch64-apple-darwin",
            "prelude//cpu:x86_64": "x86_64-apple-darwin",
        }),
        "prelude//os:windows": select({
            "prelude//cpu:arm64": "aarch64-pc-windows-gnullvm",
            "prelude//cpu:x86_64": "x86_64-pc-windows-gnullvm",
        }),
    })

def _linux(cpu: str) -> Select:
    return select({
        "DEFAULT": cpu + "-unknown-linux-gnu",
        "prelude//abi:musl": cpu + "-unknown-linux-musl",
    })
