"""`sh_test`: a test that is a program."""

def _command(ctx: AnalysisContext) -> cmd_args:
    hidden = list(ctx.attrs.resources)
    for dep in ctx.attrs.deps:
        hidden.extend(dep[DefaultInfo].default_outputs)
        hidden.extend(dep[DefaultInfo].other_outputs)
    test = ctx.attrs.test
    if test == None:
        return cmd_args(hidden = hidden)
    if isinstance(test, Artifact):
        return cmd_args(test, hidden = hidden)
    if RunInfo in test:
        return cmd_args(test[RunInfo], hidden = hidden)
    return cmd_args(test[DefaultInfo].default_outputs, hidden = hidden + test[DefaultInfo].other_outputs)

def _sh_test_impl(ctx: AnalysisContext) -> list[Provider]:
    if ctx.attrs.list_args or ctx.attrs.list_env or ctx.attrs.run_args or ctx.attrs.run_env:
        fail("`list_args`, `list_env`, `run_args` and `run_env` are not supported")
    from_root = "buck2_run_from_project_root" in ctx.attrs.labels
    return [
        DefaultInfo(),
        ExternalRunnerTestInfo(
            type = ctx.attrs.type or "custom",
            command = [_command(ctx)] + ctx.attrs.args,
            contacts = ctx.attrs.contacts,
            env = ctx.attrs.env,
            labels = ctx.attrs.labels,
            run_from_project_root = from_root,
            use_project_relative_paths = from_root,
        ),
    ]

sh_test = rule(
    doc = """Starts a program; exit code 0 passes.

    ```python
    sh_test(name = "check", test = "check.sh", args = ["$(location :data)"])
    ```
    """,
    impl = _sh_test_impl,
    attrs = {
        "args": attrs.list(attrs.arg(), default = [], doc = "Its arguments."),
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "deps": attrs.list(attrs.dep(), default = [], doc = "Targets whose outputs must exist."),
        "env": attrs.dict(attrs.string(), attrs.arg(), default = {}, doc = "Its variables."),
        "labels": attrs.list(attrs.string(), default = [], doc = "`buck2_run_from_project_root` makes paths relative."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "list_args": attrs.option(attrs.list(attrs.string()), default = None, doc = "Not supported."),
        "list_env": attrs.option(attrs.dict(attrs.string(), attrs.string()), default = None, doc = "Not supported."),
        "resources": attrs.list(attrs.source(allow_directory = True), default = [], doc = "Files that it reads."),
        "run_args": attrs.list(attrs.string(), default = [], doc = "Not supported."),
        "run_env": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Not supported."),
        "test": attrs.option(attrs.one_of(attrs.dep(), attrs.source()), default = None, doc = "The program: a target or a file."),
        "type": attrs.option(attrs.string(), default = None, doc = "Kind of test, for reports."),
    },
)
