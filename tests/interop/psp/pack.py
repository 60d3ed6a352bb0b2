"""`flavor pack` with our builder and launcher in the place of its own."""

import json
import os
import subprocess
from pathlib import Path

import local_python
from consumers import launch, must_succeed, reads
from shapes import BASIC, sources

SECONDS = 180

PYPROJECT = """\
[project]
name = "tiny"
version = "0.1.0"
requires-python = ">=3.11"

[project.scripts]
tiny = "tiny:main"

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.flavor]
entry_point = "tiny:main"

[tool.setuptools.packages.find]
where = ["src"]
"""


class Skipped(Exception):
    """Something that this machine cannot give."""


def pack(venv: Path, ours: Path, manifest: Path, out: Path) -> subprocess.CompletedProcess:
    helpers = ["--builder-bin", ours / "psp-builder", "--launcher-bin", ours / "psp-launcher"]
    command = [venv / "bin" / "flavor", "pack", "--manifest", manifest, "--output", out, "--key-seed", "interop", *helpers]
    env = {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "HOME": str(manifest.parent), "LANG": "C.UTF-8"}
    try:
        return subprocess.run(command, cwd=manifest.parent, env=env, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Skipped(f"flavor pack did not end within {SECONDS} s") from error


def json_manifest(venv: Path, ours: Path, folder: Path) -> None:
    """A manifest for an external builder: ours is called with FlavorPack's flags."""
    folder.mkdir()
    shape = BASIC[0]
    manifest = {
        "package": {"name": shape.name, "version": "1.0"},
        "execution": {"command": '"{workenv}/bin/show"', "env": {}},
        "slots": sources(shape, folder / "sources"),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    package = folder / "one.psp"
    must_succeed(pack(venv, ours, folder / "manifest.json", package))
    launch(package, shape, folder)
    reads(ours / "psp")["verify"](package, shape, folder)


def python_project(venv: Path, ours: Path, folder: Path) -> None:
    """A Python project, for which FlavorPack gets a Python of its own: ours where that will do, else from the network."""
    (folder / "src" / "tiny").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "src" / "tiny" / "__init__.py").write_text('def main():\n    print("tiny runs")\n')
    package = folder / "tiny.psp"
    local_python.offer(folder)
    done = pack(venv, ours, folder / "pyproject.toml", package)
    if done.returncode and "Could not obtain a Python" in done.stdout + done.stderr:
        raise Skipped("flavor pack could not get its Python")
    must_succeed(done)
    ran = subprocess.run([package], env={"HOME": str(folder), "PATH": os.environ["PATH"]}, capture_output=True, text=True)
    must_succeed(ran)
    if ran.stdout != "tiny runs\n":
        raise AssertionError(f"expected 'tiny runs', found {ran.stdout!r}")


CELLS = {"flavor pack, JSON manifest": json_manifest, "flavor pack, Python project": python_project}
