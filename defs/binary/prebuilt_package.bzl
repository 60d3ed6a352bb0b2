"""`prebuilt_package`: a package whose only source is a published binary."""

load(":packing.bzl", "closure_view", "collect_files", "runtime_closure")
load(":providers.bzl", "BinaryPackageInfo", "PackageRecipeInfo", "PackageTreeInfo", "PackagedFiles", "RuntimeClosureInfo")

def _check_hashes(ctx: AnalysisContext) -> None:
    for attribute in ["config_hash", "content_hash", "sha256"]:
        value = getattr(ctx.attrs, attribute)
        if len(value) != 64:
            fail("`{}` must be 64 hex digits, got {}".format(attribute, repr(value)))

def _prebuilt_package_impl(ctx: AnalysisContext) -> list[Provider]:
    _check_hashes(ctx)
    record = ctx.actions.write_json(
        "record.json",
        {
            "config_hash_full": ctx.attrs.config_hash,
            "content_hash_full": ctx.attrs.content_hash,
            "name": ctx.attrs.package_name,
            "path": ctx.attrs.tarball.basename,
            "sha256": ctx.attrs.sha256,
            "size": ctx.attrs.size,
            "version": ctx.attrs.version,
        },
        pretty = True,
    )
    tree = ctx.actions.declare_output("tree", dir = True)
    package = BinaryPackageInfo(
        manifest = ctx.actions.declare_output("MANIFEST"),
        metadata = ctx.actions.declare_output("METADATA.json"),
        sidecar = ctx.attrs.sidecar,
        tarball = ctx.attrs.tarball,
    )
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "unpack-package",
            ctx.attrs.tarball,
            cmd_args("--record", record),
            cmd_args("--out", tree.as_output()),
            cmd_args("--manifest", package.manifest.as_output()),
            cmd_args("--metadata", package.metadata.as_output()),
        ),
        category = "package_unpack",
    )
    report = ctx.actions.declare_output("check.json")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "check",
            ctx.attrs.tarball,
            cmd_args("--sidecar", ctx.attrs.sidecar),
            cmd_args("--report", report.as_output()),
        ),
        category = "package_check",
    )
    config_hash = ctx.actions.write("config-hash", ctx.attrs.config_hash + "\n")
    files = collect_files(ctx, package, ctx.attrs.recipe)
    closure = runtime_closure(ctx, PackagedFiles(files = files, report = report), ctx.attrs.runtime_deps)
    views = {
        "check": report,
        "config-hash": config_hash,
        "files": files,
        "manifest": package.manifest,
        "metadata": package.metadata,
        "recipe": ctx.attrs.recipe,
        "sha256": package.sidecar,
        "tarball": package.tarball,
    }
    return [
        DefaultInfo(
            default_output = tree,
            sub_targets = {name: [DefaultInfo(default_output = view)] for name, view in views.items()} | {
                "with-deps": closure_view(closure),
            },
        ),
        package,
        PackageRecipeInfo(
            config_hash = config_hash,
            name = ctx.attrs.package_name,
            recipe = ctx.attrs.recipe,
            version = ctx.attrs.version,
        ),
        PackageTreeInfo(tree = tree),
        closure,
        ValidationInfo(validations = [ValidationSpec(name = "package-check", validation_result = report)]),
    ]

prebuilt_package = rule(
    doc = """A published binary as a package of the graph: its tree, checked against the pinned hashes. What depends on it
    cannot tell it from one that was built here.

    ```python
    prebuilt_package(
        name = "bash",
        package_name = "bash",
        version = "5.3",
        tarball = "bash-5.3-86884539-bin.tar.gz",
        sidecar = "bash-5.3-86884539-bin.tar.gz.sha256",
        recipe = "bash-5.3-86884539-bin.tar.gz.recipe.json",
        config_hash = "…",
        content_hash = "…",
        sha256 = "…",
        size = 1048576,
    )
    ```
    """,
    impl = _prebuilt_package_impl,
    attrs = {
        "config_hash": attrs.string(doc = "Digest of its recipe, 64 hex digits."),
        "content_hash": attrs.string(doc = "Digest of its manifest, 64 hex digits."),
        "package_name": attrs.string(doc = "Name of the package."),
        "recipe": attrs.source(doc = "The recipe that was hashed, `FILE.recipe.json`."),
        "runtime_deps": attrs.list(attrs.dep(providers = [BinaryPackageInfo, RuntimeClosureInfo]), default = [], doc = "Packages that it needs where it is installed, as its metadata name them."),
        "sha256": attrs.string(doc = "SHA-256 of the tarball, 64 hex digits."),
        "sidecar": attrs.source(doc = "Its checksum file, `FILE.sha256`."),
        "size": attrs.int(doc = "Size of the tarball in bytes."),
        "tarball": attrs.source(doc = "The tarball."),
        "version": attrs.string(doc = "Version of the package."),
        "_tool": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
    },
)
