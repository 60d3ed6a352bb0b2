"""`filegroup`: files as one directory."""

load(":files.bzl", "by_path", "files_attr")

def _filegroup_impl(ctx: AnalysisContext) -> list[Provider]:
    out = ctx.attrs.out or ctx.label.name
    files = by_path(ctx.attrs.srcs)
    if ctx.attrs.executable_bit_override != None:
        fail("`executable_bit_override` of `filegroup` is not supported; copy the files with `export_file`")
    if ctx.attrs.copy:
        return [DefaultInfo(default_output = ctx.actions.copied_dir(out, files))]
    return [DefaultInfo(default_output = ctx.actions.symlinked_dir(out, files))]

filegroup = rule(
    doc = """A directory with these files, at the paths that they have in their packages.

    ```python
    filegroup(name = "assets", srcs = glob(["assets/**"]))
    ```
    """,
    impl = _filegroup_impl,
    attrs = {
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "copy": attrs.bool(default = True, doc = "Copies instead of links."),
        "executable_bit_override": attrs.option(attrs.bool(), default = None, doc = "Not supported."),
        "has_content_based_path": attrs.option(attrs.bool(), default = None, doc = "Accepted for compatibility."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the directory; the target's name by default."),
        "srcs": files_attr("The files, or a dict from path to file."),
    },
)
