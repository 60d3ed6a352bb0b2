"""The publishing part of `scripts/bench install`: ten packages for a mirror that has 100,000."""

import shutil
import statistics
import tempfile
from pathlib import Path

from bench_binpkg import measured, specs
from bench_lookup import PACKAGES, publish

NEW = 10


def package(world: Path, tool: Path, name: str, out: Path) -> None:
    """A small package of this name, under its final file names."""
    work = world / name
    (work / "tree/usr/share").mkdir(parents=True)
    (work / "tree/usr/share/words").write_text(name)
    specs(work, tool)
    for spec in work.glob("*.json"):
        spec.write_text(spec.read_text().replace("bench", name))
    measured([tool, "manifest", "--payload", "payload.json", "--out", "MANIFEST", "--kind-out", "kind"], work)
    measured([tool, "hash", "in.json", "--recipe-out", "recipe.json", "--hash-out", "hash"], work)
    pack = [tool, "pack", "--payload", "payload.json", "--recipe", "recipe.json", "--about", "about.json", "--format", "gz"]
    measured([*pack, "--tarball", "tarball", "--sidecar", "sidecar", "--manifest", "listed", "--metadata", "metadata"], work)
    measured([tool, "collect", "--tarball", "tarball", "--sidecar", "sidecar", "--recipe", "recipe.json", "--out", "files"], work)
    out.mkdir(exist_ok=True)
    for file in (work / "files").iterdir():
        shutil.move(file, out / file.name)


def publishing(runs: int, programs: Path) -> None:
    """Prints one row a measurement. `programs` is the folder of binpkg-tool and upload-binaries."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        world = Path(place)
        mirror, upload = world / "mirror/binaries", programs / "upload-binaries"
        mirror.mkdir(parents=True)
        publish(mirror)
        # The first publication of these tools makes what the made-up mirror lacks: the list for searching.
        package(world, programs / "binpkg-tool", "first", world / "first-source")
        measured([upload, "-q", "-s", "first-source", "-m", mirror], world)
        samples = []
        for run in range(runs):
            for number in range(NEW):
                package(world, programs / "binpkg-tool", f"new{run}-{number}", world / f"source{run}")
            samples.append(measured([upload, "-q", "-s", f"source{run}", "-m", mirror], world))
        seconds, memory = (statistics.median(column) for column in zip(*samples))
        print(f"| publish {NEW} packages on a mirror of {PACKAGES:,} | {seconds:.2f} s | | | < 2 s |")
        print(f"| peak memory of that | {memory:.1f} MiB | | | ≤ 128 MiB |", flush=True)
