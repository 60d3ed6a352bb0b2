"""What `flavor_package` refuses before anything runs: words in its dicts that no launcher knows."""

_DICTS = {
    "cache_validation": ["check_file", "expected_content"],
    "policy": ["max_age_days", "platforms", "refuse_root", "require_env"],
    "runtime_env": ["map", "pass", "set", "unset"],
    "workenv_directories": ["mode", "path"],
}

_SETUP_COMMANDS = {
    "chmod": ["mode", "path"],
    "enumerate_and_execute": ["command", "enumerate"],
    "execute": ["command"],
    "write_file": ["content", "mode", "path"],
}

def check_keys(attribute: str, value: dict[str, typing.Any]) -> None:
    """Refuses a key that a launcher would ignore."""
    _check(attribute, value, _DICTS[attribute])

def check_setup_command(command: dict[str, typing.Any]) -> None:
    """Refuses a setup command that a launcher would not run as it is meant."""
    kind = command.get("type")
    if kind not in _SETUP_COMMANDS:
        fail("`setup_commands`: `type` is one of {}; got {} in {}".format(", ".join(_SETUP_COMMANDS), repr(kind), command))
    _check("setup_commands", command, ["type"] + _SETUP_COMMANDS[kind])

def _check(attribute: str, value: dict[str, typing.Any], known: list[str]) -> None:
    for key in value:
        if key not in known:
            fail("`{}` has no key {}; its keys are {}; got {}".format(attribute, repr(key), ", ".join(known), value))
