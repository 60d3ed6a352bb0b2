"""`http_file`: one file from the web, pinned by digest."""

def _http_file_impl(ctx: AnalysisContext) -> list[Provider]:
    if len(ctx.attrs.urls) != 1:
        fail("`urls` must have exactly one address, got {}".format(ctx.attrs.urls))
    executable = bool(ctx.attrs.executable)
    out = ctx.actions.download_file(
        ctx.attrs.out or ctx.label.name,
        ctx.attrs.urls[0],
        is_executable = executable,
        sha1 = ctx.attrs.sha1,
        sha256 = ctx.attrs.sha256,
        size_bytes = ctx.attrs.size_bytes,
    )
    return [DefaultInfo(default_output = out)] + ([RunInfo(args = [out])] if executable else [])

http_file = rule(
    doc = """Downloads a file and refuses any other bytes.

    ```python
    http_file(name = "data.csv", urls = ["https://example.com/data.csv"], sha256 = "…")
    ```
    """,
    impl = _http_file_impl,
    attrs = {
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "executable": attrs.option(attrs.bool(), default = None, doc = "Whether the file can be run."),
        "has_content_based_path": attrs.option(attrs.bool(), default = None, doc = "Accepted for compatibility."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the file; the target's name by default."),
        "sha1": attrs.option(attrs.string(), default = None, doc = "Not supported; use `sha256`."),
        "sha256": attrs.option(attrs.string(), default = None, doc = "SHA-256 of the file."),
        "size_bytes": attrs.option(attrs.int(), default = None, doc = "Size of the file."),
        "urls": attrs.list(attrs.string(), default = [], doc = "Its address."),
    },
)
