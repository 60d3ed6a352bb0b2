"""`export_file`: a source file as a target."""

def _export_file_impl(ctx: AnalysisContext) -> list[Provider]:
    if ctx.attrs.mode == "reference":
        if ctx.attrs.out != None:
            fail("`out` needs `mode = \"copy\"`: a reference keeps the file's own name")
        return [DefaultInfo(default_output = ctx.attrs.src)]
    return [DefaultInfo(default_output = ctx.actions.copy_file(ctx.attrs.out or ctx.label.name, ctx.attrs.src))]

_export_file = rule(
    doc = "A source file, by default the one that is called like the target.",
    impl = _export_file_impl,
    attrs = {
        "labels": attrs.list(attrs.string(), default = [], doc = "Free labels."),
        "mode": attrs.option(attrs.enum(["copy", "reference"]), default = None, doc = "`copy` (the default) or `reference`."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the copy; the target's by default."),
        "src": attrs.source(doc = "The file."),
    },
)

def export_file(*, name: str, src: str | None = None, **kwargs) -> None:
    """The file `src`, or the one that is called `name`."""
    _export_file(name = name, src = name if src == None else src, **kwargs)
