"""The platforms that Buckpack knows: their short names and the constraints behind them."""

_OS = {
    "darwin": "prelude//os/constraints:macos",
    "linux-gnu": "prelude//os/constraints:linux",
    "linux-musl": "prelude//os/constraints:linux",
    "windows": "prelude//os/constraints:windows",
}

_ABI = {
    "linux-gnu": "prelude//abi/constraints:gnu",
    "linux-musl": "prelude//abi/constraints:musl",
    "windows": "prelude//abi/constraints:gnu",
}

_CPU = {
    "amd64": "prelude//cpu/constraints:x86_64",
    "arm64": "prelude//cpu/constraints:arm64",
}

def _constraints(system: str, cpu: str | None) -> list[str]:
    found = [_OS[system]]
    if system in _ABI:
        found.append(_ABI[system])
    if cpu:
        found.append(_CPU[cpu])
    return found

def platform_constraints() -> dict[str, list[str]]:
    """Every full platform name, such as `linux-musl-amd64`, with its constraints."""
    return {
        "{}-{}".format(system, cpu): _constraints(system, cpu)
        for system in _OS
        for cpu in _CPU
    }

def platform_aliases() -> dict[str, list[str]]:
    """Modifier aliases: every full name, and `linux-musl`, `darwin`, … which leave the CPU as it is."""
    aliases = {system: _constraints(system, None) for system in _OS}
    aliases.update(platform_constraints())
    return aliases

def host_constraints() -> list[str]:
    """The constraints of the machine that runs the build. Linux counts as GNU: that is what its tools are linked for."""
    host = host_info()
    if host.os.is_windows:
        system = "windows"
    elif host.os.is_macos:
        system = "darwin"
    else:
        system = "linux-gnu"
    return _constraints(system, "arm64" if host.arch.is_aarch64 else "amd64")
