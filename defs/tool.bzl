"""`tool`: a program that is run here, whoever asks for it."""

def _tool_impl(ctx: AnalysisContext) -> list[Provider]:
    return ctx.attrs.actual.providers

tool = rule(
    doc = """Forwards a program, built for the machine that builds. `buck2 run` on it and the actions that name it share
    one build; an `alias` would build the program again for the target platform.

    ```python
    tool(name = "psp", actual = ":programs[psp]")
    ```
    """,
    impl = _tool_impl,
    attrs = {"actual": attrs.exec_dep(providers = [RunInfo], doc = "The program.")},
)
