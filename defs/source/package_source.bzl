"""`package_source`: a source of a package, and where it comes from."""

load("//defs/fetch:providers.bzl", "PinnedFileInfo")
load(":providers.bzl", "PackageSourceInfo")

def _package_source_impl(ctx: AnalysisContext) -> list[Provider]:
    if bool(ctx.attrs.upstream_sha256) == bool(ctx.attrs.differs) and ctx.attrs.upstream:
        fail("`upstream` is {}; say with `upstream_sha256` that this is that very file, or in `differs` how it differs".format(
            repr(ctx.attrs.upstream),
        ))
    pinned = ctx.attrs.src.get(PinnedFileInfo)
    if pinned and ctx.attrs.upstream_sha256 not in [None, pinned.sha256]:
        fail("`upstream_sha256` is {}, but {} is pinned to {}; if the registry repacked the file, say in `differs` how".format(
            ctx.attrs.upstream_sha256,
            ctx.attrs.src.label.raw_target(),
            pinned.sha256,
        ))
    file = ctx.attrs.src[DefaultInfo].default_outputs[0]
    return [
        DefaultInfo(default_output = file),
        PackageSourceInfo(
            dest = ctx.attrs.dest,
            file = file,
            sha256 = pinned.sha256 if pinned else None,
            strip = ctx.attrs.strip,
        ),
    ]

package_source = rule(
    doc = """A source of a package: the file, how it is laid out, and what its authors published. Of these only the file's
    digest, `strip` and `dest` are in the recipe.

    ```python
    package_source(
        name = "source",
        src = ":hello.tar.gz",
        upstream = "https://ftp.gnu.org/gnu/hello/hello-2.10.tar.gz",
        upstream_sha256 = "31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b",
    )
    ```
    """,
    impl = _package_source_impl,
    attrs = {
        "dest": attrs.string(default = "", doc = "Where it goes among the sources; a file that is no archive must have a place."),
        "differs": attrs.string(default = "", doc = "How the file differs from the one at `upstream`, where a registry carries another."),
        "src": attrs.dep(doc = "The file: mostly a `registry_file`."),
        "strip": attrs.int(default = 1, doc = "Leading folders to take off an archive's paths."),
        "upstream": attrs.string(default = "", doc = "Address of what the authors published."),
        "upstream_sha256": attrs.option(attrs.string(), default = None, doc = "SHA-256 of the file at `upstream`, where it is this very file."),
    },
)
