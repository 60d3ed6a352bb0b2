"""`system_genrule_toolchain`: genrules need no more than the machine's bash."""

load("@prelude//:genrule_toolchain.bzl", "GenruleToolchainInfo")

def _system_genrule_toolchain_impl(_ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(), GenruleToolchainInfo(zip_scrubber = None)]

system_genrule_toolchain = rule(
    doc = "The toolchain `toolchains//:genrule`.",
    impl = _system_genrule_toolchain_impl,
    attrs = {},
    is_toolchain_rule = True,
)
