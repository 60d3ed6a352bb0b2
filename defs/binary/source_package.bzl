"""How every package that is built from source comes about: the one place that decides where its tree comes from."""

load(":explain.bzl", "declare_explanation", "declare_lineage")
load(":package_attrs.bzl", "package_attrs")
load(":packing.bzl", "describe_payload", "packed_providers")
load(":providers.bzl", "BinaryMirrorInfo", "PackageRecipeInfo", "PackageTreeInfo")
load(":resolve.bzl", "SourceBuild", "declare_tree")
load(":settings.bzl", "PREFERENCES", "binaries_label")

def source_package_attrs() -> dict[str, Attr]:
    """Attributes that `source_package_providers` reads, those of `package_attrs` included."""
    return package_attrs() | {
        "kind": attrs.option(attrs.enum(["prefix", "root"]), default = None, doc = "What the paths mean: below the prefix, or below the root of the target system. By default `root` for a tree with one of `usr bin sbin lib lib64 etc var opt boot` at its top."),
        "prefer_binaries": attrs.option(attrs.enum(PREFERENCES), default = None, doc = "Whether a published binary with the same config hash is taken in place of building: `never`, `if-available`, or `require`, which fails where there is none. By default what the mirror says, and that is `[buckos] prefer_binaries`."),
        # Once for all platforms, and on an execution platform with a network.
        "_binaries": attrs.default_only(attrs.exec_dep(providers = [BinaryMirrorInfo], default = binaries_label())),
    }

def _full_recipe(
        ctx: AnalysisContext,
        recipe: Provider,
        deps: list[Provider],
        mirror: Provider) -> Provider:
    """The recipe with what follows from those of its dependencies."""
    from_source = recipe.name in mirror.from_source
    for dep in deps:
        from_source = from_source or dep.from_source
    return PackageRecipeInfo(
        config_hash = recipe.config_hash,
        from_source = from_source,
        lineage = declare_lineage(ctx, recipe, deps),
        name = recipe.name,
        recipe = recipe.recipe,
        version = recipe.version,
    )

def source_package_providers(
        ctx: AnalysisContext,
        *,
        build: SourceBuild,
        deps: list[Provider],
        recipe: Provider) -> list[Provider]:
    """What a source rule returns: its unpacked tree, and every view of the package as a sub-target.

    `deps` are the packages that the build can see, the ones in the recipe."""
    mirror = ctx.attrs._binaries[BinaryMirrorInfo]
    recipe = _full_recipe(ctx, recipe, deps, mirror)
    mode = ctx.attrs.prefer_binaries or mirror.prefer_binaries
    explanation = declare_explanation(ctx, mirror = mirror, mode = mode, recipe = recipe)
    tree = declare_tree(
        ctx,
        build = build,
        explanation = explanation,
        mode = mode,
        published = mirror.by_name.get(recipe.name, {}),
        recipe = recipe,
    )
    payload = describe_payload(ctx, tree, kind = ctx.attrs.kind)
    views = {"explain": explanation, "lineage": recipe.lineage}
    return packed_providers(ctx, payload = payload, recipe = recipe, tree = tree, views = views) + [
        PackageTreeInfo(tree = tree),
    ]
