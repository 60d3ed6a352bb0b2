"""`command_alias`: a program with some of its arguments."""

def _base(ctx: AnalysisContext) -> cmd_args:
    exe = ctx.attrs.exe
    if exe == None:
        return cmd_args()
    if isinstance(exe, Artifact):
        return cmd_args(exe)
    return cmd_args(exe[RunInfo] if RunInfo in exe else exe[DefaultInfo].default_outputs)

def _command_alias_impl(ctx: AnalysisContext) -> list[Provider]:
    if ctx.attrs.platform_exe:
        fail("`platform_exe` is not supported; use a `select` in `exe`")
    base = _base(ctx)
    args = cmd_args(ctx.attrs.args)
    script = ctx.actions.declare_output(ctx.attrs.executable_name or "__command_alias_trampoline.sh")
    lines = cmd_args("#!/usr/bin/env bash", "set -euo pipefail")
    # A path is written as seen from the script, whose place is known only when it runs.
    lines.add("args=(", cmd_args(base, args, quote = "shell"), ")")
    lines.add(
        "here=$(cd -- \"$(dirname \"$(realpath \"$0\")\")\" && pwd -P)",
        "args=(\"${args[@]//BUCK_COMMAND_ALIAS_ABSOLUTE_PREFIX/$here}\")",
    )
    for name, value in ctx.attrs.env.items():
        lines.add(
            cmd_args("export ", name, "=", cmd_args(value, quote = "shell"), delimiter = ""),
            cmd_args("export ", name, "=\"${", name, "//BUCK_COMMAND_ALIAS_ABSOLUTE_PREFIX/$here}\"", delimiter = ""),
        )
    lines.add("exec \"${args[@]}\" \"$@\"")
    written = cmd_args(
        lines,
        absolute_prefix = "BUCK_COMMAND_ALIAS_ABSOLUTE_PREFIX/",
        hidden = ctx.attrs.resources,
        relative_to = (script, 1),
    )
    ctx.actions.write(script.as_output(), written, allow_args = True, is_executable = True)
    through_script = ctx.attrs.env or ctx.attrs.run_using_single_arg or ctx.attrs.executable_name
    return [
        DefaultInfo(default_output = script, other_outputs = [cmd_args(hidden = written)] + ctx.attrs.resources),
        RunInfo(args = cmd_args(script, hidden = written) if through_script else cmd_args(base, args, hidden = ctx.attrs.resources)),
    ]

command_alias = rule(
    doc = """Runs a program with these arguments first.

    ```python
    command_alias(name = "fmt", exe = ":tool", args = ["--style=short"])
    ```
    """,
    impl = _command_alias_impl,
    attrs = {
        "args": attrs.list(attrs.arg(), default = [], doc = "Arguments before those of the caller."),
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "env": attrs.dict(attrs.string(), attrs.arg(), default = {}, doc = "Variables of the program."),
        "exe": attrs.option(attrs.one_of(attrs.dep(), attrs.source()), default = None, doc = "The program: a target or a file."),
        "executable_name": attrs.option(attrs.string(), default = None, doc = "Name of the script."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "platform_exe": attrs.dict(attrs.string(), attrs.dep(), default = {}, doc = "Not supported."),
        "resources": attrs.list(attrs.source(), default = [], doc = "Files that it reads."),
        "run_using_single_arg": attrs.bool(default = False, doc = "Always start it through the script."),
    },
)
