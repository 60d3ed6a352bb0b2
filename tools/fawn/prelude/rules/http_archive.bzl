"""`http_archive`: an archive from a web server, unpacked."""

load("@prelude//rules:http_file.bzl", "check_download")

_COMPRESSION = {
    "tar": [],
    "tar.bz2": ["--bzip2"],
    "tar.gz": ["--gzip"],
    "tar.xz": ["--xz"],
    "tar.zst": ["--zstd"],
    "tgz": ["--gzip"],
}

def _kind(urls: list[str], type: str | None) -> str:
    if type != None:
        if type not in _COMPRESSION:
            fail("`type` must be one of {}, got {}".format(_COMPRESSION.keys(), repr(type)))
        return type
    for kind in _COMPRESSION:
        if urls[0].endswith("." + kind):
            return kind
    return "tar.gz"

def _http_archive_impl(ctx: AnalysisContext) -> list[Provider]:
    url = check_download(ctx.attrs.urls, ctx.attrs.sha256)
    kind = _kind(ctx.attrs.urls, ctx.attrs.type)
    archive = ctx.actions.download_file(
        "archive." + kind,
        url,
        sha256 = ctx.attrs.sha256,
        size_bytes = ctx.attrs.size_bytes,
    )
    out = ctx.actions.declare_output(ctx.attrs.out or ctx.label.name, dir = True)
    strip = ["--strip-components={}".format(len(ctx.attrs.strip_prefix.split("/")))] if ctx.attrs.strip_prefix else []
    members = [ctx.attrs.strip_prefix] if ctx.attrs.strip_prefix else []
    script, _ = ctx.actions.write(
        "unpack.sh",
        [
            cmd_args("mkdir -p", cmd_args(out.as_output(), quote = "shell"), delimiter = " "),
            cmd_args(
                ["tar", "--extract"],
                _COMPRESSION[kind],
                strip,
                ["--exclude=" + pattern for pattern in ctx.attrs.excludes],
                cmd_args("--file", archive),
                cmd_args("--directory", out.as_output()),
                members,
                delimiter = " ",
                quote = "shell",
            ),
        ],
        allow_args = True,
        is_executable = True,
    )
    ctx.actions.run(
        cmd_args("/bin/sh", "-e", script, hidden = [archive, out.as_output()]),
        category = "http_archive",
    )
    return [DefaultInfo(
        default_output = out,
        sub_targets = {path: [DefaultInfo(default_output = out.project(path))] for path in ctx.attrs.sub_targets},
    )]

http_archive = rule(
    doc = "The content of a tar archive from a web server, refused unless the archive has the digest. Uses the machine's `tar`.",
    impl = _http_archive_impl,
    attrs = {
        "excludes": attrs.list(attrs.string(), default = [], doc = "Patterns of members to leave out."),
        "labels": attrs.list(attrs.string(), default = [], doc = "Free labels."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the directory; the target's by default."),
        "sha256": attrs.option(attrs.string(), default = None, doc = "SHA-256 of the archive in hex."),
        "size_bytes": attrs.option(attrs.int(), default = None, doc = "Size of the archive, when it is known."),
        "strip_prefix": attrs.option(attrs.string(), default = None, doc = "The folder whose content is wanted."),
        "sub_targets": attrs.list(attrs.string(), default = [], doc = "Paths inside that become sub-targets."),
        "type": attrs.option(attrs.string(), default = None, doc = "Kind of archive; by the address's ending by default."),
        "urls": attrs.list(attrs.string(), default = [], doc = "One address, `http` or `https`."),
    },
)
