"""`set_cfg_modifiers`: modifiers for every target below a PACKAGE file."""

def set_cfg_modifiers(
        cfg_modifiers: list | None = None,
        extra_cfg_modifiers_per_rule: dict[str, list] | None = None) -> None:
    """Adds modifiers; those of `extra_cfg_modifiers_per_rule` count for targets of one rule only, and win."""
    entries = list(get_parent_modifiers() or [])
    entries.append({"modifiers": cfg_modifiers or [], "rule_name": None})
    for rule_name, modifiers in (extra_cfg_modifiers_per_rule or {}).items():
        entries.append({"modifiers": modifiers, "rule_name": rule_name})
    set_modifiers(entries)
