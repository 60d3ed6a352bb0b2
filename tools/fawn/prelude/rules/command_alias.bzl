"""`command_alias`: a program with some arguments already given."""

def _run_info(exe) -> RunInfo:
    if isinstance(exe, Artifact):
        return RunInfo(args = cmd_args(exe))
    return exe[RunInfo] if RunInfo in exe else RunInfo(args = cmd_args(exe[DefaultInfo].default_outputs))

# Stands for the script's own folder until the script runs: paths are relative to it, and only it knows where it is.
_HERE = "BUCK_COMMAND_ALIAS_ABSOLUTE_PREFIX"

def _trampoline(ctx: AnalysisContext, command: cmd_args) -> (Artifact, cmd_args):
    script = ctx.actions.declare_output(ctx.attrs.executable_name or "__command_alias_trampoline.sh")
    exports = []
    for name, value in ctx.attrs.env.items():
        exports.append(cmd_args("export ", name, "=", cmd_args(value, quote = "shell"), delimiter = ""))
        exports.append('export {0}="${{{0}//{1}/$BASE}}"'.format(name, _HERE))
    lines = cmd_args(
        "#!/usr/bin/env bash",
        "set -euo pipefail",
        'BASE=$(dirname "$(realpath "$0")")',
        "ARGS=(",
        cmd_args(command, quote = "shell"),
        ")",
        "R_ARGS=()",
        'for arg in "${ARGS[@]}"; do R_ARGS+=("${arg//' + _HERE + '/$BASE}"); done',
        exports,
        'exec "${R_ARGS[@]}" "$@"',
        relative_to = (script, 1),
        absolute_prefix = _HERE + "/",
    )
    ctx.actions.write(script.as_output(), lines, allow_args = True, is_executable = True)
    return script, lines

def _command_alias_impl(ctx: AnalysisContext) -> list[Provider]:
    if ctx.attrs.exe == None:
        fail("`exe` is missing; name the program")
    command = cmd_args(_run_info(ctx.attrs.exe), ctx.attrs.args)
    script, hidden = _trampoline(ctx, command)
    direct = not ctx.attrs.env and not ctx.attrs.run_using_single_arg and ctx.attrs.executable_name == None
    run = command if direct else cmd_args(script, hidden = hidden)
    return [
        DefaultInfo(default_output = script, other_outputs = [hidden] + ctx.attrs.resources),
        RunInfo(args = cmd_args(run, hidden = ctx.attrs.resources)),
    ]

command_alias = rule(
    doc = "A program with arguments and variables already given; the target itself is a script that starts it.",
    impl = _command_alias_impl,
    attrs = {
        "args": attrs.list(attrs.arg(), default = [], doc = "Arguments before the caller's."),
        "env": attrs.dict(attrs.string(), attrs.arg(), default = {}, doc = "Environment variables."),
        "exe": attrs.option(attrs.one_of(attrs.dep(), attrs.source()), default = None, doc = "The program."),
        "executable_name": attrs.option(attrs.string(), default = None, doc = "Name of the script."),
        "labels": attrs.list(attrs.string(), default = [], doc = "Free labels."),
        "resources": attrs.list(attrs.source(allow_directory = True), default = [], doc = "Files the program reads."),
        "run_using_single_arg": attrs.bool(default = False, doc = "Always goes through the script."),
    },
)
