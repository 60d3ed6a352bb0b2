"""`system_genrule_toolchain`: genrules use the shell of the machine."""

load("//:genrule_toolchain.bzl", "GenruleToolchainInfo")

def _system_genrule_toolchain_impl(_ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(), GenruleToolchainInfo()]

system_genrule_toolchain = rule(
    doc = """The toolchain of `genrule`.

    ```python
    system_genrule_toolchain(name = "genrule", visibility = ["PUBLIC"])
    ```
    """,
    impl = _system_genrule_toolchain_impl,
    attrs = {},
    is_toolchain_rule = True,
)
