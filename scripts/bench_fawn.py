"""`scripts/bench fawn`: what fawn costs besides the work itself, beside Buck2 when that is on PATH.

Every figure is a median. Both engines get the same commands on the same files; "cold" means that the command starts the
daemon, "warm" that the daemon has seen the same files before. fawn has no daemon: each of its figures is a fresh process.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES, ACTIONS = 5000, 500
ISOLATION = "bench-fawn"

BUCKCONFIG = """\
[cells]
  root = .
  prelude = prelude
  toolchains = none
[cell_aliases]
  config = prelude
  ovr_config = prelude
  fbcode = prelude
  fbsource = prelude
  fbcode_macros = prelude
  buck = prelude
[external_cells]
  prelude = bundled
[parser]
  target_platform_detector_spec = target:root//...->prelude//platforms:default
[build]
  execution_platforms = prelude//platforms:default
[project]
  ignore = .git, buck-out
"""

# `build` of a library makes nothing: its outputs are sub-targets. What remains is loading and analysis.
LIBRARY = """\
LibraryInfo = provider(fields = {"objects": provider_field(list[Artifact])})

def _library_impl(ctx: AnalysisContext) -> list[Provider]:
    objects = []
    for src in ctx.attrs.srcs:
        object = ctx.actions.declare_output(src.short_path + ".o")
        ctx.actions.run(
            cmd_args("/bin/cp", src, object.as_output(), hidden = [dep[LibraryInfo].objects for dep in ctx.attrs.deps]),
            category = "compile",
            identifier = src.short_path,
        )
        objects.append(object)
    info = ctx.actions.write_json("info.json", {"flags": ctx.attrs.flags, "objects": objects})
    return [
        DefaultInfo(sub_targets = {"info": [DefaultInfo(default_output = info)]}),
        LibraryInfo(objects = objects),
    ]

library = rule(impl = _library_impl, attrs = {
    "deps": attrs.list(attrs.dep(providers = [LibraryInfo]), default = []),
    "flags": attrs.list(attrs.string(), default = []),
    "srcs": attrs.list(attrs.source(), default = []),
})
"""

PACKAGE = """\
load("//rules:library.bzl", "library")

library(
    name = "core",
    srcs = ["a.c"],
    flags = select({"prelude//os:linux": ["-DLINUX"], "DEFAULT": []}),
    visibility = ["PUBLIC"],
)

library(
    name = "lib",
    srcs = glob(["*.c"], exclude = ["a.c"]),
    deps = [":core", %s],
    visibility = ["PUBLIC"],
)
"""

COPIES = """\
def _copies_impl(ctx: AnalysisContext) -> list[Provider]:
    outputs = []
    for number in range(ctx.attrs.count):
        output = ctx.actions.declare_output("o{}".format(number))
        ctx.actions.run(cmd_args("/bin/cp", ctx.attrs.src, output.as_output()), category = "copy", identifier = str(number))
        outputs.append(output)
    return [DefaultInfo(default_outputs = outputs)]

copies = rule(impl = _copies_impl, attrs = {"count": attrs.int(), "src": attrs.source()})
"""


def project(root: Path) -> Path:
    (root / "rules").mkdir(parents=True)
    (root / ".buckconfig").write_text(BUCKCONFIG)
    (root / "rules/BUCK").write_text("")
    return root


def packages(root: Path) -> Path:
    """A tree of packages with two targets, a glob and a select each; every one depends on two others."""
    (project(root) / "rules/library.bzl").write_text(LIBRARY)
    place = lambda number: f"p{number // 100}/q{number % 100}"
    for number in range(PACKAGES):
        folder = root / place(number)
        folder.mkdir(parents=True)
        for name in "abc":
            (folder / f"{name}.c").write_text(f"{number} {name}\n")
        deps = {number - 1, number // 2} if number else ()
        (folder / "BUCK").write_text(PACKAGE % ", ".join(f'"//{place(dep)}:lib"' for dep in sorted(deps)))
    return root


def copies(root: Path) -> Path:
    (project(root) / "rules/copies.bzl").write_text(COPIES)
    target = f'load("//rules:copies.bzl", "copies")\n\ncopies(name = "all", count = {ACTIONS}, src = "in")\n'
    (root / "BUCK").write_text(target)
    (root / "in").write_text("first\n")
    return root


def timed(command: list, cwd: Path) -> tuple[float, float]:
    """Seconds and peak MB of a command, which must succeed."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as words:
        child = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=words, stderr=words)
        _, status, usage = os.wait4(child.pid, 0)
        took = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            words.seek(0)
            sys.exit(f"bench: error: {command} ended with {child.returncode}\n{words.read().decode(errors='replace')}")
    return took, usage.ru_maxrss * 1024 / 1e6


class Fawn:
    """As people start it: through the script."""

    name = "fawn"

    def build(self, cwd: Path, *args: str) -> tuple[float, float]:
        return timed([REPOSITORY / "fawn", "build", "-q", *args], cwd)

    def forget(self, cwd: Path) -> None:
        """The next build has to load and analyse again."""
        shutil.rmtree(cwd / "buck-out/fawn/state/unchanged", ignore_errors=True)


class Buck2:
    """A daemon of our own, so that nobody else's is disturbed."""

    name = "Buck2"

    def build(self, cwd: Path, *args: str) -> tuple[float, float]:
        took, _ = timed(["buck2", "--isolation-dir", ISOLATION, "build", "--console", "none", *args], cwd)
        return took, self.memory(cwd)

    def memory(self, cwd: Path) -> float:
        """Peak MB of the daemon."""
        status = subprocess.run(["buck2", "--isolation-dir", ISOLATION, "status"], cwd=cwd, capture_output=True, text=True)
        daemon = re.search(r'"pid": (\d+)', status.stdout)
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{daemon[1]}/status").read_text()) if daemon else None
        return int(peak[1]) * 1024 / 1e6 if peak else float("nan")

    def fresh(self, cwd: Path) -> None:
        subprocess.run(["buck2", "--isolation-dir", ISOLATION, "kill"], cwd=cwd, capture_output=True, check=False)
        shutil.rmtree(cwd / "buck-out" / ISOLATION, ignore_errors=True)


def row(what: str, unit: str, goal: str, fawn: float, cold: float | None, warm: float | None) -> None:
    show = lambda value: "–" if value is None else f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"
    ratios = ["–" if value is None else f"{fawn / value:.3g}" for value in (cold, warm)]
    print(f"| {what} | {show(fawn)} | {show(cold)} | {show(warm)} | {' / '.join(ratios)} | {goal} |", flush=True)


def median(samples: list[tuple[float, float]], what: int = 0) -> float:
    return statistics.median(sample[what] for sample in samples)


def everything() -> list[str]:
    """All targets of this repository that there are on this platform, but the releases, each of which is all of its programs for
    all platforms."""
    found = subprocess.run([REPOSITORY / "fawn", "cquery", "//..."], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    # What those need for other platforms and to be built with comes with them.
    labels = [line.split(" ")[0] for line in found.stdout.splitlines() if "//defs/platforms:host#" in line]
    return [label for label in labels if label.split(":")[1] not in ("dist", "helpers")]


def no_op(runs: int, buck2: Buck2 | None) -> None:
    """Everything of this repository is up to date. A daemon that starts must build it again, so there is no cold figure."""
    engines, targets = [engine for engine in (Fawn(), buck2) if engine], everything()
    for engine in engines:
        print(f"bench: building {len(targets)} targets with {engine.name}, which takes minutes the first time", file=sys.stderr)
        # Twice: fawn remembers that nothing is to do when it has found nothing to do.
        engine.build(REPOSITORY, *targets)
        engine.build(REPOSITORY, *targets)
    measure = lambda: [engine.build(REPOSITORY, *targets) for engine in engines]
    samples, touched = [measure() for _ in range(runs)], []
    for _ in range(runs):
        # Read again and found to be as it was, and with it all that depends on the settings.
        os.utime(REPOSITORY / ".buckconfig")
        time.sleep(0.2)
        touched.append(measure())
    for what, goal, taken in [
        (f"no-op build of {len(targets)} targets of this repository", "150 ms", samples),
        ("the same after `touch .buckconfig`", "", touched),
    ]:
        fawn, *theirs = [median([sample[side] for sample in taken]) * 1e3 for side in range(len(engines))]
        row(what, "ms", goal, fawn, None, theirs[0] if theirs else None)


def load_and_analysis(world: Path, runs: int, buck2: Buck2 | None) -> None:
    tree, fawn, ours, cold, warm = packages(world / "packages"), Fawn(), [], [], []
    for _ in range(runs):
        fawn.forget(tree)
        ours.append(fawn.build(tree, "//..."))
        if buck2:
            buck2.fresh(tree)
            cold.append(buck2.build(tree, "//..."))
            warm.append(buck2.build(tree, "//..."))
    for what, index, unit, goal in [
        (f"load and analysis of {PACKAGES:,} packages", 0, "s", "3 s"),
        ("peak memory of that", 1, "MB", "500 MB"),
    ]:
        theirs = [median(samples, index) if samples else None for samples in (cold, warm)]
        row(what, unit, goal, median(ours, index), *theirs)


def actions(world: Path, runs: int, buck2: Buck2 | None) -> None:
    """One after the other, so that a figure is the time from one action to the next, less that of `cp` alone."""
    tree, samples, direct = copies(world / "actions"), [], []
    engines = [engine for engine in (Fawn(), buck2) if engine]
    for number in range(runs):
        direct.append(timed(["/bin/sh", "-c", f"for i in $(seq {ACTIONS}); do /bin/cp in out; done"], tree)[0])
        found = []
        for engine in engines:
            # Another content of the one input: every action runs.
            (tree / "in").write_text(f"{engine.name} {number} before\n")
            engine.build(tree, ":all")
            idle = engine.build(tree, ":all")[0]
            (tree / "in").write_text(f"{engine.name} {number}\n")
            found.append((engine.build(tree, "-j", "1", ":all")[0] - idle,))
        samples.append(found)
    alone = statistics.median(direct)
    fawn, *theirs = [(median([sample[side] for sample in samples]) - alone) / ACTIONS * 1e3 for side in range(len(engines))]
    row("overhead of a trivial action", "ms", "5 ms", fawn, None, theirs[0] if theirs else None)
    print(f"| the program of that alone | {alone / ACTIONS * 1e3:.3g} ms | | | | |")


def fawn(runs: int, quick: bool) -> None:
    buck2 = Buck2() if shutil.which("buck2") else None
    if not buck2:
        print("SKIPPED: Buck2's figures: buck2 is not on PATH", file=sys.stderr)
    subprocess.run([REPOSITORY / "fawn", "root"], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    print(f"load before: {os.getloadavg()[0]:.1f}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        world = Path(folder)
        try:
            print("| what | fawn | Buck2, cold | Buck2, warm | ratios | goal |\n|---|---|---|---|---|---|")
            load_and_analysis(world, runs, buck2)
            actions(world, runs, buck2)
            if not quick:
                no_op(runs, buck2)
        finally:
            if buck2:
                for cwd in (REPOSITORY, world / "packages", world / "actions"):
                    if cwd.exists():
                        buck2.fresh(cwd)
    print(f"load after: {os.getloadavg()[0]:.1f}", file=sys.stderr)
