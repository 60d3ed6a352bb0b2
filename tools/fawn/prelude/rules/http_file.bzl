"""`http_file`: a download, pinned by its digest."""

def check_download(urls: list[str], sha256: str | None) -> str:
    """The one address of a download; a digest is required, because nothing else pins the bytes."""
    if len(urls) != 1:
        fail("`urls` must hold exactly one address, got {}".format(urls))
    if not sha256:
        fail("`sha256` is missing; without it nothing pins what is downloaded")
    return urls[0]

def _http_file_impl(ctx: AnalysisContext) -> list[Provider]:
    url = check_download(ctx.attrs.urls, ctx.attrs.sha256)
    file = ctx.actions.download_file(
        ctx.attrs.out or ctx.label.name,
        url,
        is_executable = ctx.attrs.executable or False,
        sha256 = ctx.attrs.sha256,
        size_bytes = ctx.attrs.size_bytes,
    )
    providers = [DefaultInfo(default_output = file)]
    if ctx.attrs.executable:
        providers.append(RunInfo(args = cmd_args(file)))
    return providers

http_file = rule(
    doc = "A file from a web server, refused unless it has the digest.",
    impl = _http_file_impl,
    attrs = {
        "executable": attrs.option(attrs.bool(), default = None, doc = "Whether the file can be run."),
        "labels": attrs.list(attrs.string(), default = [], doc = "Free labels."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the file; the target's by default."),
        "sha256": attrs.option(attrs.string(), default = None, doc = "SHA-256 in hex."),
        "size_bytes": attrs.option(attrs.int(), default = None, doc = "Size, when it is known."),
        "urls": attrs.list(attrs.string(), default = [], doc = "One address, `http` or `https`."),
    },
)
