"""From a payload to a checked tarball: the actions behind every package, whoever made what is in it."""

load(":providers.bzl", "BinaryPackageInfo", "PackagedFiles", "RuntimeClosureInfo")
load(":recipe.bzl", "package_permissions")

# How tarballs may be compressed.
PACKAGE_FORMATS = ["gz", "zst"]

# A payload that was looked at.
Payload = record(
    # `root` or `prefix` and a line end.
    kind = field(Artifact),
    # The list of its entries.
    manifest = field(Artifact),
    # What `pack` needs to find it again.
    spec = field(cmd_args),
)

def describe_payload(ctx: AnalysisContext, src: Artifact, *, kind: str | None, place: str | None = None) -> Payload:
    """Declares the manifest of a payload, from a file or directory."""
    spec = ctx.actions.write_json(
        "payload.json",
        {
            "kind": kind or "",
            "name": ctx.attrs.package_name,
            "permissions": package_permissions(ctx),
            "place": place or "",
            "source": src,
        },
        with_inputs = True,
        pretty = True,
    )
    manifest = ctx.actions.declare_output("MANIFEST")
    found = ctx.actions.declare_output("kind")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "manifest",
            cmd_args("--payload", spec),
            cmd_args("--out", manifest.as_output()),
            cmd_args("--kind-out", found.as_output()),
        ),
        category = "package_manifest",
    )
    return Payload(kind = found, manifest = manifest, spec = cmd_args(spec))

def _about(ctx: AnalysisContext) -> cmd_args:
    """What the metadata say and the recipe does not."""
    return cmd_args(ctx.actions.write_json(
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
    ))

# A tarball with what stands beside it, and the report on it.
_Packed = record(
    info = field(BinaryPackageInfo),
    report = field(Artifact),
)

def _pack(ctx: AnalysisContext, payload: Payload, recipe: Provider, about: cmd_args, format: str) -> _Packed:
    """Declares the tarball, and what stands beside it, of a payload that was made by a recipe; then every byte of it is read back
    and compared with manifest and sidecar."""
    package = BinaryPackageInfo(
        manifest = ctx.actions.declare_output(format + "/MANIFEST"),
        metadata = ctx.actions.declare_output(format + "/METADATA.json"),
        sidecar = ctx.actions.declare_output(format + "/sha256"),
        tarball = ctx.actions.declare_output(format + "/tar." + format),
    )
    tool = ctx.attrs._tool[RunInfo]
    ctx.actions.run(
        cmd_args(
            tool,
            "pack",
            cmd_args("--payload", payload.spec),
            cmd_args("--recipe", recipe.recipe),
            cmd_args("--about", about),
            cmd_args("--format", format),
            cmd_args("--tarball", package.tarball.as_output()),
            cmd_args("--sidecar", package.sidecar.as_output()),
            cmd_args("--manifest", package.manifest.as_output()),
            cmd_args("--metadata", package.metadata.as_output()),
        ),
        category = "package_pack",
        identifier = format,
    )
    report = ctx.actions.declare_output(format + "/check.json")
    ctx.actions.run(
        cmd_args(
            tool,
            "check",
            package.tarball,
            cmd_args("--sidecar", package.sidecar),
            cmd_args("--report", report.as_output()),
        ),
        category = "package_check",
        identifier = format,
    )
    return _Packed(info = package, report = report)

def _format_view(packed: _Packed) -> list[Provider]:
    """The package in one of its formats; whoever asks for it gets it checked."""
    views = {"sha256": packed.info.sidecar, "tarball": packed.info.tarball}
    return [DefaultInfo(
        default_output = packed.info.tarball,
        sub_targets = {
            name: [DefaultInfo(default_output = view, other_outputs = [packed.report])]
            for name, view in views.items()
        },
    )]

def collect_files(ctx: AnalysisContext, package: Provider, recipe: Artifact) -> Artifact:
    """Declares the directory with the files of a package under their final names."""
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

def runtime_closure(ctx: AnalysisContext, own: PackagedFiles, deps: list[Dependency]) -> Provider:
    """The closure of a package with such files and such run-time dependencies."""
    packages = {}
    for dep in deps:
        packages.update(dep[RuntimeClosureInfo].packages)
    packages[str(ctx.label)] = own
    return RuntimeClosureInfo(packages = packages)

def closure_view(closure: Provider) -> list[Provider]:
    """The directories of a closure; whoever asks for them gets them checked."""
    return [DefaultInfo(
        default_outputs = [package.files for package in closure.packages.values()],
        other_outputs = [package.report for package in closure.packages.values()],
    )]

def _sbom(ctx: AnalysisContext, package: Provider, recipe: Provider) -> Artifact:
    """Declares the bill of materials."""
    sbom = ctx.actions.declare_output("sbom.spdx.json")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "sbom",
            cmd_args("--metadata", package.metadata),
            cmd_args("--sidecar", package.sidecar),
            cmd_args("--recipe", recipe.recipe),
            cmd_args("--out", sbom.as_output()),
        ),
        category = "package_sbom",
    )
    return sbom

def _upload(ctx: AnalysisContext, files: Artifact) -> list[Provider]:
    """A program to run, never an action: it touches the world outside."""
    return [DefaultInfo(), RunInfo(args = cmd_args(ctx.attrs._upload[RunInfo], "--source", files))]

def _install(ctx: AnalysisContext, files: Artifact, closure: Provider) -> list[Provider]:
    """Likewise; what the package needs at run time is taken from the graph, too."""
    needed = [package.files for package in closure.packages.values() if package.files != files]
    return [DefaultInfo(), RunInfo(args = cmd_args(
        ctx.attrs._install[RunInfo],
        files,
        cmd_args(needed, format = "--from={}"),
    ))]

def packed_providers(
        ctx: AnalysisContext,
        *,
        payload: Payload,
        recipe: Provider,
        tree: Artifact | None = None,
        views: dict[str, Artifact] = {}) -> list[Provider]:
    """What every package gives. The target is its unpacked `tree`, where it has one, else the directory of its files; `views` are
    further sub-targets."""
    about = _about(ctx)
    formats = {format: _pack(ctx, payload, recipe, about, format) for format in PACKAGE_FORMATS}
    package = formats[ctx.attrs.format].info
    report = formats[ctx.attrs.format].report
    files = collect_files(ctx, package, recipe.recipe)
    closure = runtime_closure(ctx, PackagedFiles(files = files, report = report), ctx.attrs.runtime_deps)
    views = {
        "check": report,
        "config-hash": recipe.config_hash,
        "files": files,
        # Not the one that is packed, which is the same: listing a tree does not take packing it.
        "manifest": payload.manifest,
        "metadata": package.metadata,
        "recipe": recipe.recipe,
        "sbom": _sbom(ctx, package, recipe),
        "sha256": package.sidecar,
        "tarball": package.tarball,
    } | views
    # Where the target is a tree, it is packed only when somebody asks, and so it is checked only then: asking for one of these
    # builds the report, too.
    packed = ["files", "metadata", "sha256", "tarball"] if tree else []
    validations = [ValidationInfo(validations = [ValidationSpec(name = "package-check", validation_result = report)])]
    return [
        DefaultInfo(
            default_output = tree or files,
            sub_targets = {
                name: [DefaultInfo(default_output = view, other_outputs = [report] if name in packed else [])]
                for name, view in views.items()
            } | {format: _format_view(packed) for format, packed in formats.items()} | {
                "install": _install(ctx, files, closure),
                "upload": _upload(ctx, files),
                "with-deps": closure_view(closure),
            },
        ),
        package,
        recipe,
        closure,
    ] + ([] if tree else validations)
