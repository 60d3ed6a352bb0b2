"""`constraint_with_aliases`: a constraint whose values are targets as well."""

load(":constraint.bzl", "constraint")
load(":platform.bzl", "configuration_alias")

def constraint_with_aliases(*, name: str, aliases: dict[str, str], visibility: list[str] = [], **kwargs) -> None:
    """Makes a `constraint` and, for each entry of `aliases`, a target of that name that means the value."""
    constraint(name = name, visibility = visibility, **kwargs)
    for alias, value in aliases.items():
        configuration_alias(
            name = alias,
            actual = ":{}[{}]".format(name, value),
            visibility = visibility,
        )
