"""`sh_test`: a program that passes by exiting with 0."""

def _sh_test_impl(ctx: AnalysisContext) -> list[Provider]:
    test = ctx.attrs.test
    if isinstance(test, Artifact):
        program = RunInfo(args = cmd_args(test))
    elif RunInfo in test:
        program = test[RunInfo]
    else:
        program = RunInfo(args = cmd_args(test[DefaultInfo].default_outputs))
    hidden = [dep[DefaultInfo].default_outputs for dep in ctx.attrs.deps] + ctx.attrs.resources
    command = RunInfo(args = cmd_args(program, hidden = hidden))
    return [
        DefaultInfo(),
        RunInfo(args = cmd_args(command, ctx.attrs.args)),
        ExternalRunnerTestInfo(
            type = ctx.attrs.type,
            command = [command] + ctx.attrs.args,
            contacts = ctx.attrs.contacts,
            env = ctx.attrs.env,
            labels = ctx.attrs.labels,
            run_from_project_root = ctx.attrs.run_from_project_root if ctx.attrs.run_from_project_root != None else True,
            use_project_relative_paths = True,
        ),
    ]

sh_test = rule(
    doc = "Starts a script or program; it passes when it exits with 0.",
    impl = _sh_test_impl,
    attrs = {
        "args": attrs.list(attrs.arg(), default = [], doc = "Arguments."),
        "contacts": attrs.list(attrs.string(), default = [], doc = "Whom to ask."),
        "deps": attrs.list(attrs.dep(), default = [], doc = "Targets that must be built."),
        "env": attrs.dict(attrs.string(), attrs.arg(), default = {}, doc = "Environment variables."),
        "labels": attrs.list(attrs.string(), default = [], doc = "Free labels."),
        "resources": attrs.list(attrs.source(allow_directory = True), default = [], doc = "Files it reads."),
        "run_from_project_root": attrs.option(attrs.bool(), default = None, doc = "Where it starts; the project root by default."),
        "test": attrs.one_of(attrs.dep(), attrs.source(), doc = "The program."),
        "type": attrs.string(default = "custom", doc = "Kind of test, for the runner."),
    },
)
