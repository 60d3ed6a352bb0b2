"""Tools of builds: a pinned static program with its applets, a tree, or a package that was built itself."""

load("//defs/binary:providers.bzl", "PackageRecipeInfo", "PackageTreeInfo")
load("//defs/fetch:providers.bzl", "PinnedFileInfo")
load(":providers.bzl", "BuildToolInfo")

def _build_tool_impl(ctx: AnalysisContext) -> list[Provider]:
    if bool(ctx.attrs.src) == bool(ctx.attrs.package):
        fail("`src` is {} and `package` is {}; expected one of them".format(ctx.attrs.src, ctx.attrs.package and ctx.attrs.package.label.raw_target()))
    if ctx.attrs.pinned and ctx.attrs.package:
        fail("`pinned` is set, but {} is a package and known by its config hash; leave `pinned` out".format(ctx.attrs.package.label.raw_target()))
    if ctx.attrs.package:
        tree = ctx.attrs.package[PackageTreeInfo].tree
        identity = {"$text": ctx.attrs.package[PackageRecipeInfo].config_hash}
    else:
        tree = ctx.attrs.src
        identity = ctx.attrs.pinned[PinnedFileInfo].sha256 if ctx.attrs.pinned else {"$sha256": tree}
    return [
        DefaultInfo(default_output = tree),
        BuildToolInfo(
            bins = ctx.attrs.bins,
            env = ctx.attrs.env,
            identity = identity,
            name = ctx.attrs.tool_name or ctx.label.name,
            tree = tree,
        ),
    ]

build_tool = rule(
    doc = """A tree with programs that builds from source may start. In recipes it is known by the file that it was unpacked
    from (`pinned`), by its config hash if it is a package, else by its content.

    ```python
    build_tool(name = "make", bins = ["usr/bin"], package = ":bmake")
    ```
    """,
    impl = _build_tool_impl,
    attrs = {
        "bins": attrs.list(attrs.string(), default = ["bin"], doc = "Folders with programs, for `PATH`."),
        "env": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Variables that it wants."),
        "pinned": attrs.option(attrs.dep(providers = [PinnedFileInfo]), default = None, doc = "The pinned file that `src` was made from, and from nothing else."),
        "package": attrs.option(attrs.dep(providers = [PackageRecipeInfo, PackageTreeInfo]), default = None, doc = "The package that has them."),
        "src": attrs.option(attrs.source(allow_directory = True), default = None, doc = "Instead of `package`: a directory."),
        "tool_name": attrs.option(attrs.string(), default = None, doc = "Its name in recipes; the target's name by default."),
    },
)

def _applets_impl(ctx: AnalysisContext) -> list[Provider]:
    tree = ctx.actions.declare_output("tree", dir = True)
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "applets",
            cmd_args("--program", ctx.attrs.src[DefaultInfo].default_outputs[0].project(ctx.attrs.program)),
            [cmd_args("--without", name) for name in ctx.attrs.without],
            cmd_args("--out", tree.as_output()),
        ),
        category = "applets",
    )
    return [DefaultInfo(default_output = tree)]

applets = rule(
    doc = "A folder `bin` with one static program and a link to it for each name that it answers to, as busybox does.",
    impl = _applets_impl,
    attrs = {
        "program": attrs.string(doc = "The program in `src`, such as `bin/busybox`."),
        "src": attrs.dep(doc = "A tree, such as an unpacked Debian package."),
        "without": attrs.list(attrs.string(), default = [], doc = "Names that get no link."),
        "_tool": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
    },
)
