"""Conditional modifiers."""

def _match(conditions: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return {"_type": "ModifiersMatch"} | conditions

# `modifiers.match({"//condition": modifier, "DEFAULT": modifier})`.
modifiers = struct(match = _match)
