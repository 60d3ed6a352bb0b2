"""`genrule`: an output made by a shell command."""

load("@prelude//:genrule_toolchain.bzl", "GenruleToolchainInfo")

def _named_sources(srcs) -> dict[str, Artifact]:
    if isinstance(srcs, dict):
        return srcs
    named = {}
    for src in srcs:
        if named.get(src.short_path, src) != src:
            fail("`srcs` has two files that would be {}: {} and {}".format(repr(src.short_path), named[src.short_path], src))
        named[src.short_path] = src
    return named

def _project(directory: Artifact, path: str) -> Artifact:
    return directory if path == "." else directory.project(path, hide_prefix = True)

def _script(*, command, prepare, sources: Artifact, root) -> cmd_args:
    """The lines of the script: go to the sources, where every path of the command is made to hold, then the command."""
    lines = cmd_args(
        cmd_args("export BUCK_SCRATCH_PATH=", cmd_args(root, quote = "shell"), "/$BUCK_SCRATCH_PATH", delimiter = ""),
        cmd_args("mkdir -p", prepare, "|| exit 99", delimiter = " "),
        "export TMP=${TMPDIR:-/tmp}",
        command,
        relative_to = sources,
    )
    return cmd_args(cmd_args("cd", cmd_args(sources, quote = "shell"), delimiter = " "), lines)

def _genrule_impl(ctx: AnalysisContext) -> list[Provider]:
    if (ctx.attrs.out == None) == (ctx.attrs.outs == None):
        fail("exactly one of `out` and `outs` must be set")
    command = ctx.attrs.bash if ctx.attrs.bash != None else ctx.attrs.cmd
    if command == None:
        fail("one of `cmd` and `bash` must be set")
    command = cmd_args(command)

    directory = ctx.actions.declare_output("out", dir = True)
    if ctx.attrs.out != None:
        target = _project(directory, ctx.attrs.out)
        prepare = target.as_output() if ctx.attrs.out == "." else cmd_args(target.as_output(), parent = 1)
        defaults = [target]
        named = {}
    else:
        target = directory
        prepare = directory.as_output()
        named = {name: [_project(directory, path) for path in paths] for name, paths in ctx.attrs.outs.items()}
        defaults = [_project(directory, path) for path in ctx.attrs.default_outs or []] or [directory]

    names = _named_sources(ctx.attrs.srcs)
    sources = ctx.actions.symlinked_dir("srcs", names)
    listed = cmd_args(
        [cmd_args(sources, format = "./{}/" + name) for name in names],
        delimiter = ctx.attrs.environment_expansion_separator or " ",
    )
    env = {
        "GEN_DIR": "GEN_DIR_DEPRECATED",
        "OUT": target.as_output(),
        "SRCDIR": cmd_args(sources, format = "./{}"),
        "SRCS": listed,
    } | {name: cmd_args(value) for name, value in ctx.attrs.env.items()}

    script, _ = ctx.actions.write(
        "sh/genrule.sh",
        _script(command = command, prepare = prepare, sources = sources, root = ctx.label.project_root),
        allow_args = True,
        is_executable = True,
    )
    ctx.actions.run(
        cmd_args("/usr/bin/env", "bash", "-e", script, hidden = [command, sources, directory.as_output()]),
        env = {name: cmd_args(value, relative_to = sources) for name, value in env.items()},
        category = "genrule" + ("_" + ctx.attrs.type.replace("-", "_").replace(".", "_") if ctx.attrs.type else ""),
        weight = ctx.attrs.weight or 1,
        always_print_stderr = ctx.attrs.always_print_stderr,
    )

    providers = [DefaultInfo(
        default_outputs = defaults,
        sub_targets = {name: [DefaultInfo(default_outputs = outputs)] for name, outputs in named.items()},
    )]
    if ctx.attrs.executable:
        providers.append(RunInfo(args = cmd_args(defaults)))
    return providers

genrule = rule(
    doc = "An output made by a shell command, which finds its sources in `$SRCDIR` (`$SRCS`) and writes `$OUT`.",
    impl = _genrule_impl,
    attrs = {
        "always_print_stderr": attrs.bool(default = False, doc = "Shows what the command says also when it succeeds."),
        "bash": attrs.option(attrs.arg(), default = None, doc = "The command; goes before `cmd`."),
        "cacheable": attrs.option(attrs.bool(), default = None, doc = "Accepted; results of fawn are always cached on disk."),
        "cmd": attrs.option(attrs.arg(), default = None, doc = "The command."),
        "cmd_exe": attrs.option(attrs.arg(), default = None, doc = "The command on Windows, where fawn has no genrule."),
        "default_outs": attrs.option(attrs.list(attrs.string()), default = None, doc = "With `outs`: what the target itself gives."),
        "env": attrs.dict(attrs.string(), attrs.arg(), default = {}, doc = "Environment variables."),
        "environment_expansion_separator": attrs.option(attrs.string(), default = None, doc = "Between the paths in `$SRCS`; a space by default."),
        "executable": attrs.option(attrs.bool(), default = None, doc = "Whether the output can be run."),
        "labels": attrs.list(attrs.string(), default = [], doc = "Free labels."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the output."),
        "outs": attrs.option(attrs.dict(attrs.string(), attrs.list(attrs.string())), default = None, doc = "Named outputs, sub-targets of the target."),
        "srcs": attrs.one_of(
            attrs.list(attrs.source(allow_directory = True)),
            attrs.dict(attrs.string(), attrs.source(allow_directory = True)),
            default = [],
            doc = "Files that the command reads.",
        ),
        "type": attrs.option(attrs.string(), default = None, doc = "Kind of work, a part of the action's category."),
        "weight": attrs.option(attrs.int(), default = None, doc = "Job slots."),
        "_genrule_toolchain": attrs.default_only(attrs.toolchain_dep(
            default = "toolchains//:genrule",
            providers = [GenruleToolchainInfo],
        )),
    },
)
