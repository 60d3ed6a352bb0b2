"""`binary_mirror`: where published binaries come from, one lazy fetch for each record of a lock file."""

load("//defs/platforms:needs_network.bzl", "needs_network_attr")
load(":providers.bzl", "BinaryMirrorInfo", "PublishedBinary")
load(":settings.bzl", "PREFERENCES", "binary_mirrors", "prefer_binaries")

_SCHEMA = 1

def _fetch(ctx: AnalysisContext, record: dict, file: Artifact, urls: list[str], *, recipe: bool) -> Artifact:
    """Declares a fetch. It runs when somebody uses what it brings, and only then."""
    what = "recipe" if recipe else "tarball"
    out = ctx.actions.declare_output("{}/{}".format(record["config_hash_full"], what))
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "fetch",
            cmd_args("--record", file),
            [cmd_args("--mirror", url) for url in urls],
            [cmd_args("--key=" + key) for key in ctx.attrs.keys],
            ["--recipe"] if recipe else [],
            cmd_args("--out", out.as_output()),
        ),
        # Says `Binary available`, and which mirrors failed.
        always_print_stderr = True,
        category = "fetch_binary_recipe" if recipe else "fetch_binary",
        identifier = "{} {} {}".format(record["name"], record["version"], record["config_hash_full"][:8]),
        local_only = True,
    )
    return out

def _binary_mirror_impl(ctx: AnalysisContext) -> list[Provider]:
    lock = ctx.attrs.lock
    if type(lock) != type({}) or lock.get("schema") != _SCHEMA:
        fail("`lock` must be the content of a lock file of schema {}, as `install-binary lock` writes it; load it with `load(\":binaries.lock.json\", lock = \"value\")`".format(_SCHEMA))
    urls = ctx.attrs.urls or binary_mirrors() or lock["mirrors"]
    by_name = {}
    for record in lock["packages"]:
        key = record["config_hash_full"]
        file = ctx.actions.write_json(key + "/record.json", record, pretty = True)
        by_name.setdefault(record["name"], {})[key] = PublishedBinary(
            name = record["path"].split("/")[-1],
            recipe = _fetch(ctx, record, file, urls, recipe = True),
            record = file,
            tarball = _fetch(ctx, record, file, urls, recipe = False),
            version = record["version"],
        )
    return [
        DefaultInfo(sub_targets = {
            name: [DefaultInfo(sub_targets = {
                key[:8]: [DefaultInfo(default_output = binary.tarball)]
                for key, binary in binaries.items()
            })]
            for name, binaries in by_name.items()
        }),
        BinaryMirrorInfo(
            by_name = by_name,
            from_source = ctx.attrs.build_from_source,
            prefer_binaries = ctx.attrs.prefer_binaries or prefer_binaries(),
        ),
    ]

binary_mirror = rule(
    doc = """The published binaries that builds may take: those of a lock file, from mirrors that are asked in order. Nothing is
    fetched before a package is built whose config hash is in the lock file.

    ```python
    load(":binaries.lock.json", lock = "value")

    binary_mirror(
        name = "binaries",
        lock = lock,
        urls = ["https://mirror.example.org"],
    )
    ```

    `[buckpack] binaries_lock` names the target that counts, such as `root//:binaries`.
    """,
    impl = _binary_mirror_impl,
    attrs = {
        "build_from_source": attrs.list(attrs.string(), default = [], doc = "Names of packages that are built from source, as is everything that depends on them."),
        "keys": attrs.list(attrs.string(), default = [], doc = "Trusted keys, `<name> <base64 of 32 bytes>`, and revoked ones, `-<key id>`. With any, every record that is used must carry a signature of a trusted key."),
        "lock": attrs.any(doc = "Content of the lock file, which `install-binary lock` writes."),
        "prefer_binaries": attrs.option(attrs.enum(PREFERENCES), default = None, doc = "`never`, `if-available`, or `require`, which refuses to build from source; `[buckos] prefer_binaries` by default."),
        "urls": attrs.list(attrs.string(), default = [], doc = "Mirrors in order: a directory, `file://`, `http://` or `https://`. By default `[buckos] binary_mirror`, else those of the lock file."),
        "_network": needs_network_attr(),
        "_tool": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
    },
)
