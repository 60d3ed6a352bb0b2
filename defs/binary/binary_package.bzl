"""`binary_package`: what another rule made, as a binary package."""

load(":package_attrs.bzl", "package_attrs")
load(":packing.bzl", "describe_payload", "packed_providers")
load(":recipe.bzl", "hash_recipe")

def _binary_package_impl(ctx: AnalysisContext) -> list[Provider]:
    payload = describe_payload(ctx, ctx.attrs.src, kind = ctx.attrs.kind, place = ctx.attrs.place)
    # Of kind `pack`: it depends on what is packed, and on nothing of how that was made.
    recipe = hash_recipe(
        ctx,
        kind = "pack",
        layout = {"kind": {"$text": payload.kind}, "libdir": ctx.attrs.libdir, "prefix": ctx.attrs.prefix},
        sources = [{"dest": "", "sha256": {"$sha256": payload.manifest}, "strip": 0}],
    )
    return packed_providers(ctx, payload = payload, recipe = recipe)

binary_package = rule(
    doc = """Packs any target, a file or a directory tree, as a binary package, and checks it. The target is a directory with
    the tarball, its sidecar and its recipe under their final names: `buck2 build //apps/myapp:bin --out DIR`.
    `buck2 run //apps/myapp:bin[install] -- --root DIR` installs it with what it needs at run time, `[upload]` publishes it.

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
    attrs = package_attrs() | {
        "kind": attrs.option(attrs.enum(["prefix", "root"]), default = None, doc = "What the paths mean: below the prefix, or below the root of the target system. By default `root` for a tree with one of `usr bin sbin lib lib64 etc var opt boot` at its top."),
        "place": attrs.option(attrs.string(), default = None, doc = "Where `src` goes in the package. By default a directory goes to the top; a file goes to `bin/<file>` if it is a program, else to `share/<package_name>/<file>`."),
        "src": attrs.source(allow_directory = True, doc = "The file or directory."),
    },
)
