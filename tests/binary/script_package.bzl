"""`script_package`: the smallest rule that builds a package from source, to try out what all of them share."""

load("//defs/binary:providers.bzl", "PackageRecipeInfo")
load("//defs/binary:recipe.bzl", "hash_recipe")
load("//defs/binary:resolve.bzl", "SourceBuild")
load("//defs/binary:source_package.bzl", "source_package_attrs", "source_package_providers")

def _script_package_impl(ctx: AnalysisContext) -> list[Provider]:
    deps = [dep[PackageRecipeInfo] for dep in ctx.attrs.deps]
    padding = {"padded": ctx.attrs.padded} if ctx.attrs.padded else {}
    recipe = hash_recipe(
        ctx,
        deps = [
            {"config_hash": {"$text": dep.config_hash}, "name": dep.name, "role": "link"}
            for dep in deps
        ],
        # No compiler at all would be a recipe that packs.
        toolchain = {"id": "sh", "identity": "whatever /bin/sh is", "target": "any", "version": "1"},
        layout = {"kind": ctx.attrs.kind or "root", "libdir": ctx.attrs.libdir, "prefix": ctx.attrs.prefix} | padding,
        sources = [{"dest": "", "sha256": {"$sha256": ctx.attrs.script}, "strip": 0}],
        use = ctx.attrs.use,
    )
    trees = [dep[DefaultInfo].default_outputs for dep in ctx.attrs.deps]
    build = SourceBuild(command = cmd_args(ctx.attrs.script, recipe.recipe, trees))
    return source_package_providers(ctx, build = build, deps = deps, recipe = recipe)

script_package = rule(
    doc = """A package made by a script, which gets its recipe, the trees of its dependencies, and `--out DIRECTORY`.

    ```python
    script_package(name = "words", package_name = "words", version = "1.0", script = "words.sh")
    ```
    """,
    impl = _script_package_impl,
    attrs = source_package_attrs() | {
        "deps": attrs.list(attrs.dep(providers = [PackageRecipeInfo]), default = [], doc = "Packages that it is built with."),
        "padded": attrs.option(attrs.int(), default = None, doc = "How long the script makes the prefix, in bytes."),
        "script": attrs.source(doc = "The script, an executable file."),
        "use": attrs.dict(attrs.string(), attrs.one_of(attrs.bool(), attrs.string()), default = {}, doc = "Flags and their values."),
    },
)
