"""`binary_package`: what another rule made, as a binary package."""

load(":platform.bzl", "package_platform", "platform_attrs")
load(":providers.bzl", "BinaryPackageInfo", "PackageRecipeInfo")

# Raised when the tools' behaviour changes so that older packages must not be taken for new ones.
_EPOCH = 1

def _permissions(ctx: AnalysisContext) -> list[dict]:
    return [dict({"path": path}, **grants) for path, grants in ctx.attrs.permissions.items()]

def _check(ctx: AnalysisContext) -> None:
    for path, grants in ctx.attrs.permissions.items():
        if not grants:
            fail("`permissions` grants nothing to {}; expected at least one of `mode`, `uid`, `gid`, `user`, `group`, `cap`, `config`".format(
                repr(path),
            ))
    if ctx.attrs.source_date_epoch < 0:
        fail("`source_date_epoch` is in seconds since 1970, expected 0 or more, got {}".format(ctx.attrs.source_date_epoch))

def _describe(ctx: AnalysisContext) -> (cmd_args, Artifact, Artifact):
    """The payload's specification, its manifest, and the kind of its paths."""
    spec = ctx.actions.write_json(
        "payload.json",
        {
            "kind": ctx.attrs.kind or "",
            "name": ctx.attrs.package_name,
            "permissions": _permissions(ctx),
            "place": ctx.attrs.place or "",
            "source": ctx.attrs.src,
        },
        with_inputs = True,
        pretty = True,
    )
    manifest = ctx.actions.declare_output("MANIFEST")
    kind = ctx.actions.declare_output("kind")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "manifest",
            cmd_args("--payload", spec),
            cmd_args("--out", manifest.as_output()),
            cmd_args("--kind-out", kind.as_output()),
        ),
        category = "package_manifest",
    )
    return cmd_args(spec), manifest, kind

def _hash(ctx: AnalysisContext, manifest: Artifact, kind: Artifact) -> PackageRecipeInfo:
    """The recipe of kind `pack`: it depends on what is packed, and on nothing of how that was made."""
    env = {"SOURCE_DATE_EPOCH": str(ctx.attrs.source_date_epoch)} if ctx.attrs.source_date_epoch else {}
    unhashed = ctx.actions.write_json(
        "recipe-in.json",
        {
            "deps": [],
            "env": env,
            "epoch": _EPOCH,
            "kind": "pack",
            "layout": {"kind": {"$text": kind}, "libdir": ctx.attrs.libdir, "prefix": ctx.attrs.prefix},
            "name": ctx.attrs.package_name,
            "patches": [],
            "permissions": _permissions(ctx),
            "phases": [],
            "platform": package_platform(ctx),
            "revision": ctx.attrs.revision,
            "schema": "binpkg-recipe/1",
            "sources": [{"dest": "", "sha256": {"$sha256": manifest}, "strip": 0}],
            "toolchain": {},
            "tools": [],
            "transforms": [],
            "use": {},
            "version": ctx.attrs.version,
        },
        with_inputs = True,
        pretty = True,
    )
    recipe = ctx.actions.declare_output("recipe.json")
    config_hash = ctx.actions.declare_output("config-hash")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "hash",
            unhashed,
            cmd_args("--recipe-out", recipe.as_output()),
            cmd_args("--hash-out", config_hash.as_output()),
        ),
        category = "package_hash",
    )
    return PackageRecipeInfo(
        config_hash = config_hash,
        name = ctx.attrs.package_name,
        recipe = recipe,
        version = ctx.attrs.version,
    )

def _pack(ctx: AnalysisContext, payload: cmd_args, recipe: Artifact) -> BinaryPackageInfo:
    about = ctx.actions.write_json(
        "about.json",
        {
            "description": ctx.attrs.description,
            "homepage": ctx.attrs.homepage,
            "license": ctx.attrs.license,
            "missing_libraries": ctx.attrs.missing_libraries,
            "platform_libraries": ctx.attrs._platform_libraries,
            "prefix_in": ctx.attrs.prefix_in,
            "relocatable": ctx.attrs.relocatable,
            "runtime_deps": [dep[BinaryPackageInfo].metadata for dep in ctx.attrs.runtime_deps],
            "slot": ctx.attrs.slot,
            "target": "//{}:{}".format(ctx.label.package, ctx.label.name),
        },
        with_inputs = True,
        pretty = True,
    )
    package = BinaryPackageInfo(
        manifest = ctx.actions.declare_output("package/MANIFEST"),
        metadata = ctx.actions.declare_output("package/METADATA.json"),
        sidecar = ctx.actions.declare_output("package/sha256"),
        tarball = ctx.actions.declare_output("package/tar." + ctx.attrs.format),
    )
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "pack",
            cmd_args("--payload", payload),
            cmd_args("--recipe", recipe),
            cmd_args("--about", about),
            cmd_args("--format", ctx.attrs.format),
            cmd_args("--tarball", package.tarball.as_output()),
            cmd_args("--sidecar", package.sidecar.as_output()),
            cmd_args("--manifest", package.manifest.as_output()),
            cmd_args("--metadata", package.metadata.as_output()),
        ),
        category = "package_pack",
    )
    return package

def _check_package(ctx: AnalysisContext, package: BinaryPackageInfo) -> Artifact:
    report = ctx.actions.declare_output("check.json")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "check",
            package.tarball,
            cmd_args("--sidecar", package.sidecar),
            cmd_args("--report", report.as_output()),
        ),
        category = "package_check",
    )
    return report

def _collect(ctx: AnalysisContext, package: BinaryPackageInfo, recipe: Artifact) -> Artifact:
    files = ctx.actions.declare_output("files", dir = True)
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "collect",
            cmd_args("--tarball", package.tarball),
            cmd_args("--sidecar", package.sidecar),
            cmd_args("--recipe", recipe),
            cmd_args("--out", files.as_output()),
        ),
        category = "package_collect",
    )
    return files

def _binary_package_impl(ctx: AnalysisContext) -> list[Provider]:
    _check(ctx)
    payload, manifest, kind = _describe(ctx)
    recipe = _hash(ctx, manifest, kind)
    package = _pack(ctx, payload, recipe.recipe)
    report = _check_package(ctx, package)
    views = {
        "check": report,
        "config-hash": recipe.config_hash,
        # Not the one that is packed, which is the same: listing a tree does not take packing it.
        "manifest": manifest,
        "metadata": package.metadata,
        "recipe": recipe.recipe,
        "sha256": package.sidecar,
        "tarball": package.tarball,
    }
    return [
        DefaultInfo(
            default_output = _collect(ctx, package, recipe.recipe),
            sub_targets = {name: [DefaultInfo(default_output = view)] for name, view in views.items()},
        ),
        package,
        recipe,
        ValidationInfo(validations = [ValidationSpec(name = "package-check", validation_result = report)]),
    ]

binary_package = rule(
    doc = """Packs any target, a file or a directory tree, as a binary package, and checks it. The target is a directory with
    the tarball, its sidecar and its recipe under their final names: `buck2 build //apps/myapp:bin --out DIR`.

    ```python
    binary_package(
        name = "bin",
        package_name = "myapp",
        version = "1.0.0",
        src = ":psp",
    )
    ```
    """,
    impl = _binary_package_impl,
    attrs = {
        "description": attrs.string(default = "", doc = "One line for people."),
        "format": attrs.enum(["gz", "zst"], default = "gz", doc = "How the tarball is compressed: `gz` is read everywhere, `zst` is smaller and faster."),
        "homepage": attrs.string(default = "", doc = "Address of the program's authors."),
        "kind": attrs.option(attrs.enum(["prefix", "root"]), default = None, doc = "What the paths mean: below the prefix, or below the root of the target system. By default `root` for a tree with one of `usr bin sbin lib lib64 etc var opt boot` at its top."),
        "libdir": attrs.string(default = "lib", doc = "Name of the library directory."),
        "license": attrs.string(default = "", doc = "SPDX expression."),
        "missing_libraries": attrs.list(attrs.string(), default = [], doc = "Shared libraries that files need and that nobody has to provide, such as `libcuda.so.1`."),
        "package_name": attrs.string(doc = "Name of the package."),
        "permissions": attrs.dict(
            attrs.string(),
            attrs.dict(attrs.string(), attrs.any()),
            default = {},
            doc = "What paths of the package get beyond the executable bit, such as `{\"usr/bin/su\": {\"mode\": \"4755\"}}`: `mode` in four octal digits, `uid`, `gid`, `user`, `group`, `cap` (file capabilities), `config` (True for a protected configuration file).",
        ),
        "place": attrs.option(attrs.string(), default = None, doc = "Where `src` goes in the package. By default a directory goes to the top; a file goes to `bin/<file>` if it is a program, else to `share/<package_name>/<file>`."),
        "prefix": attrs.string(default = "/usr", doc = "The prefix that it was built for."),
        "prefix_in": attrs.list(attrs.string(), default = [], doc = "Paths of a relocatable package in which the prefix does not matter."),
        "relocatable": attrs.bool(default = False, doc = "Whether it works below any other prefix, too. Checked: no file may contain `prefix`."),
        "revision": attrs.int(default = 0, doc = "Raise it for a new package of the same version."),
        "runtime_deps": attrs.list(attrs.dep(providers = [BinaryPackageInfo]), default = [], doc = "Packages that it needs at run time, in exactly these builds."),
        "slot": attrs.string(default = "0", doc = "Versions in different slots may be installed side by side."),
        "source_date_epoch": attrs.int(default = 0, doc = "Time of every entry in the tarball, in seconds since 1970."),
        "src": attrs.source(allow_directory = True, doc = "The file or directory."),
        "version": attrs.string(doc = "Version of the package."),
        "_tool": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
    } | platform_attrs(),
)
