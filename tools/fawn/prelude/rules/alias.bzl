"""`alias`: another name for a target."""

def _alias_impl(ctx: AnalysisContext) -> list[Provider]:
    return ctx.attrs.actual.providers if ctx.attrs.actual else [DefaultInfo()]

alias = rule(
    doc = """Another name for a target, in the configuration of whoever asks.

    ```python
    alias(name = "tool", actual = "//deep/down:tool-1.2")
    ```
    """,
    impl = _alias_impl,
    attrs = {
        "actual": attrs.option(attrs.dep(), default = None, doc = "What is meant; without it the target is empty."),
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
    },
)
