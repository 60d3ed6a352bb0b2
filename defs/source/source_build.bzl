"""From what a source rule knows to a recipe and the build that executes it."""

load("//defs/binary:providers.bzl", "PackageRecipeInfo", "PackageTreeInfo")
load("//defs/binary:recipe.bzl", "hash_recipe")
load("//defs/binary:resolve.bzl", "SourceBuild")
load("//defs/binary:source_package.bzl", "source_package_attrs", "source_package_providers")
load("//defs/platforms:needs_network.bzl", "needs_namespaces_attr")
load(":providers.bzl", "BuildToolInfo", "CToolchainInfo", "PackageSourceInfo")
load(":use.bzl", "use_values")

_PACKAGE = [PackageRecipeInfo, PackageTreeInfo]

def source_attrs() -> dict[str, Attr]:
    """Attributes of every rule that builds from source."""
    return source_package_attrs() | {
        "build_deps": attrs.list(attrs.exec_dep(providers = _PACKAGE), default = [], doc = "Packages that run during the build, seen as `{dep:NAME}`."),
        "env": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Further variables for the phases, or other values for those that the toolchain sets."),
        "kind": attrs.enum(["prefix", "root"], default = "root", doc = "What the paths of the package mean: below the prefix, or below the root of the target system."),
        "link_deps": attrs.list(attrs.dep(providers = _PACKAGE), default = [], doc = "Packages that it links or includes, seen as `{dep:NAME}`; the compiler finds their headers and libraries."),
        "mentions_build": attrs.list(attrs.string(), default = [], doc = "Files of the package, or folders, that may name places of the build."),
        "patches": attrs.list(attrs.source(), default = [], doc = "Unified differences, applied in this order, exactly as they are."),
        "remove": attrs.list(attrs.string(), default = [], doc = "Paths of the output that do not belong into the package; each must be there."),
        "source_date_epoch": attrs.int(default = 315532800, doc = "The one time of everything, in seconds since 1970; the default is the first day of 1980."),
        "srcs": attrs.list(attrs.dep(providers = [PackageSourceInfo]), doc = "`package_source` targets; later ones lie over earlier ones."),
        "tools": attrs.list(attrs.exec_dep(providers = [BuildToolInfo]), default = [], doc = "Further programs on `PATH`, before those of the toolchain."),
        "use": attrs.list(attrs.string(), default = [], doc = "The flags that this package declares: what `use_flags` says."),
        "_namespaces": needs_namespaces_attr(),
    }

def c_toolchain_attr() -> dict[str, Attr]:
    """The compiler of rules that compile C."""
    return {
        "toolchain": attrs.toolchain_dep(providers = [CToolchainInfo], default = read_root_config("buckpack", "c_toolchain", "//toolchains:cc"), doc = "The compiler, and what else phases may start."),
    }

def _deps(ctx: AnalysisContext) -> list[(str, Dependency)]:
    found = [("build", dep) for dep in ctx.attrs.build_deps] + [("link", dep) for dep in ctx.attrs.link_deps]
    seen = {}
    for _, dep in found:
        name, hash = dep[PackageRecipeInfo].name, dep[PackageRecipeInfo].config_hash
        if seen.setdefault(name, hash) != hash:
            # Both would have to stand at one place.
            fail("`build_deps` and `link_deps` have two builds of {}; expected one, because both would be {}".format(repr(name), repr("{dep:" + name + "}")))
    return found

def _find_deps(ctx: AnalysisContext, toolchain: Provider) -> dict[str, str]:
    """The variable by which the compiler finds what is linked, if it has one."""
    variable = toolchain.flags_variable
    if not variable:
        return {}
    words = [toolchain.env[variable]]
    # Each once and sorted: it is a set, whatever the list looks like.
    for name in sorted({dep[PackageRecipeInfo].name: None for dep in ctx.attrs.link_deps}):
        place = "{dep:" + name + "}" + ctx.attrs.prefix
        words.extend(["-I{}/include".format(place), "-L{}/{}".format(place, ctx.attrs.libdir)])
    return {variable: " ".join(words)}

def source_build(
        ctx: AnalysisContext,
        *,
        phases: list[list[str]],
        toolchain: Provider,
        env: dict[str, str] = {}) -> (Provider, SourceBuild):
    """The recipe of a target with `source_attrs`, and the build that executes it, which is not declared yet."""
    tools = [tool[BuildToolInfo] for tool in ctx.attrs.tools] + toolchain.tools
    sources = [source[PackageSourceInfo] for source in ctx.attrs.srcs]
    deps = _deps(ctx)
    tools_env = {}
    for tool in tools:
        tools_env.update(tool.env)
    recipe = hash_recipe(
        ctx,
        deps = [
            {"config_hash": {"$text": dep[PackageRecipeInfo].config_hash}, "name": dep[PackageRecipeInfo].name, "role": role}
            for role, dep in deps
        ],
        env = {
            "HOME": "/build/home",
            "LC_ALL": "C",
            "PATH": ":".join(["{tool:" + tool.name + "}/" + bin for tool in tools for bin in tool.bins]),
            "TMPDIR": "/build/tmp",
            "TZ": "UTC",
        } | tools_env | toolchain.env | _find_deps(ctx, toolchain) | env | ctx.attrs.env,
        layout = {"kind": ctx.attrs.kind, "libdir": ctx.attrs.libdir, "prefix": ctx.attrs.prefix},
        patches = [{"$sha256": patch} for patch in ctx.attrs.patches],
        phases = toolchain.prepare + phases,
        sources = [
            {"dest": source.dest, "sha256": source.sha256 or {"$sha256": source.file}, "strip": source.strip}
            for source in sources
        ],
        toolchain = toolchain.toolchain,
        tools = [{"identity": tool.identity, "name": tool.name} for tool in tools],
        transforms = [["remove"] + ctx.attrs.remove] if ctx.attrs.remove else [],
        use = use_values(ctx.attrs.use),
    )
    paths = ctx.actions.write_json(
        "paths.json",
        {
            "deps": {dep[PackageRecipeInfo].name: dep[PackageTreeInfo].tree for _, dep in deps},
            "mentions_build": ctx.attrs.mentions_build,
            "patches": ctx.attrs.patches,
            "sources": [source.file for source in sources],
            "tools": {tool.name: tool.tree for tool in tools},
        },
        with_inputs = True,
        pretty = True,
    )
    build = SourceBuild(
        command = cmd_args(
            ctx.attrs._tool[RunInfo],
            "build",
            cmd_args("--recipe", recipe.recipe),
            cmd_args("--paths", paths),
        ),
        local_only = toolchain.local_only,
        weight = 2,
    )
    return recipe, build

def build_source_package(
        ctx: AnalysisContext,
        *,
        phases: list[list[str]],
        toolchain: Provider | None = None) -> list[Provider]:
    """What a source rule returns, once it knows its phases: names and argument vectors with placeholders."""
    recipe, build = source_build(ctx, phases = phases, toolchain = toolchain or ctx.attrs.toolchain[CToolchainInfo])
    return source_package_providers(
        ctx,
        build = build,
        deps = [dep[PackageRecipeInfo] for dep in ctx.attrs.build_deps + ctx.attrs.link_deps],
        recipe = recipe,
    )
