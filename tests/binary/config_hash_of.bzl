"""`config_hash_of`: the config hash of a package for a platform, without the package itself."""

load("//defs/binary:providers.bzl", "PackageRecipeInfo")

def _config_hash_of_impl(ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(default_output = ctx.attrs.package[PackageRecipeInfo].config_hash)]

config_hash_of = rule(
    impl = _config_hash_of_impl,
    doc = "The config hash of a package. For packages that are there to be hashed and could not be built.",
    attrs = {
        "package": attrs.configured_dep(providers = [PackageRecipeInfo], doc = "The package and its platform."),
    },
)
