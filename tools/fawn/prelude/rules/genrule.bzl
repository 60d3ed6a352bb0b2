"""`genrule`: the output of a shell command."""

load("//:genrule_toolchain.bzl", "GenruleToolchainInfo")
load(":files.bzl", "by_path", "files_attr")

def _project(directory: Artifact, path: str) -> Artifact:
    return directory if path == "." else directory.project(path.removesuffix("/"), hide_prefix = True)

def _declare(ctx: AnalysisContext) -> (Artifact, Artifact, dict[str, list[Artifact]], list[Artifact]):
    """The directory of all outputs, what `$OUT` is, the named outputs and the default ones."""
    if (ctx.attrs.out == None) == (ctx.attrs.outs == None):
        fail("exactly one of `out` and `outs` must be set")
    directory = ctx.actions.declare_output("out", dir = True)
    if ctx.attrs.out != None:
        out = _project(directory, ctx.attrs.out)
        return directory, out, {}, [out]
    named = {name: [_project(directory, path) for path in paths] for name, paths in ctx.attrs.outs.items()}
    for name in ctx.attrs.executable_outs or []:
        if name not in named:
            fail("`executable_outs` has {}, which is not in `outs`".format(repr(name)))
    default = [_project(directory, path) for path in ctx.attrs.default_outs or []]
    return directory, directory, named, default or [directory]

def _script(ctx: AnalysisContext, command, srcs: Artifact, prepare: cmd_args) -> Artifact:
    # Commands run in the directory of the sources; every path in them is relative to it.
    lines = [
        cmd_args(
            cmd_args(ctx.label.project_root, quote = "shell", relative_to = srcs),
            format = "export BUCK_SCRATCH_PATH={}/$BUCK_SCRATCH_PATH",
        ),
        cmd_args(cmd_args(srcs, quote = "shell"), format = "cd {}"),
        cmd_args(prepare, format = "mkdir -p {} || exit 99", relative_to = srcs),
        cmd_args("export TMP=${TMPDIR:-/tmp}"),
        cmd_args(command, relative_to = srcs),
    ]
    script, _ = ctx.actions.write("sh/genrule.sh", lines, is_executable = True, allow_args = True)
    return script

def _genrule_impl(ctx: AnalysisContext) -> list[Provider]:
    command = ctx.attrs.bash if ctx.attrs.bash != None else ctx.attrs.cmd
    if command == None:
        fail("`cmd` (or `bash`) must be set")
    directory, out, named, default = _declare(ctx)
    prepare = cmd_args(directory.as_output() if out == directory else cmd_args(out.as_output(), parent = 1))
    files = by_path(ctx.attrs.srcs)
    srcs = ctx.actions.symlinked_dir("srcs", files)
    sources = cmd_args(
        [cmd_args(srcs, format = "./{}/" + path) for path in files],
        delimiter = ctx.attrs.environment_expansion_separator or " ",
    )
    env = {
        "GEN_DIR": "GEN_DIR_DEPRECATED",
        "OUT": out.as_output(),
        "SRCDIR": cmd_args(srcs, format = "./{}"),
        "SRCS": sources,
    } | {name: cmd_args(value) for name, value in ctx.attrs.env.items()}
    ctx.actions.run(
        cmd_args(
            ["/usr/bin/env", "bash", "-e", _script(ctx, command, srcs, prepare)],
            hidden = [command, srcs, directory.as_output()],
        ),
        always_print_stderr = ctx.attrs.always_print_stderr,
        category = "genrule" + ("_" + ctx.attrs.type.replace("-", "_").replace(".", "_") if ctx.attrs.type else ""),
        env = {name: cmd_args(value, relative_to = srcs) for name, value in env.items()},
        no_outputs_cleanup = ctx.attrs.no_outputs_cleanup,
        weight = ctx.attrs.weight or 1,
    )
    sub_targets = {
        name: [DefaultInfo(default_outputs = outputs)] + (
            [RunInfo(args = cmd_args(outputs))] if name in (ctx.attrs.executable_outs or []) else []
        )
        for name, outputs in named.items()
    }
    providers = [DefaultInfo(default_outputs = default, sub_targets = sub_targets)]
    if ctx.attrs.executable:
        providers.append(RunInfo(args = cmd_args(default)))
    return providers

genrule = rule(
    doc = """Runs a shell command and keeps what it makes. The command sees `$OUT`, `$SRCS`, `$SRCDIR` and `$TMP`, and runs
    in the directory of its sources.

    ```python
    genrule(name = "upper", srcs = ["in.txt"], out = "out.txt", cmd = "tr a-z A-Z < in.txt > $OUT")
    ```
    """,
    impl = _genrule_impl,
    attrs = {
        "allow_offline_output_cache": attrs.bool(default = False, doc = "Accepted for compatibility."),
        "always_print_stderr": attrs.bool(default = False, doc = "Show what the command says also when it succeeds."),
        "bash": attrs.option(attrs.arg(), default = None, doc = "The command, where it differs from `cmd`."),
        "cacheable": attrs.option(attrs.bool(), default = None, doc = "Accepted for compatibility."),
        "cmd": attrs.option(attrs.arg(), default = None, doc = "The command."),
        "cmd_exe": attrs.option(attrs.arg(), default = None, doc = "The command on Windows."),
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "default_outs": attrs.option(attrs.list(attrs.string()), default = None, doc = "Which of `outs` are built by default."),
        "env": attrs.dict(attrs.string(), attrs.arg(), default = {}, doc = "Further variables."),
        "environment_expansion_separator": attrs.option(attrs.string(), default = None, doc = "What stands between the paths in `$SRCS`; a space by default."),
        "executable": attrs.option(attrs.bool(), default = None, doc = "Whether the output can be run."),
        "executable_outs": attrs.option(attrs.list(attrs.string()), default = None, doc = "Which of `outs` can be run."),
        "has_content_based_path": attrs.option(attrs.bool(), default = None, doc = "Accepted for compatibility."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "need_android_tools": attrs.bool(default = False, doc = "Accepted for compatibility."),
        "no_outputs_cleanup": attrs.bool(default = False, doc = "Keep the outputs of the last run for an incremental tool."),
        "out": attrs.option(attrs.string(), default = None, doc = "Name of the output; `.` for a directory of any files."),
        "outs": attrs.option(attrs.dict(attrs.string(), attrs.list(attrs.string())), default = None, doc = "Names of outputs by sub-target."),
        "remote": attrs.option(attrs.bool(), default = None, doc = "Accepted for compatibility."),
        "srcs": files_attr("The sources, or a dict from path to source."),
        "type": attrs.option(attrs.string(), default = None, doc = "Kind of work, for logs."),
        "weight": attrs.option(attrs.int(), default = None, doc = "Job slots that the command takes."),
        "_genrule_toolchain": attrs.default_only(attrs.toolchain_dep(
            providers = [GenruleToolchainInfo],
            default = "toolchains//:genrule",
        )),
    },
)
