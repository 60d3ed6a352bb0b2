"""The hidden attribute through which the flavor rules reach their toolchain."""

load(":providers.bzl", "FlavorToolchainInfo")

def flavor_toolchain_attr():
    """`[buckpack] toolchain` replaces the rule set's own instance."""
    return attrs.default_only(attrs.toolchain_dep(
        providers = [FlavorToolchainInfo],
        default = read_root_config("buckpack", "toolchain", "//toolchains:flavor"),
    ))
