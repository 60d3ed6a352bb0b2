"""`host_c_toolchain`: the compiler of this machine, for those who want it and know what that costs."""

load(":providers.bzl", "CToolchainInfo")

_PROGRAMS = ["cc", "ld", "make"]

def _host_c_toolchain_impl(ctx: AnalysisContext) -> list[Provider]:
    identity = ctx.actions.declare_output("identity")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "host-identity",
            [cmd_args("--program", program) for program in _PROGRAMS],
            cmd_args("--out", identity.as_output()),
        ),
        category = "host_identity",
        local_only = True,
    )
    return [
        DefaultInfo(default_output = identity),
        CToolchainInfo(
            configure_args = [],
            env = {"CC": "cc"},
            flags_variable = None,
            local_only = True,
            prepare = [],
            toolchain = {"flags": [], "id": "host", "identity": {"$text": identity}, "target": ctx.attrs.target, "version": "any"},
            tools = [],
        ),
    ]

host_c_toolchain = rule(
    doc = """The C compiler, make and shell that are on PATH here. Their versions are in the config hash, with the word `host`,
    and such packages are built on this machine only and are not for others: what else of the machine gets in, nobody knows.

    ```python
    make_package(name = "p", toolchain = "//toolchains:host-cc", …)
    ```
    """,
    impl = _host_c_toolchain_impl,
    attrs = {
        "target": attrs.string(doc = "What it compiles for, for people."),
        "_tool": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
    },
    is_toolchain_rule = True,
)
