"""The recipe of a package: everything that can influence its build, as data, and the digest of that."""

load(":platform.bzl", "package_platform")
load(":providers.bzl", "PackageRecipeInfo")

# Raised when the tools' behaviour changes so that older packages must not be taken for new ones.
_EPOCH = 1

def package_permissions(ctx: AnalysisContext) -> list[dict]:
    """The permission list of a target with `package_attrs`, as recipes and payloads have it."""
    for path, grants in ctx.attrs.permissions.items():
        if not grants:
            fail("`permissions` grants nothing to {}; expected at least one of `mode`, `uid`, `gid`, `user`, `group`, `cap`, `config`".format(
                repr(path),
            ))
    return [dict({"path": path}, **grants) for path, grants in ctx.attrs.permissions.items()]

def hash_recipe(ctx: AnalysisContext, **fields) -> Provider:
    """Declares the hash of a recipe. `fields` are what the rule knows of it; the rest comes from `package_attrs` or is empty.

    Paths stand in it as `{"$sha256": artifact}` and `{"$text": artifact}`: only an action knows what lies there."""
    if ctx.attrs.source_date_epoch < 0:
        fail("`source_date_epoch` is in seconds since 1970, expected 0 or more, got {}".format(ctx.attrs.source_date_epoch))
    env = {"SOURCE_DATE_EPOCH": str(ctx.attrs.source_date_epoch)} if ctx.attrs.source_date_epoch else {}
    unhashed = ctx.actions.write_json(
        "recipe-in.json",
        {
            "deps": [],
            "env": env | fields.pop("env", {}),
            "epoch": _EPOCH,
            "name": ctx.attrs.package_name,
            "patches": [],
            "permissions": package_permissions(ctx),
            "phases": [],
            "platform": package_platform(ctx),
            "revision": ctx.attrs.revision,
            "schema": "binpkg-recipe/1",
            "toolchain": {},
            "tools": [],
            "transforms": [],
            "use": {},
            "version": ctx.attrs.version,
        } | fields,
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
