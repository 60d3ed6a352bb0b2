"""The two stages of `set_cfg_constructor`: which labels the modifiers need, and the platform that they give."""

load(":common.bzl", "apply_modifiers", "modifier_refs", "resolve_alias")

def cfg_constructor_pre_constraint_analysis(
        *,
        legacy_platform: PlatformInfo | None,
        package_modifiers: list | None,
        target_modifiers: list | None,
        cli_modifiers: list[str],
        rule_name: str,
        aliases,
        **_kwargs):
    """Returns the labels to look up, and what the second stage needs besides.

    Modifiers of outer folders come first, those of the command line (or of the execution platform) last.
    """
    modifiers = []
    for entry in package_modifiers or []:
        if entry["rule_name"] in (None, rule_name):
            modifiers.extend(entry["modifiers"])
    modifiers.extend(target_modifiers or [])
    for word in cli_modifiers:
        modifiers.extend(resolve_alias(word, aliases))
    refs = [ref for modifier in modifiers for ref in modifier_refs(modifier)]
    return dedupe(refs), struct(legacy_platform = legacy_platform, modifiers = modifiers)

def cfg_constructor_post_constraint_analysis(*, refs: dict[str, ProviderCollection], params) -> PlatformInfo:
    """Returns the platform."""
    if not params.modifiers:
        empty = ConfigurationInfo(constraints = {}, values = {})
        return params.legacy_platform or PlatformInfo(label = "<empty>", configuration = empty)
    return apply_modifiers(params.modifiers, refs, params.legacy_platform)
