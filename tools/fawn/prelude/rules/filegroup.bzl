"""`filegroup`: files in one directory."""

def _named(srcs) -> dict[str, Artifact]:
    if isinstance(srcs, dict):
        return srcs
    named = {}
    for src in srcs:
        other = named.get(src.short_path)
        if other != None and other != src:
            fail("`srcs` has two files that would be {}: {} and {}".format(repr(src.short_path), other, src))
        named[src.short_path] = src
    return named

def _filegroup_impl(ctx: AnalysisContext) -> list[Provider]:
    assemble = ctx.actions.copied_dir if ctx.attrs.copy else ctx.actions.symlinked_dir
    return [DefaultInfo(default_output = assemble(ctx.attrs.out or ctx.label.name, _named(ctx.attrs.srcs)))]

filegroup = rule(
    doc = "A directory of files, each at its path below the package, or at the key of a dict.",
    impl = _filegroup_impl,
    attrs = {
        "copy": attrs.bool(default = True, doc = "Copies, or links."),
        "labels": attrs.list(attrs.string(), default = [], doc = "Free labels."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the directory; the target's by default."),
        "srcs": attrs.one_of(
            attrs.list(attrs.source(allow_directory = True)),
            attrs.dict(attrs.string(), attrs.source(allow_directory = True)),
            default = [],
            doc = "The files.",
        ),
    },
)
