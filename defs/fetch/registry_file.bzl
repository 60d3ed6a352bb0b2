"""`registry_file`: one file from a package registry, through the registry's own client."""

load("//defs/platforms:needs_network.bzl", "needs_network_attr")
load(":providers.bzl", "PinnedFileInfo")

def _place(package: str, version: str, sha256: str) -> str:
    """`<letter>/<package>-<version>.<sha256>`: for people to find, and for nobody to mistake."""
    name = "".join([c if c.isalnum() or c in "+-._~" else "_" for c in "{}-{}".format(package, version).elems()])
    letter = name[0].lower()
    return "{}/{}.{}".format(letter if letter.isalnum() else "_", name, sha256)

def _source_mirrors() -> list[str]:
    return [address for address in (read_root_config("buckos", "source_mirror") or "").replace(",", " ").split(" ") if address]

def _registry_file_impl(ctx: AnalysisContext) -> list[Provider]:
    if len(ctx.attrs.sha256) != 64:
        fail("`sha256` must be 64 hex digits, got {}".format(repr(ctx.attrs.sha256)))
    out = ctx.actions.declare_output(ctx.attrs.out or ctx.label.name)
    cmd = cmd_args(
        ctx.attrs._fetch[RunInfo],
        "registry-file",
        cmd_args("--client", ctx.attrs.client),
        cmd_args("--package", ctx.attrs.package),
        cmd_args("--version", ctx.attrs.version),
        cmd_args("--sha256", ctx.attrs.sha256),
        cmd_args("--out", out.as_output()),
    )
    if ctx.attrs.options:
        cmd.add([cmd_args("--option=" + option) for option in ctx.attrs.options])
    if ctx.attrs.suite:
        cmd.add("--suite", ctx.attrs.suite)
    if ctx.attrs._registry_dir:
        cmd.add("--registry-dir", ctx.attrs._registry_dir)
    place = _place(ctx.attrs.package, ctx.attrs.version, ctx.attrs.sha256)
    if ctx.attrs._source_mirrors:
        cmd.add("--place", "sources/" + place)
        cmd.add([cmd_args("--source-mirror=" + address) for address in ctx.attrs._source_mirrors])
    ctx.actions.run(
        cmd,
        category = "fetch_registry",
        identifier = "{} {}".format(ctx.attrs.package, ctx.attrs.version),
        local_only = True,
    )
    return [
        DefaultInfo(default_output = out),
        PinnedFileInfo(place = place, sha256 = ctx.attrs.sha256, version = ctx.attrs.version),
    ]

registry_file = rule(
    doc = """Fetches one file of a package registry through its ordinary client, so the machine's own settings say where
    the registry is, and refuses anything but the pinned bytes.

    ```python
    registry_file(
        name = "ripgrep.crate",
        client = "cargo",
        package = "ripgrep",
        version = "14.1.1",
        sha256 = "…",
    )
    ```

    `[buckos] source_mirror` may name mirrors that have the file, in order, separated by blanks or commas: folders that
    `scripts/fetch-sources` has filled, by their absolute paths, or their addresses on a web server. The client is asked for what
    none of them has. Where the client is missing, `[buckpack] registry_dir` may name a folder that holds the files under their sha256.
    """,
    impl = _registry_file_impl,
    attrs = {
        "client": attrs.enum(["apt", "apt-source", "cargo", "npm", "pip"], doc = "Whose registry; `apt-source` brings a file of a Debian source package."),
        "options": attrs.list(attrs.string(), default = [], doc = "Further arguments of the client, such as pip's `--platform=…`."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the file; the target's name by default."),
        "package": attrs.string(doc = "The package, as the registry names it."),
        "sha256": attrs.string(doc = "SHA-256 of the file, 64 hex digits."),
        "suite": attrs.option(attrs.string(), default = None, doc = "For `apt`: the suite that has the package, such as `trixie-backports`, on machines whose lists do not name it. Their own lists stay as they are."),
        "version": attrs.string(doc = "Its exact version."),
        "_fetch": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
        "_network": needs_network_attr(),
        "_source_mirrors": attrs.default_only(attrs.list(attrs.string(), default = _source_mirrors())),
        "_registry_dir": attrs.default_only(attrs.string(default = read_root_config("buckpack", "registry_dir", ""))),
    },
)
