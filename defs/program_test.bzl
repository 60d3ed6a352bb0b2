"""`program_test`: a program that passes by exiting with 0."""

def _program_test_impl(ctx: AnalysisContext) -> list[Provider]:
    return [
        DefaultInfo(),
        ExternalRunnerTestInfo(
            type = "program",
            command = [ctx.attrs.program] + ctx.attrs.args,
            env = ctx.attrs.env,
            # A test may start servers on the loopback interface, which an execution platform without a network lacks.
            default_executor = CommandExecutorConfig(local_enabled = True, remote_enabled = False),
            run_from_project_root = True,
            use_project_relative_paths = True,
        ),
    ]

program_test = rule(
    doc = """Starts a program, or an executable script, from the project root; it passes when it exits with 0.
    `$(location …)` in the arguments hands it what was built.

    ```python
    program_test(name = "greets", program = "greets.sh", args = ["$(location //apps/hello:psp)"])
    ```
    """,
    impl = _program_test_impl,
    attrs = {
        "args": attrs.list(attrs.arg(), default = [], doc = "Arguments."),
        "env": attrs.dict(attrs.string(), attrs.arg(), default = {}, doc = "Environment variables."),
        "program": attrs.source(doc = "The program."),
    },
)
