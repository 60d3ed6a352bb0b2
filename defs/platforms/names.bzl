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

# The release of the GNU C library that `linux-gnu` promises: what every distribution since 2014 has, and what Rust's own
# programs ask for.
GLIBC_FLOOR = "2.17"

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
    """The constraints of the machine that runs the build. Nothing is said of its C library: whoever names one means programs
    that run elsewhere, too."""
    return [_OS[_host_system()], _CPU[_host_cpu()]]

def _host_system() -> str:
    if host_info().os.is_windows:
        return "windows"
    return "darwin" if host_info().os.is_macos else "linux-gnu"

def _host_cpu() -> str:
    return "arm64" if host_info().arch.is_aarch64 else "amd64"

def platform_select(*, here: typing.Any, named: typing.Any) -> Select:
    """`here` for the platform of the machine that builds, `named` for every other, and for Linux with a C library of its own."""
    here_on = lambda system: select({
        _CPU[cpu].replace("/constraints", ""): here if cpu == _host_cpu() and _OS[system] == _OS[_host_system()] else named
        for cpu in _CPU
    })
    return select({
        "prelude//os:linux": select({
            "DEFAULT": here_on("linux-gnu"),
            "prelude//abi:gnu": named,
            "prelude//abi:musl": named,
        }),
        "prelude//os:macos": here_on("darwin"),
        "prelude//os:windows": here_on("windows"),
    })

def platform_label() -> Select:
    """The platform of the configuration, without anything else that the configuration says."""
    return select({
        "prelude//os:linux": select({
            "DEFAULT": _label_by_cpu("linux-gnu"),
            "prelude//abi:musl": _label_by_cpu("linux-musl"),
        }),
        "prelude//os:macos": _label_by_cpu("darwin"),
        "prelude//os:windows": _label_by_cpu("windows"),
    })

def _label_by_cpu(system: str) -> Select:
    return select({
        "prelude//cpu:arm64": "//defs/platforms:{}-arm64".format(system),
        "prelude//cpu:x86_64": "//defs/platforms:{}-amd64".format(system),
    })
