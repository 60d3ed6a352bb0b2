#!/usr/bin/env python3
"""The cross table: every builder's packages under every launcher and reader, ours and FlavorPack 0.5.4's.

Makes a virtual environment with FlavorPack when there is none, builds our programs unless --programs names their
folder, and prints one line per failed cell and the count at the end.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from builders import Manifest, Ours, Python
from consumers import launch, reads
from pack import CELLS, Skipped

ROOT = Path(__file__).resolve().parents[3]
FLAVORPACK = "flavorpack==0.5.4"


def environment(folder: Path) -> Path:
    """The virtual environment with FlavorPack, made when absent."""
    if not (folder / "bin" / "flavor").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", FLAVORPACK], check=True)
    return folder


def our_programs(folder: Path | None) -> Path:
    if folder:
        # `psp` is the builder when it is called by that name.
        builder = folder.resolve() / "psp-builder"
        if not builder.exists():
            builder.symlink_to("psp")
        return folder.resolve()
    manifest = ROOT / "tools" / "Cargo.toml"
    subprocess.run(["cargo", "build", "--quiet", "--manifest-path", manifest, "-p", "psp", "-p", "psp-launcher"], check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "tools" / "target")) / "debug"


def cells(venv: Path, ours: Path, scratch: Path):
    """Every cell as a name and a function."""
    helpers = next(venv.glob("lib/python*/site-packages/flavor/helpers/bin"))
    helper = lambda name: next(helpers.glob(f"flavor-{name}-*"))
    launchers = {"our launcher": ours / "psp-launcher", "rust launcher": helper("rs-launcher"), "go launcher": helper("go-launcher")}
    readers = {"psp": reads(ours / "psp"), "flavor": reads(venv / "bin" / "flavor")}
    builders = [
        Ours(ours / "psp"),
        Manifest("psp-builder", ours / "psp-builder"),
        Manifest("rust builder", helper("rs-builder")),
        Manifest("go builder", helper("go-builder")),
        Python(venv / "bin" / "python"),
    ]
    for builder in builders:
        for shape in builder.shapes:
            for launcher_name, launcher in launchers.items():
                folder = scratch / f"{builder.name}-{shape.name}-{launcher_name}".replace(" ", "-")
                yield f"{builder.name}, {shape.name}, {launcher_name}", package_checks(builder, shape, launcher, launcher_name, folder, readers)


    for name, cell in CELLS.items():
        folder = scratch / name.replace(", ", "-").replace(" ", "-")
        yield name, lambda cell=cell, folder=folder: [("pack and launch", attempt(cell, venv, ours, folder))]


def package_checks(builder, shape, launcher, launcher_name, folder, readers):
    """Builds one package; checks it under its launcher and, once per shape, under all readers."""

    def check():
        package = folder / f"{shape.name}.psp"
        folder.mkdir()
        builder.build(shape, folder / "sources", launcher, package)
        outcomes = [("launch", attempt(launch, package, shape, folder / "launch"))]
        if launcher_name == "our launcher":
            for reader, commands in readers.items():
                for name, command in commands.items():
                    place = folder / f"{reader}-{name}"
                    place.mkdir()
                    outcomes.append((f"{reader} {name}", attempt(command, package, shape, place)))
        return outcomes

    return check


def attempt(function, *arguments) -> str | Skipped | None:
    try:
        function(*arguments)
    except Skipped as reason:
        return reason
    except Exception as error:  # a cell that fails is a result, whatever failed
        return "".join(traceback.format_exception_only(error)).strip()
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, default=ROOT / "buck-out" / "interop" / "venv", help="where FlavorPack is, or is to be installed")
    parser.add_argument("--programs", type=Path, help="folder with psp, psp-builder and psp-launcher")
    parser.add_argument("--only", default="", help="only cells whose name holds this text")
    options = parser.parse_args()
    venv, ours = environment(options.venv.absolute()), our_programs(options.programs)
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory(prefix="psp-interop-") as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        chosen = [(name, check) for name, check in cells(venv, ours, Path(scratch)) if options.only in name]
        futures = [(name, pool.submit(check)) for name, check in chosen]
        for name, future in futures:
            try:
                outcomes = future.result()
            except Exception as error:
                outcomes = [("build", str(error))]
            for what, error in outcomes:
                if error is None:
                    passed += 1
                elif isinstance(error, Skipped):
                    skipped += 1
                    print(f"SKIPPED: {name}: {error}", file=sys.stderr)
                else:
                    failed += 1
                    print(f"FAILED  {name}: {what}: {error}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


sys.exit(main())
