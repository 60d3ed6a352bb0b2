"""The four builders of the cross table, each: shape, launcher -> package file."""

import json
import subprocess
from pathlib import Path

from shapes import BASIC, FULL, Shape, packed, sources

SEED = "interop"
COMMAND = '"{workenv}/bin/show"'


def call(*command: str | Path, **more) -> None:
    """Runs a builder; its words become the error."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if done.returncode:
        raise RuntimeError(f"{Path(str(command[0])).name} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-400:]}")


class Ours:
    """`psp slot` per slot, then `psp assemble`."""

    name, shapes = "ours", FULL

    def __init__(self, psp: Path):
        self.psp = psp

    def build(self, shape: Shape, folder: Path, launcher: Path, out: Path) -> None:
        stored = []
        for slot in sources(shape, folder):
            spec, payload, record = (folder / f"{slot['id']}.{kind}" for kind in ("spec", "payload", "record"))
            # A tree's target is the folder its names go below.
            spec.write_text(json.dumps({**slot, "target": "" if slot["target"] == "{workenv}" else slot["target"]}))
            call(self.psp, "slot", "--spec", spec, "--payload", payload, "--record", record)
            stored.append({"payload": str(payload), "record": str(record)})
        spec = {
            "launcher": str(launcher),
            "platform": "linux_amd64",
            "package": {"name": shape.name, "version": "1.0"},
            "command": COMMAND,
            "key_seed": SEED,
            "slots": stored,
            **shape.blocks,
        }
        (folder / "package.json").write_text(json.dumps(spec))
        call(self.psp, "assemble", "--spec", folder / "package.json", "--out", out)


class Manifest:
    """A builder with FlavorPack's flags and manifest: theirs, or `psp-builder`."""

    def __init__(self, name: str, program: Path):
        self.name, self.program, self.shapes = name, program, BASIC

    def build(self, shape: Shape, folder: Path, launcher: Path, out: Path) -> None:
        manifest = {
            "package": {"name": shape.name, "version": "1.0"},
            "execution": {"command": COMMAND, "env": {}},
            "slots": packed(sources(shape, folder)),
            **shape.blocks,
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        flags = ["-m", folder / "manifest.json", "-o", out, "--launcher-bin", launcher, "--key-seed", SEED]
        call(self.program, *flags)


class Python:
    """FlavorPack's Python `PSPFBuilder`, which adds an attestation of its own to every package."""

    name, shapes = "python", FULL

    def __init__(self, python: Path):
        self.python = python

    def build(self, shape: Shape, folder: Path, launcher: Path, out: Path) -> None:
        slots = [slot for slot in sources(shape, folder) if slot.get("lifecycle") != "attestation"]
        names = {"id", "target", "operations", "permissions"}
        spec = {
            "metadata": {
                "package": {"name": shape.name, "version": "1.0"},
                # This builder puts {workenv}/ before whatever does not begin with it, a quote for example.
                "execution": {"command": COMMAND.strip('"'), "env": {}},
                **shape.blocks,
            },
            "slots": [{**{key: slot[key] for key in names}, "data": slot["source"]} for slot in slots],
        }
        (folder / "python.json").write_text(json.dumps(spec))
        builder = Path(__file__).with_name("python_builder.py")
        call(self.python, builder, folder / "python.json", out, launcher, SEED)
