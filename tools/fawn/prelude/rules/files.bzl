"""Attributes that take files as a list or as a dict from path to file."""

def files_attr(doc: str):
    """A list of sources, which keep their paths, or a dict that gives them paths."""
    return attrs.one_of(
        attrs.list(attrs.source(allow_directory = True)),
        attrs.dict(attrs.string(), attrs.source(allow_directory = True)),
        default = [],
        doc = doc,
    )

def by_path(srcs: list[Artifact] | dict[str, Artifact]) -> dict[str, Artifact]:
    """The files by the path that each gets."""
    if isinstance(srcs, dict):
        return srcs
    files = {}
    for src in srcs:
        if files.get(src.short_path, src) != src:
            fail("`srcs` has two files that would be `{}`: {} and {}; use a dict to give them paths".format(
                src.short_path,
                files[src.short_path],
                src,
            ))
        files[src.short_path] = src
    return files
