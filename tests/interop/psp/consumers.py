"""The consumers of the cross table, each: package -> None, or an error that says what was wrong."""

import os
import subprocess
from pathlib import Path

from shapes import Shape


def run(command: list[str | Path], home: Path | None = None) -> subprocess.CompletedProcess:
    """Runs a program with a home of its own and nothing else from our environment."""
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    if home:
        home.mkdir(parents=True, exist_ok=True)
        env["HOME"] = str(home)
    return subprocess.run([str(part) for part in command], env=env, capture_output=True, text=True)


def must_succeed(done: subprocess.CompletedProcess) -> None:
    if done.returncode:
        raise AssertionError(f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}")


def launch(package: Path, shape: Shape, scratch: Path) -> None:
    """Starts the package twice, cold and warm."""
    expected = shape.script() if shape.expected == "SCRIPT" else shape.expected
    for _ in ("cold", "warm"):
        done = run([package], home=scratch / "home")
        must_succeed(done)
        # FlavorPack's Go launcher ends what `write_file` writes with a newline.
        if done.stdout.rstrip("\n") != expected.rstrip("\n"):
            raise AssertionError(f"expected {expected!r} on stdout, found {done.stdout!r}")


def reads(program: Path):
    """`verify`, `inspect` and `extract-all` of `psp` or `flavor`, which share their names."""

    def verify(package: Path, shape: Shape, scratch: Path) -> None:
        must_succeed(run([program, "verify", package], home=scratch / "home"))

    def inspect(package: Path, shape: Shape, scratch: Path) -> None:
        done = run([program, "inspect", package], home=scratch / "home")
        must_succeed(done)
        if shape.name not in done.stdout:
            raise AssertionError(f"expected the package's name in the output, found {done.stdout[-300:]!r}")

    def extract_all(package: Path, shape: Shape, scratch: Path) -> None:
        out = scratch / "out"
        must_succeed(run([program, "extract-all", package, out], home=scratch / "home"))
        if (out / "00_program").read_text() != shape.script():
            raise AssertionError("expected the program's text in 00_program, found something else")

    return {"verify": verify, "inspect": inspect, "extract-all": extract_all}
