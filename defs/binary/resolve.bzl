"""Where the tree of a package comes from: a published binary with its config hash, or its source build."""

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

def _refuse(actions: AnalysisActions, tool: RunInfo, explanation: Artifact, tree: OutputArtifact) -> None:
    """Declares an action that fails with the explanation: only a file, not this function, knows what the candidates hold."""
    actions.run(
        cmd_args(tool, "require", cmd_args("--explanation", explanation), cmd_args("--out", tree)),
        category = "package_require",
    )

def _resolve_impl(
        actions: AnalysisActions,
        command: cmd_args,
        config_hash: ArtifactValue,
        explanation: Artifact,
        local_only: bool,
        mode: str,
        published: typing.Any,
        tool: RunInfo,
        tree: OutputArtifact,
        weight: int) -> list[Provider]:
    binary = published.get(config_hash.read_string().strip())
    if binary:
        actions.run(
            cmd_args(
                tool,
                "unpack-package",
                binary.tarball,
                cmd_args("--record", binary.record),
                cmd_args("--out", tree),
            ),
            category = "package_unpack",
        )
    elif mode == "require":
        _refuse(actions, tool, explanation, tree)
    else:
        # Only now anything that the build needs is wanted by somebody.
        declare_source_build(actions, SourceBuild(command = command, local_only = local_only, weight = weight), tree)
    return []

_resolve = dynamic_actions(impl = _resolve_impl, attrs = {
    "command": dynattrs.value(cmd_args),
    "config_hash": dynattrs.artifact_value(),
    "explanation": dynattrs.value(Artifact),
    "local_only": dynattrs.value(bool),
    "mode": dynattrs.value(str),
    "published": dynattrs.value(typing.Any),
    "tool": dynattrs.value(RunInfo),
    "tree": dynattrs.output(),
    "weight": dynattrs.value(int),
})

def declare_tree(
        ctx: AnalysisContext,
        *,
        build: SourceBuild,
        explanation: Artifact,
        mode: str,
        published: dict[str, typing.Any],
        recipe: Provider) -> Artifact:
    """Declares the unpacked tree of a package. `published` has the binaries of its name by config hash."""
    tree = ctx.actions.declare_output("tree", dir = True)
    tool = ctx.attrs._tool[RunInfo]
    if mode == "never" or recipe.from_source:
        declare_source_build(ctx.actions, build, tree.as_output())
    elif published:
        ctx.actions.dynamic_output_new(_resolve(
            command = build.command,
            config_hash = recipe.config_hash,
            explanation = explanation,
            local_only = build.local_only,
            mode = mode,
            published = published,
            tool = tool,
            tree = tree.as_output(),
            weight = build.weight,
        ))
    elif mode == "require":
        _refuse(ctx.actions, tool, explanation, tree.as_output())
    else:
        declare_source_build(ctx.actions, build, tree.as_output())
    return tree
