"""`configured_alias`: another name for a target, on a fixed platform."""

def _configured_alias_impl(ctx: AnalysisContext) -> list[Provider]:
    chosen, fallback = ctx.attrs.configured_actual, ctx.attrs.fallback_actual
    if (chosen == None) == (fallback == None):
        fail("`platform` is not set; give one, or set `fallback_to_unconfigured_alias`")
    return (chosen or fallback).providers

configured_alias = rule(
    doc = "Another name for a target in the configuration of a platform. Use the macro of this name.",
    impl = _configured_alias_impl,
    attrs = {
        "actual": attrs.label(doc = "What is meant, for queries."),
        "configured_actual": attrs.option(attrs.configured_dep(), default = None, doc = "What is meant, with its platform."),
        "contacts": attrs.list(attrs.string(), default = [], doc = "For people."),
        "fallback_actual": attrs.option(attrs.dep(), default = None, doc = "What is meant where there is no platform."),
        "labels": attrs.list(attrs.string(), default = [], doc = "For people."),
        "licenses": attrs.list(attrs.source(), default = [], doc = "For people."),
        "platform": attrs.option(attrs.label(), default = None, doc = "The platform, for queries."),
    },
)

def configured_alias_macro(*, name: str, actual: str, platform, fallback_to_unconfigured_alias: bool = False, **kwargs) -> None:
    """Another name for `actual`, always in the configuration of `platform` (which may be a `select`)."""
    keep = lambda platform: platform != None or not fallback_to_unconfigured_alias
    configured_alias(
        name = name,
        actual = actual,
        configured_actual = select_map(platform, lambda platform: (actual, platform) if keep(platform) else None),
        fallback_actual = select_map(platform, lambda platform: None if keep(platform) else actual),
        platform = platform,
        **kwargs
    )
