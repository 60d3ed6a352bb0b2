"""`http_archive`: an archive from the web, unpacked."""

_TAR_FLAGS = {
    "tar": "",
    "tar.bz2": "-j",
    "tar.gz": "-z",
    "tar.xz": "-J",
    "tar.zst": "--zstd",
    "tgz": "-z",
}

def _archive_type(url: str, given: str | None) -> str:
    if given != None:
        if given not in _TAR_FLAGS:
            fail("`type` must be one of {}, got {}".format(sorted(_TAR_FLAGS), repr(given)))
        return given
    for name in sorted(_TAR_FLAGS, key = len, reverse = True):
        if url.endswith("." + name):
            return name
    fail("cannot tell the kind of archive from {}; set `type`".format(url))

def _http_archive_impl(ctx: AnalysisContext) -> list[Provider]:
    if len(ctx.attrs.urls) != 1:
        fail("`urls` must have exactly one address, got {}".format(ctx.attrs.urls))
    if ctx.attrs.excludes:
        fail("`excludes` is not supported")
    url = ctx.attrs.urls[0]
    archive_type = _archive_type(url, ctx.attrs.type)
    archive = ctx.actions.download_file(
        "archive." + archive_type,
        url,
        sha1 = ctx.attrs.sha1,
        sha256 = ctx.attrs.sha256,
        size_bytes = ctx.attrs.size_bytes,
    )
    out = ctx.actions.declare_output(ctx.attrs.out or ctx.label.name, dir = True)
    prefix = ctx.attrs.strip_prefix
    strip = len(prefix.strip("/").split("/")) if prefix else 0
    script = ctx.actions.write(
        "unpack.sh",
        [
            cmd_args(out, format = "mkdir -p {}"),
            cmd_args(
                "tar",
                _TAR_FLAGS[archive_type],
                "-xf",
                archive,
                "-C",
                out,
                "--no-same-owner",
                ["--strip-components={}".format(strip), prefix] if prefix else [],
                delimiter = " ",
            ),
        ],
        is_executable = True,
    )
    ctx.actions.run(
        cmd_args(["/usr/bin/env", "bash", "-e", script], hidden = [archive, out.as_output()]),
        category = "http_archive",
    )
    sub_targets = ctx.attrs.sub_targets
    if isinstance(sub_targets, list):
        sub_targets = {path: [path] for path in sub_targets}
    return [DefaultInfo(
        default_output = out,
        sub_targets = {
            name: [DefaultInfo(default_outputs = [out.project(path) for path in paths])]
            for name, paths in sub_targets.items()
        },
    )]

http_archive = rule(
    doc = """Downloads an archive, refuses any other bytes, and unpacks it.

    ```python
    http_archive(name = "lib", urls = ["https://example.com/lib-1.0.tar.gz"], sha256 = "…", strip_prefix = "lib-1.0")
    ```
    """,
    impl = _http_archive_impl,
    attrs = {
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "excludes": attrs.list(attrs.string(), default = [], doc = "Not supported."),
        "has_content_based_path": attrs.option(attrs.bool(), default = None, doc = "Accepted for compatibility."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the directory; the target's name by default."),
        "sha1": attrs.option(attrs.string(), default = None, doc = "Not supported; use `sha256`."),
        "sha256": attrs.option(attrs.string(), default = None, doc = "SHA-256 of the archive."),
        "size_bytes": attrs.option(attrs.int(), default = None, doc = "Size of the archive."),
        "strip_prefix": attrs.option(attrs.string(), default = None, doc = "Folder inside the archive to take; the rest is left out."),
        "sub_targets": attrs.one_of(
            attrs.list(attrs.string()),
            attrs.dict(attrs.string(), attrs.list(attrs.string())),
            default = [],
            doc = "Paths inside that are sub-targets.",
        ),
        "type": attrs.option(attrs.string(), default = None, doc = "Kind of archive, where the address does not tell."),
        "urls": attrs.list(attrs.string(), default = [], doc = "Its address."),
    },
)
