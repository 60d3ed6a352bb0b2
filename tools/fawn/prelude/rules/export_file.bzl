"""`export_file`: a file of one package for others."""

def _export_file_impl(ctx: AnalysisContext) -> list[Provider]:
    if ctx.attrs.mode == "reference":
        if ctx.attrs.out != None or ctx.attrs.executable_bit_override != None:
            fail("`out` and `executable_bit_override` need `mode = \"copy\"`")
        return [DefaultInfo(default_output = ctx.attrs.src)]
    return [DefaultInfo(default_output = ctx.actions.copy_file(
        ctx.attrs.out or ctx.label.name,
        ctx.attrs.src,
        executable_bit_override = ctx.attrs.executable_bit_override,
    ))]

export_file = rule(
    doc = """Gives a file a label, so that other packages can use it.

    ```python
    export_file(name = "style.css", visibility = ["PUBLIC"])
    ```
    """,
    impl = _export_file_impl,
    attrs = {
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "executable_bit_override": attrs.option(attrs.bool(), default = None, doc = "Whether the copy is executable; by default as the source is."),
        "has_content_based_path": attrs.option(attrs.bool(), default = None, doc = "Accepted for compatibility."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "mode": attrs.option(attrs.enum(["copy", "reference"]), default = None, doc = "`copy` (the default) or `reference`, the file itself."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the copy; the target's name by default."),
        "src": attrs.source(allow_directory = True, doc = "The file; the one named like the target by default."),
    },
)

def export_file_macro(*, name: str, src = None, **kwargs) -> None:
    """The rule `export_file`, whose `src` is `name` by default."""
    export_file(name = name, src = name if src == None else src, **kwargs)
