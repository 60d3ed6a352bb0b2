"""`scripts/bench install`: installing against `tar xf` with `sync` and against `dpkg -i`, who owns a path, what a mirror has,
and publishing."""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_binpkg import REPOSITORY, measured, row, specs, tree
from bench_lookup import lookup
from bench_publish import publishing

OWNED = 1_000_000
PACKAGES = 1_000


def programs(build: bool) -> tuple[Path, Path]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "tools/target"))
    if build:
        line = ["cargo", "build", "-q", "--release", "-p", "binpkg-tool", "-p", "install-binary", "-p", "upload-binaries"]
        subprocess.run(line, cwd=REPOSITORY / "tools", check=True)
    return target / "release/binpkg-tool", target / "release/install-binary"


def package(world: Path, tool: Path, form: str) -> Path:
    """The tree as a package under its final name."""
    pack = [tool, "pack", "--payload", "payload.json", "--recipe", "recipe.json", "--about", "about.json", "--format", form]
    pack += ["--tarball", "tarball", "--sidecar", "sidecar", "--manifest", "listed", "--metadata", "metadata"]
    measured(pack, world)
    collect = [tool, "collect", "--tarball", "tarball", "--sidecar", "sidecar", "--recipe", "recipe.json", "--out", form]
    measured(collect, world)
    return next((world / form).glob(f"*.tar.{form}"))


def deb(world: Path) -> Path:
    """The same tree for dpkg, compressed as ours."""
    control = world / "tree/DEBIAN/control"
    control.parent.mkdir()
    control.write_text("Package: bench\nVersion: 1\nArchitecture: all\nMaintainer: bench <b@example.org>\nDescription: bench\n")
    measured(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z6", "--build", "tree", "bench.deb"], world)
    shutil.rmtree(control.parent)
    return world / "bench.deb"


def installing(runs: int, build: bool) -> None:
    """100 MB in 10,000 files, the tarballs warm in the cache, each time into a new root."""
    tool, install = programs(build)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        world = Path(folder)
        tree(world / "tree")
        specs(world, tool)
        tarballs = {form: package(world, tool, form) for form in ("gz", "zst")}
        debian = deb(world) if shutil.which("dpkg-deb") and os.geteuid() == 0 else None

        def fresh() -> Path:
            # Never one that was used: after a large removal, ext4 looks long for inodes that were not deleted just now.
            root = Path(tempfile.mkdtemp(prefix="root-", dir=world))
            (root / "var/lib/dpkg/info").mkdir(parents=True)
            (root / "var/lib/dpkg/updates").mkdir()
            for empty in ("status", "available"):
                (root / "var/lib/dpkg" / empty).touch()
            # What the last run left to be written is nobody's time.
            os.sync()
            return root

        ours = lambda form: measured([install, tarballs[form], "--root", fresh(), "-q", "--allow-unsigned"], world)
        untar = 'tar xf "$1" -C "$2" && sync -f "$2"'
        theirs = lambda form: measured(["sh", "-c", untar, "sh", tarballs[form], fresh()], world)
        dpkg = lambda: measured(["dpkg", f"--root={fresh()}", "--force-script-chrootless", "-i", debian], world)
        for form in tarballs:
            samples = [(ours(form), theirs(form)) for _ in range(runs)]
            median = lambda side, what: statistics.median(sample[side][what] for sample in samples)
            row(f"install 100 MB in 10,000 files ({form}), against tar and sync", median(0, 0), median(1, 0), "s", "≤ 1.5")
            print(f"| peak memory of ours, {form} | {median(0, 1):.1f} MiB | | | ≤ 128 MiB |", flush=True)
        if debian is None:
            print("SKIPPED: dpkg: it is not on PATH, or this is not root", file=sys.stderr)
        else:
            samples = [(ours("gz")[0], dpkg()[0]) for _ in range(runs)]
            ratio = [statistics.median(sample[side] for sample in samples) for side in (0, 1)]
            row("install 100 MB in 10,000 files (gz), against dpkg -i", *ratio, "s", "< 1")


def owning(runs: int, build: bool) -> None:
    """A database with 1,000,000 files in 1,000 packages; the files themselves are not asked for."""
    _, install = programs(build)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        state = Path(folder) / "var/lib/binpkg"
        (state / "installed").mkdir(parents=True)
        (state / "version").write_text("1\n")
        empty = hashlib.sha256(b"").hexdigest()
        for number in range(PACKAGES):
            name = f"package{number:04}"
            top = [f"d 0755 - - {path}\n" for path in ("usr", "usr/share", f"usr/share/{name}")]
            paths = sorted(f"usr/share/{name}/file-{file}" for file in range(OWNED // PACKAGES))
            manifest = "binpkg-manifest/1\n" + "".join(top) + "".join(f"f 0644 0 {empty} {path}\n" for path in paths)
            digest = hashlib.sha256(manifest.encode()).hexdigest()
            entry = state / "installed" / f"{name}@0"
            entry.mkdir()
            (entry / "MANIFEST").write_text(manifest)
            metadata = {"schema": "binpkg-metadata/1", "target": f"//bench:{name}", "name": name, "version": "1"}
            hashes = {"config_hash": empty[:8], "content_hash": digest[:8], "content_hash_full": digest}
            (entry / "METADATA.json").write_text(json.dumps({**metadata, **hashes}))
            origin = {"schema": "binpkg-origin/1", "transaction": "000001-0", "time": 0, "prefix": "usr", "explicit": True}
            (entry / "origin.json").write_text(json.dumps({**origin, "content_hash_full": digest}))
        ask = lambda path: measured([install, "owner", path, "--root", folder], Path(folder))[0] * 1e3
        middle = f"/usr/share/package{PACKAGES // 2:04}/file-7"
        print(f"| owner, the list made again for {OWNED:,} files | {ask(middle):.0f} ms | | | |")
        times = [ask(f"/usr/share/package{number % PACKAGES:04}/file-{number % 1000}") for number in range(0, 70 * runs, 7)]
        print(f"| owner of a path among {OWNED:,} files | {statistics.median(times):.1f} ms | | | < 20 ms |", flush=True)


def install(runs: int, build: bool) -> None:
    print("| what | ours | theirs | ratio | goal |\n|---|---|---|---|---|")
    installing(runs, build)
    owning(runs, False)
    lookup(runs, programs(False)[1].parent)
    publishing(runs, programs(False)[1].parent)
