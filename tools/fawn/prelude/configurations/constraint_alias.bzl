"""`constraint_with_aliases`: a `constraint` whose values also have labels of their own."""

load(":constraint.bzl", "constraint")
load(":setting.bzl", "configuration_alias")

def constraint_with_aliases(*, name: str, aliases: dict[str, str], values: list[str], default: str, **kwargs) -> None:
    """Makes `:name` and, for each alias, a target that stands for `:name[value]`."""
    constraint(name = name, values = values, default = default, **kwargs)
    for alias, value in aliases.items():
        configuration_alias(
            name = alias,
            actual = ":{}[{}]".format(name, value),
            visibility = kwargs.get("visibility", []),
        )
