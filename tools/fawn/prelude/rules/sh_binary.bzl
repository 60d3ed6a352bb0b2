"""`sh_binary`: a shell script with the files that it needs."""

def _link(src: Artifact) -> str:
    if src.is_source:
        return src.short_path
    owner = src.owner
    return owner.package + "/" + owner.name if owner.package else owner.name

def _sh_binary_impl(ctx: AnalysisContext) -> list[Provider]:
    if ctx.attrs.deps:
        fail("`deps` of `sh_binary` is not supported; use `resources`")
    main = ctx.attrs.main.short_path
    if ctx.attrs.append_script_extension and not main.endswith(".sh"):
        main += ".sh"
    links = {_link(src): src for src in ctx.attrs.resources} | {main: ctx.attrs.main}
    resources = (ctx.actions.copied_dir if ctx.attrs.copy_resources else ctx.actions.symlinked_dir)("resources", links)
    script = ctx.actions.declare_output(ctx.label.name)
    ctx.actions.write(
        script.as_output(),
        cmd_args(
            "#!/usr/bin/env bash",
            "set -e",
            "here=$(dirname \"$(realpath \"${BASH_SOURCE[0]}\")\")",
            "export BUCK_SH_BINARY_VERSION_UNSTABLE=2",
            cmd_args("export BUCK_PROJECT_ROOT=\"$here/", resources, "\"", delimiter = ""),
            "export BUCK_DEFAULT_RUNTIME_RESOURCES=\"$BUCK_PROJECT_ROOT\"",
            "exec \"$BUCK_PROJECT_ROOT/{}\" \"$@\"".format(main),
            relative_to = (script, 1),
        ),
        is_executable = True,
    )
    script = script.with_associated_artifacts([resources])
    return [
        DefaultInfo(default_output = script, other_outputs = [resources]),
        RunInfo(args = cmd_args(script, hidden = resources)),
    ]

sh_binary = rule(
    doc = """Runs a shell script from wherever it is started; its resources are below `$BUCK_DEFAULT_RUNTIME_RESOURCES`.

    ```python
    sh_binary(name = "tool", main = "tool.sh", resources = ["data.txt"])
    ```
    """,
    impl = _sh_binary_impl,
    attrs = {
        "append_script_extension": attrs.bool(default = True, doc = "Give the script the extension `.sh`."),
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "copy_resources": attrs.bool(default = False, doc = "Copy the resources instead of linking them."),
        "deps": attrs.list(attrs.dep(), default = [], doc = "Not supported."),
        "has_content_based_path": attrs.option(attrs.bool(), default = None, doc = "Accepted for compatibility."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "main": attrs.source(doc = "The script."),
        "resources": attrs.list(attrs.source(allow_directory = True), default = [], doc = "Files that it reads."),
    },
)
