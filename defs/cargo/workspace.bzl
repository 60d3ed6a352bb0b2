"""How the cargo rules take a workspace: as files of the package, or as one directory."""

def workspace_attrs() -> dict[str, Attr]:
    """Attributes of a rule that reads a Cargo workspace; `cargo_workspace` turns them into a directory."""
    return {
        "srcs": attrs.list(
            attrs.source(),
            default = [],
            doc = "Files of the workspace, placed as they stand below this package: `Cargo.toml`, `Cargo.lock`, manifests, sources.",
        ),
        "workspace": attrs.option(
            attrs.source(allow_directory = True),
            default = None,
            doc = "Instead of `srcs`: a directory that holds the whole workspace, such as an unpacked crate.",
        ),
    }

def cargo_workspace(ctx: AnalysisContext) -> Artifact:
    """The directory that holds the workspace of a target with `workspace_attrs`."""
    if ctx.attrs.workspace and ctx.attrs.srcs:
        fail("`srcs` and `workspace` both say where the workspace is; give one of them")
    if ctx.attrs.workspace:
        return ctx.attrs.workspace
    if not ctx.attrs.srcs:
        fail("the workspace is missing; give its files as `srcs`, or one directory as `workspace`")
    return ctx.actions.symlinked_dir("workspace", {src.short_path: src for src in ctx.attrs.srcs})
