"""What modifiers are, and how they change a configuration.

A modifier is the label of a constraint value, or a conditional one made by `modifiers.match` or
`modifiers.conditional`: a dict from condition to modifier with the entry `"_type": "ModifiersMatch"`.
"""

load(":name.bzl", "cfg_name")

# Buck2's key of modifiers in `metadata`, which `set_cfg_constructor` still asks for.
MODIFIER_METADATA_KEY = "buck.cfg_modifiers"

def is_match(modifier) -> bool:
    """Whether a modifier is a conditional one."""
    return isinstance(modifier, dict)

def modifier_refs(modifier) -> list[str]:
    """The labels that must be looked up before a modifier can be applied."""
    if modifier == None:
        return []
    if not is_match(modifier):
        return [modifier]
    refs = []
    for key, inner in modifier.items():
        if key == "_type":
            continue
        if key != "DEFAULT":
            refs.append(key)
        refs.extend(modifier_refs(inner))
    return refs

def _holds(condition: ConfigurationInfo, constraints: dict[TargetLabel, ConstraintValueInfo]) -> bool:
    for setting, value in condition.constraints.items():
        actual = constraints.get(setting)
        label = actual.label if actual else value.setting.default
        if label != value.label:
            return False
    return True

def _choose(modifier, refs: dict[str, ProviderCollection], constraints: dict[TargetLabel, ConstraintValueInfo]) -> str | None:
    if modifier == None or not is_match(modifier):
        return modifier
    for key, inner in modifier.items():
        if key not in ("_type", "DEFAULT") and _holds(refs[key][ConfigurationInfo], constraints):
            return _choose(inner, refs, constraints)
    return _choose(modifier.get("DEFAULT"), refs, constraints)

def apply_modifiers(
        modifiers: list,
        refs: dict[str, ProviderCollection],
        base: PlatformInfo | None) -> PlatformInfo:
    """The platform after all modifiers; later ones win."""
    constraints = dict(base.configuration.constraints) if base else {}
    for modifier in modifiers:
        label = _choose(modifier, refs, constraints)
        if label == None:
            continue
        info = refs[label].get(ConfigurationInfo)
        if info == None or len(info.constraints) != 1:
            fail("the modifier {} must be a single constraint value".format(repr(label)))
        constraints.update(info.constraints)
    cfg = ConfigurationInfo(constraints = constraints, values = {})
    return PlatformInfo(label = cfg_name(cfg), configuration = cfg)

def resolve_alias(modifier: str, aliases) -> list[str]:
    """The modifiers that a word of the command line stands for."""
    if ":" in modifier:
        return [modifier]
    found = getattr(aliases, modifier, None) if aliases else None
    if found == None:
        known = ", ".join(sorted(dir(aliases))) if aliases else "none"
        fail("unknown modifier {}; known aliases: {}; anything else is the label of a constraint value".format(repr(modifier), known))
    return found if isinstance(found, list) else [found]
