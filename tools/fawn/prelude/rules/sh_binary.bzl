"""`sh_binary`: a shell script as a program."""

def _sh_binary_impl(ctx: AnalysisContext) -> list[Provider]:
    main = ctx.attrs.main
    link = main.short_path
    if ctx.attrs.append_script_extension and not link.endswith(".sh"):
        link += ".sh"
    resources = {resource.short_path: resource for resource in ctx.attrs.resources}
    resources[link] = main
    assemble = ctx.actions.copied_dir if ctx.attrs.copy_resources else ctx.actions.symlinked_dir
    directory = assemble("resources", resources)
    script = ctx.actions.declare_output(ctx.label.name)
    lines = cmd_args(
        "#!/usr/bin/env bash",
        "set -e",
        '__SCRIPT_DIR=$(dirname "$(realpath "${BASH_SOURCE[0]}")")',
        "export BUCK_SH_BINARY_VERSION_UNSTABLE=2",
        cmd_args('export BUCK_PROJECT_ROOT="$__SCRIPT_DIR/', directory, '"', delimiter = ""),
        'export BUCK_DEFAULT_RUNTIME_RESOURCES="$BUCK_PROJECT_ROOT"',
        'exec "$BUCK_PROJECT_ROOT/{}" "$@"'.format(link),
        relative_to = (script, 1),
    )
    ctx.actions.write(script.as_output(), lines, allow_args = True, is_executable = True)
    return [
        DefaultInfo(default_output = script, other_outputs = [directory]),
        RunInfo(args = cmd_args(script, hidden = directory)),
    ]

sh_binary = rule(
    doc = "A shell script with the files it reads, which it finds below `$BUCK_PROJECT_ROOT`.",
    impl = _sh_binary_impl,
    attrs = {
        "append_script_extension": attrs.bool(default = True, doc = "Calls the script `….sh` in its directory."),
        "copy_resources": attrs.bool(default = False, doc = "Copies the files, or links them."),
        "labels": attrs.list(attrs.string(), default = [], doc = "Free labels."),
        "main": attrs.source(doc = "The script."),
        "resources": attrs.list(attrs.source(allow_directory = True), default = [], doc = "Files it reads."),
    },
)
