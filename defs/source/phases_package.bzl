"""`phases_package`: a package whose build is spelled out."""

load(":source_build.bzl", "build_source_package", "c_toolchain_attr", "source_attrs")

def _phases_package_impl(ctx: AnalysisContext) -> list[Provider]:
    for number, phase in enumerate(ctx.attrs.phases):
        if len(phase) < 2:
            fail("`phases` has {} at place {}; expected a name and a command, such as [\"install\", \"make\", \"install\"]".format(repr(phase), number + 1))
    return build_source_package(ctx, phases = ctx.attrs.phases)

phases_package = rule(
    doc = """Builds a package from source by the phases that it names: argument vectors, in which `{src}`, `{out}`,
    `{dep:NAME}`, `{tool:NAME}` and `{jobs}` stand for what their names say. They start in the sources.""",
    impl = _phases_package_impl,
    attrs = source_attrs() | c_toolchain_attr() | {
        "phases": attrs.list(attrs.list(attrs.string()), doc = "Per phase its name, then a command and its arguments."),
    },
)
