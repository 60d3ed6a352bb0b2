"""The Python that runs these tests, offered to `uv` as a download.

`flavor pack` has `uv` fetch a Python for every project, from a site that many machines cannot reach. What `uv` wants is an
archive of a tree that runs from anywhere; a Python with a prefix of its own is one.
"""

import gzip
import hashlib
import json
import platform
import sys
import tarfile
from pathlib import Path

LEFT_OUT = {"__pycache__", "ensurepip", "idlelib", "test", "tkinter"}


def offer(home: Path) -> None:
    """Makes the `uv` of this home find archive and list; does nothing where this Python is the system's."""
    prefix = Path(sys.base_prefix)
    machine, version = platform.machine(), platform.python_version()
    if prefix in (Path("/usr"), Path("/usr/local")) or platform.system() != "Linux":
        return
    archive = home / "cpython.tar.gz"
    with gzip.open(archive, "wb", compresslevel=1) as packed, tarfile.open(fileobj=packed, mode="w") as out:
        for part in ("bin", "include", "lib"):
            out.add(prefix / part, f"python/{part}", filter=wanted)
    name = f"cpython-{version}-linux-{machine}-gnu"
    major, minor, patch = (int(part) for part in version.split("."))
    download = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": archive.as_uri(),
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "variant": None,
        "build": "20240101",
    }
    (home / "downloads.json").write_text(json.dumps({name: download}))
    settings = home / ".config" / "uv" / "uv.toml"
    settings.parent.mkdir(parents=True)
    # A file, because FlavorPack hands on none of uv's variables.
    settings.write_text(f'python-downloads-json-url = "{home / "downloads.json"}"\n')


def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leaves out what no program needs, and packages that somebody installed."""
    parts = Path(member.name).parts
    if LEFT_OUT.intersection(parts) or member.name.endswith(".a"):
        return None
    return None if "site-packages" in parts[:-1] else member
