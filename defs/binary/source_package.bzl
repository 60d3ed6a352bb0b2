"""How every package that is built from source comes about: the one place that decides where its tree comes from."""

load(":packing.bzl", "describe_payload", "packed_providers")
load(":providers.bzl", "PackageRecipeInfo")

# A build from source that may or may not happen. Plain values and artifacts only, because it is also declared from inside a
# dynamic action, which sees nothing of the target.
SourceBuild = record(
    # The builder and all its arguments but `--out DIRECTORY`; its inputs are the recipe and whatever the recipe's digests stand for.
    command = field(cmd_args),
    # Whether it uses what only this machine has.
    local_only = field(bool, False),
    # How many processors it keeps busy.
    weight = field(int, 1),
)

def declare_source_build(actions: AnalysisActions, build: SourceBuild, tree: OutputArtifact) -> None:
    """Declares the build into `tree`, a declared directory."""
    actions.run(
        cmd_args(build.command, cmd_args("--out", tree)),
        category = "package_build",
        local_only = build.local_only,
        weight = build.weight,
    )

def source_package_providers(ctx: AnalysisContext, *, build: SourceBuild, recipe: PackageRecipeInfo) -> list[Provider]:
    """What a source rule returns: its unpacked tree, and every view of the package as a sub-target."""
    tree = ctx.actions.declare_output("tree", dir = True)
    declare_source_build(ctx.actions, build, tree.as_output())
    payload = describe_payload(ctx, tree, kind = ctx.attrs.kind)
    return packed_providers(ctx, payload = payload, recipe = recipe, tree = tree)
