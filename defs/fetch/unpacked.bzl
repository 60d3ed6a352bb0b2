"""`unpacked`: the content of an archive, as a directory."""

def _unpacked_impl(ctx: AnalysisContext) -> list[Provider]:
    out = ctx.actions.declare_output(ctx.label.name, dir = True)
    ctx.actions.run(
        cmd_args(
            ctx.attrs._unpack[RunInfo],
            "unpack",
            cmd_args("--archive", ctx.attrs.src),
            cmd_args("--strip", str(ctx.attrs.strip)),
            ["--folder", ctx.attrs.folder] if ctx.attrs.folder else [],
            cmd_args("--out", out.as_output()),
        ),
        category = "unpack",
    )
    return [DefaultInfo(
        default_output = out,
        sub_targets = {name: [DefaultInfo(default_output = out.project(path))] for name, path in ctx.attrs.files.items()},
    )]

unpacked = rule(
    doc = "Unpacks an archive safely: nothing lands outside, nothing but files, folders and links within. Tar (plain, gzip, xz, bzip2 or zstd), zip (also a wheel), or a Debian package.",
    impl = _unpacked_impl,
    attrs = {
        "files": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Sub-targets for some of the files: name to path in what is unpacked."),
        "folder": attrs.option(attrs.string(), default = None, doc = "Of what is left, the one folder that is wanted."),
        "src": attrs.source(doc = "The archive."),
        "strip": attrs.int(default = 0, doc = "Leading folders to take off every path."),
        "_unpack": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
    },
)
