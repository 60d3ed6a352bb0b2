"""Which constraint value marks execution platforms."""

def get_exec_platform_marker() -> str:
    """The label for `exec_marker_constraint`; `[build] exec_platform_marker` replaces it."""
    return read_root_config("build", "exec_platform_marker", "prelude//cfg/exec_platform/marker:is_exec_platform[true]")
