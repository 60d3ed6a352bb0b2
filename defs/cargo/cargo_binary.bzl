"""`cargo_binary`: programs of one Cargo workspace, from one action."""

load(":cargo_build.bzl", "cargo_build", "cargo_build_attrs", "program_providers")

def _cargo_binary_impl(ctx: AnalysisContext) -> list[Provider]:
    if not ctx.attrs.bins:
        fail("`bins` is empty; name the programs to build")
    arguments = []
    for package in ctx.attrs.packages:
        arguments.extend(["--package", package])
    out = cargo_build(ctx, command = "build", arguments = arguments)
    programs = {bin: program_providers(out.project(bin)) for bin in ctx.attrs.bins}
    if len(ctx.attrs.bins) == 1:
        [only] = programs.values()
        return only
    return [DefaultInfo(default_output = out, sub_targets = programs)]

cargo_binary = rule(
    doc = """Builds programs of a Cargo workspace in one offline action: `Cargo.lock` pins every crate, the environment
    is cleared, and no path of the machine gets into the result.

    With one program the target is that program, and `buck2 run` starts it. With several it is a directory, and each is
    a sub-target: they come from one action, because one each would compile the shared crates again.

    ```python
    cargo_binary(
        name = "lookup",
        srcs = glob(["Cargo.toml", "Cargo.lock", "src/**/*.rs"]),
        bins = ["lookup"],
        crates = ":crates",
    )
    ```
    """,
    impl = _cargo_binary_impl,
    attrs = cargo_build_attrs() | {
        "packages": attrs.list(attrs.string(), default = [], doc = "Members that the programs belong to. Only features that these ask of a shared crate are built into it; by default those that any member asks for."),
    },
)
