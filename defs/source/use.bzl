"""`use` flags: constraints that packages declare, set by modifiers."""

# The package with the constraints. A consumer's own flags may live elsewhere: `use_flags` takes labels, too.
_FLAGS = "//packages/use:"

def _constraint(flag: str) -> str:
    return flag if ":" in flag else _FLAGS + flag

def _name(flag: str) -> str:
    return flag.split(":")[-1]

def use_flags(flags: list[str]) -> typing.Any:
    """The value of the attribute `use`: each flag that the package declares, on (`nls`) or off (`-nls`) by configuration.

    What is not declared does not influence the package, whatever it is set to."""
    value = []
    for flag in flags:
        value = value + use_select(flag, on = [_name(flag)], off = ["-" + _name(flag)])
    return value

def use_select(flag: str, *, on: typing.Any, off: typing.Any) -> Select:
    """A value that depends on one flag."""
    return select({
        "DEFAULT": off,
        _constraint(flag) + "[on]": on,
    })

def use_values(words: list[str]) -> dict[str, bool]:
    """The field `use` of a recipe."""
    values = {}
    for word in words:
        name = word.removeprefix("-")
        if name in values:
            fail("`use` has the flag {} twice; expected every flag once".format(repr(name)))
        values[name] = not word.startswith("-")
    return values

def use_aliases(flags: list[str]) -> dict[str, str]:
    """Modifier aliases for flags: `nls` and `no-nls`."""
    return {flag: _constraint(flag) + "[on]" for flag in flags} | {"no-" + flag: _constraint(flag) + "[off]" for flag in flags}
