"""Why a package is taken from a mirror, or why not: nothing here runs before somebody asks."""

def declare_lineage(ctx: AnalysisContext, recipe: Provider, deps: list[Provider]) -> Artifact:
    """Declares the recipes of a package and of everything that it is built with, as one file."""
    lineage = ctx.actions.declare_output("lineage.json")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "lineage",
            cmd_args("--recipe", recipe.recipe),
            [
                cmd_args("--lineage", dep.lineage) if dep.lineage else cmd_args("--recipe", dep.recipe)
                for dep in deps
            ],
            cmd_args("--out", lineage.as_output()),
        ),
        category = "package_lineage",
    )
    return lineage

def _explain_impl(
        actions: AnalysisActions,
        by_name: typing.Any,
        command: cmd_args,
        lineage: ArtifactValue,
        name: str,
        out: OutputArtifact,
        version: str) -> list[Provider]:
    cmd = cmd_args(command)
    published = by_name.by_name.get(name, {}).values()
    for binary in published:
        if binary.version == version:
            cmd.add(cmd_args("--candidate", binary.record, binary.recipe))
        else:
            cmd.add(cmd_args("--other", binary.record))

    # What a dependency was in a published binary can be said only with its recipe of that time.
    names = {recipe["name"]: None for recipe in lineage.read_json().values() if recipe["name"] != name}
    for dep in names:
        cmd.add([cmd_args("--with", binary.recipe) for binary in by_name.by_name.get(dep, {}).values()])
    actions.run(cmd_args(cmd, "--out", out), category = "package_explain")
    return []

_explain = dynamic_actions(impl = _explain_impl, attrs = {
    # The whole `BinaryMirrorInfo`: its dictionaries are too large to be looked through for every package.
    "by_name": dynattrs.value(typing.Any),
    "command": dynattrs.value(cmd_args),
    "lineage": dynattrs.artifact_value(),
    "name": dynattrs.value(str),
    "out": dynattrs.output(),
    "version": dynattrs.value(str),
})

def declare_explanation(
        ctx: AnalysisContext,
        *,
        mirror: Provider,
        mode: str,
        recipe: Provider) -> Artifact:
    """Declares the text that says whether a published binary is taken, and how those that are not taken differ."""
    out = ctx.actions.declare_output("explanation.txt")
    command = cmd_args(
        ctx.attrs._tool[RunInfo],
        "choice",
        cmd_args("--wanted", recipe.recipe),
        cmd_args("--prefer-binaries", mode),
        ["--from-source"] if recipe.from_source else [],
        cmd_args("--lineage", recipe.lineage),
    )
    ctx.actions.dynamic_output_new(_explain(
        by_name = mirror,
        command = command,
        lineage = recipe.lineage,
        name = recipe.name,
        out = out.as_output(),
        version = recipe.version,
    ))
    return out
