"""The constraint that tells an execution platform from a target platform."""

def get_exec_platform_marker() -> str:
    """The label of its value; `[build] exec_platform_marker` replaces it."""
    return read_root_config("build", "exec_platform_marker", "prelude//cfg/exec_platform/marker:is_exec_platform[true]")
