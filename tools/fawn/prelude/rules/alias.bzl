"""`alias` and `configured_alias`: other names of targets."""

def _alias_impl(ctx: AnalysisContext) -> list[Provider]:
    return ctx.attrs.actual.providers if ctx.attrs.actual else [DefaultInfo()]

alias = rule(
    doc = "Another name of a target.",
    impl = _alias_impl,
    attrs = {"actual": attrs.option(attrs.dep(), default = None, doc = "The target.")},
)

def _configured_alias_impl(ctx: AnalysisContext) -> list[Provider]:
    if (ctx.attrs.configured_actual == None) == (ctx.attrs.fallback_actual == None):
        fail("exactly one of `configured_actual` and `fallback_actual` must be set")
    return (ctx.attrs.configured_actual or ctx.attrs.fallback_actual).providers

_configured_alias = rule(
    doc = "A target on a platform of its own.",
    impl = _configured_alias_impl,
    attrs = {
        "configured_actual": attrs.option(attrs.configured_dep(), default = None, doc = "Target and platform."),
        "fallback_actual": attrs.option(attrs.dep(), default = None, doc = "Target for where the platform does not exist."),
    },
)

def configured_alias(*, name: str, actual: str | None = None, platform: str | None = None, fallback_actual: str | None = None, **kwargs) -> None:
    """The target `actual`, configured for `platform`."""
    _configured_alias(
        name = name,
        configured_actual = (actual, platform) if actual and platform else None,
        fallback_actual = fallback_actual,
        **kwargs
    )
