"""`release_matrix`: the same targets for many platforms, in one folder."""

load("//defs/platforms:names.bzl", "platform_constraints")

PLATFORMS = sorted(platform_constraints())

def _attribute(platform: str) -> str:
    return platform.replace("-", "_")

def _file_name(name: str, word: str, extension: str, platform: str) -> str:
    # Windows starts nothing without it.
    return "{}-{}{}{}".format(name, word, extension, ".exe" if platform.startswith("windows-") else "")

def _only_file(dep: Dependency) -> Artifact:
    files = dep[DefaultInfo].default_outputs
    if len(files) != 1:
        fail("`srcs`: {} has {} outputs; expected one file".format(dep.label.raw_target(), len(files)))
    return files[0]

def _check(ctx: AnalysisContext) -> None:
    for platform in ctx.attrs.platforms + ctx.attrs.optional:
        if platform not in PLATFORMS:
            fail("`platforms` has {}; expected some of {}".format(repr(platform), ", ".join(PLATFORMS)))
    if not ctx.attrs.platforms:
        fail("`platforms` is empty; name those that the release is for")
    for platform in ctx.attrs.optional:
        if platform not in ctx.attrs.platforms:
            fail("`optional` has {}, which `platforms` has not".format(repr(platform)))

def _release_matrix_rule_impl(ctx: AnalysisContext) -> list[Provider]:
    _check(ctx)
    wanted, sub_targets = {}, {}
    for platform in ctx.attrs.platforms:
        files = {
            _file_name(name, ctx.attrs.words.get(platform, platform), ctx.attrs.extension, platform): _only_file(dep)
            for name, dep in getattr(ctx.attrs, _attribute(platform)).items()
        }
        sub_targets[platform] = [DefaultInfo(
            default_outputs = files.values(),
            sub_targets = {name: [DefaultInfo(default_output = file)] for name, file in files.items()},
        )]
        if platform not in ctx.attrs.optional or ctx.attrs._with_optional == "true":
            wanted.update(files)
    out = ctx.actions.declare_output(ctx.label.name, dir = True)
    ctx.actions.run(
        cmd_args(
            ctx.attrs._tool[RunInfo],
            "release",
            [["--file", cmd_args(file, format = name + "={}")] for name, file in wanted.items()],
            cmd_args("--out", out.as_output()),
        ),
        category = "release",
    )
    return [DefaultInfo(default_output = out, sub_targets = sub_targets)]

release_matrix_rule = rule(
    doc = "The rule beneath the macro `release_matrix`.",
    impl = _release_matrix_rule_impl,
    attrs = {
        _attribute(platform): attrs.dict(
            attrs.string(),
            attrs.transition_dep(cfg = "//defs/platforms:to-" + platform),
            default = {},
            doc = "What is wanted for {}, by name.".format(platform),
        )
        for platform in PLATFORMS
    } | {
        "extension": attrs.string(default = "", doc = "Last part of the names of files, such as `.psp`."),
        "optional": attrs.list(attrs.string(), default = [], doc = "Platforms that are left out of the folder, unless `[buckpack] optional_platforms` is `true`."),
        "platforms": attrs.list(attrs.string(), doc = "What the release is for."),
        "words": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Other words for platforms in the names of files."),
        "_tool": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//tools:binpkg-tool")),
        "_with_optional": attrs.default_only(attrs.string(default = read_root_config("buckpack", "optional_platforms", "false"))),
    },
)

def release_matrix(*, name: str, srcs: dict[str, str], platforms: list[str] = PLATFORMS, **kwargs) -> None:
    """The rule `release_matrix_rule`: a folder with a file for each platform, named after it, and their digests in `SHA256SUMS`.

    `srcs` says what is wanted, by the first part of the file's name. Everything is built for every platform of `platforms`, by
    default all; what cannot be built is an error, and the folder is never smaller than promised. Each platform is a sub-target.

        release_matrix(name = "dist", srcs = {"myapp-1.0.0": ":psp"}, extension = ".psp")

    makes `myapp-1.0.0-linux-musl-amd64.psp` and so on; `:dist[darwin-arm64]` builds one of them.
    """
    release_matrix_rule(
        name = name,
        platforms = platforms,
        **({_attribute(platform): srcs for platform in platforms if platform in PLATFORMS} | kwargs)
    )
