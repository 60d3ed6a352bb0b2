"""`scripts/bench binpkg`: packing against tar with gzip, pigz and zstd, and the hash graph against trivial actions."""

import contextlib
import itertools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = 5_000


def measured(command: list, cwd: Path) -> tuple[float, float]:
    """Seconds and MiB (the largest process) of one run."""
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"bench: error: {command} ended with {status}: {words.decode(errors='replace')[-2000:]}")
    return seconds, usage.ru_maxrss / 1024


def row(name: str, ours: float, theirs: float, unit: str, goal: str) -> None:
    print(f"| {name} | {ours:.3f} {unit} | {theirs:.3f} {unit} | {ours / theirs:.3f} | {goal} |", flush=True)


def tree(place: Path) -> None:
    """100 MB in 10,000 files: half of them prose with the frequencies of a language, four tenths lines of one form, one tenth
    noise, much as manuals, headers and programs are."""
    chance = random.Random(1)
    words = ["".join(chance.choices("etaoinshrdlucmfwyp", k=chance.randint(2, 9))) for _ in range(20_000)]
    ranks = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
    for number in range(10_000):
        folder = place / "usr/share" / f"{number % 100:02}"
        folder.mkdir(parents=True, exist_ok=True)
        if number % 10 == 0:
            content = chance.randbytes(10_000)
        elif number % 10 < 6:
            content = " ".join(chance.choices(words, cum_weights=ranks, k=2_500)).encode()
        else:
            lines = (f"#define {chance.choice(words).upper()}_{line} 0x{chance.getrandbits(16):04x}\n" for line in range(500))
            content = "".join(lines).encode()
        (folder / f"file-{number}").write_bytes(content[:10_000].ljust(10_000, b"."))


def specs(world: Path, tool: Path) -> None:
    """What `binpkg-tool pack` is told by the rules."""
    layout = '{"kind":"root","prefix":"/usr","libdir":"lib"}'
    files = {
        "payload.json": '{"source":"tree","name":"bench","kind":"root","place":"","permissions":[]}',
        "about.json": '{"target":"//:bench","relocatable":true,"prefix_in":[],"runtime_deps":[],"slot":"0",'
        '"platform_libraries":[],"missing_libraries":[],"license":"","homepage":"","description":""}',
        "in.json": '{"schema":"binpkg-recipe/1","kind":"pack","epoch":1,"name":"bench","version":"1","use":{},"platform":{},'
        '"toolchain":{},"patches":[],"phases":[],"env":{},"deps":[],"tools":[],"transforms":[],'
        '"sources":[{"dest":"","sha256":{"$sha256":"MANIFEST"},"strip":0}],"layout":' + layout + "}",
    }
    for name, text in files.items():
        (world / name).write_text(text)
    measured([tool, "manifest", "--payload", "payload.json", "--out", "MANIFEST", "--kind-out", "kind"], world)
    measured([tool, "hash", "in.json", "--recipe-out", "recipe.json", "--hash-out", "hash"], world)


def packing(runs: int, build: bool) -> None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "tools/target"))
    if build:
        subprocess.run(["cargo", "build", "-q", "--release", "-p", "binpkg-tool"], cwd=REPOSITORY / "tools", check=True)
    tool = target / "release/binpkg-tool"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        world = Path(folder)
        tree(world / "tree")
        specs(world, tool)
        tar = "tar --sort=name --owner=0 --group=0 --mtime=@0 -cf - tree"
        peers = [
            ("gz", "gzip -6", f"{tar} | gzip -6 >theirs", "≤ 0.4, size ≤ 1"),
            ("gz", "pigz -6", f"{tar} | pigz -6 >theirs", ""),
            ("zst", "zstd -T0 -9", f"{tar} | zstd -q -T0 -9 >theirs", "≤ 1.1"),
        ]
        for form, peer, line, goal in peers:
            if shutil.which(peer.split()[0]) is None:
                print(f"SKIPPED: {peer}: not on PATH", file=sys.stderr)
                continue
            ours = [tool, "pack", "--payload", "payload.json", "--recipe", "recipe.json", "--about", "about.json", "--format", form]
            ours += ["--tarball", "ours", "--sidecar", "sidecar", "--manifest", "listed", "--metadata", "metadata"]
            samples = [(measured(ours, world), measured(["sh", "-c", line], world)) for _ in range(runs)]
            median = lambda side, what: statistics.median(sample[side][what] for sample in samples)
            row(f"100 MB in 10,000 files as {form}, against tar and {peer}", median(0, 0), median(1, 0), "s", goal)
            sizes = [(world / name).stat().st_size / 1e6 for name in ("ours", "theirs")]
            row(f"size of that ({peer})", *sizes, "MB", "≤ 1" if peer.startswith("gzip") else "")
            print(f"| peak memory of ours, {form} | {median(0, 1):.1f} MiB | | | ≤ 64 MiB |", flush=True)


RULES = """\
load("RULEStests/binary:script_package.bzl", "script_package")

def _trivial_impl(ctx: AnalysisContext) -> list[Provider]:
    text = ctx.actions.write("text", ctx.label.name + ctx.attrs.stamp)
    out = ctx.actions.declare_output("out")
    ctx.actions.run(cmd_args("/bin/cp", text, out.as_output()), category = "copy")
    return [DefaultInfo(default_output = out)]

trivial = rule(impl = _trivial_impl, attrs = {"stamp": attrs.string()})

def targets(count: int) -> None:
    stamp = read_root_config("bench", "stamp", "0")
    hashes, trivials = {}, {}
    for n in range(1, count + 1):
        package, action = "p{}".format(n), "t{}".format(n)
        deps = {":p{}".format(d): None for d in [n // 2, n // 3] if d}
        script_package(name = package, package_name = package, deps = deps.keys(), script = "words.sh", version = stamp)
        trivial(name = action, stamp = stamp)
        hashes[package] = ":{}[config-hash]".format(package)
        trivials[action] = ":" + action
    native.filegroup(name = "hashes", srcs = hashes)
    native.filegroup(name = "trivials", srcs = trivials)
"""


@contextlib.contextmanager
def graph_files(project: Path, rules: str):
    """5,000 packages, each built with two others, and 5,000 actions that copy a line, for as long as they are measured."""
    place = project / "bench"
    place.mkdir()
    try:
        write_graph_files(place, rules)
        yield
    finally:
        shutil.rmtree(place)


def write_graph_files(place: Path, rules: str) -> None:
    (place / "words.sh").write_text("#!/bin/sh\nexit 1\n")
    (place / "words.sh").chmod(0o755)
    (place / "targets.bzl").write_text(RULES.replace("RULES", rules))
    (place / "BUCK").write_text(f'load(":targets.bzl", "targets")\n\ntargets({PACKAGES})\n')


def hashing(runs: int, project: Path, rules: str) -> None:
    engines = {"fawn": [REPOSITORY / "fawn"]}
    if shutil.which("buck2"):
        engines["buck2"] = ["buck2"]
    else:
        print("SKIPPED: the hash graph on Buck2: buck2 is not on PATH", file=sys.stderr)
    with graph_files(project, rules):
        for name, engine in engines.items():
            hash_graph(runs, project, name, engine)


def hash_graph(runs: int, project: Path, name: str, engine: list) -> None:
    build = lambda target, stamp: measured([*engine, "build", target, "-c", f"bench.stamp={stamp}"], project)[0]
    # The tools themselves are not measured.
    build("//bench:p1[config-hash]", "tools")
    stamps = [f"{time.time_ns()}.{number}" for number in range(runs)]
    samples = [(build("//bench:hashes", stamp), build("//bench:trivials", stamp)) for stamp in stamps]
    median = lambda side: statistics.median(sample[side] for sample in samples)
    row(f"hash graph of {PACKAGES:,} packages on {name}, against as many trivial actions", median(0), median(1), "s", "≤ 1.3")
    warm = build("//bench:hashes", stamps[-1])
    again = build("//bench:hashes", stamps[-1])
    ran = subprocess.run([*engine, "log", "what-ran"], cwd=project, capture_output=True, text=True).stdout
    actions = sum("package_hash" in line for line in ran.splitlines())
    print(f"| the same again, warm, on {name} | {min(warm, again):.3f} s, {actions} actions | | | 0 actions |", flush=True)
    if name == "buck2":
        subprocess.run([*engine, "kill"], cwd=project, capture_output=True)


def binpkg(runs: int, build: bool, project: Path | None, rules: str) -> None:
    print(f"load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", file=sys.stderr)
    print("| what | ours | theirs | ratio | goal |\n|---|---|---|---|---|")
    packing(runs, build)
    if project:
        return hashing(max(1, runs // 3), project, rules)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        script = '. "$1/tests/lib/consumer.sh"; consumer_project "$2" "$1"'
        subprocess.run(["bash", "-euc", script, "bash", REPOSITORY, folder], check=True)
        hashing(max(1, runs // 3), Path(folder), "@bp//")
