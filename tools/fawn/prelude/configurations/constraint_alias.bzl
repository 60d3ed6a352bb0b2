"""`constraint_with_aliases`: a `constraint` whose values also have labels of their own."""

def constraint_with_aliases(*, name: str, aliases: dict[str, str], values: list[str], default: str, **kwargs) -> None:
    """Makes `:name` and, for each alias, a target that stands for `:name[value]`."""
    native.constraint(name = name, values = values, default = default, **kwargs)
    for alias, value in aliases.items():
        native.configuration_alias(
            name = alias,
            actual = ":{}[{}]".format(name, value),
            visibility = kwargs.get("visibility", []),
        )
