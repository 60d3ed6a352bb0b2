"""Sizes of launchers for every platform, ours as the graph builds them beside FlavorPack's."""

import subprocess
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

# Ours for Linux is static, as theirs.
PLATFORMS = {
    "linux-musl-amd64": "linux_amd64",
    "linux-musl-arm64": "linux_arm64",
    "darwin-amd64": "darwin_amd64",
    "darwin-arm64": "darwin_arm64",
    "windows-amd64": "windows_amd64",
}


def sizes(venv: Path) -> None:
    """FlavorPack's wheel for this machine has its helpers for this machine alone; the others have no peer in it."""
    theirs = {path.name.rsplit("-", 1)[-1]: path.stat().st_size for path in venv.rglob("flavor-rs-launcher-*")}
    print("| platform | ours | flavor-rs 0.5.4 | ratio | goal |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for platform, word in PLATFORMS.items():
            out = Path(folder) / platform
            target = f"//tools:psp-launcher?{platform}"
            built = subprocess.run([REPOSITORY / "fawn", "build", "-q", target, "--out", out], cwd=REPOSITORY)
            if built.returncode:
                print(f"| {platform} | not built, see above | | | |")
                continue
            ours, peer = out.stat().st_size, theirs.get(word)
            goal = "≤ 524,288" if platform.startswith("linux-") else ""
            ratio = f"{ours / peer:.3f}" if peer else ""
            print(f"| {platform} | {ours:,} | {f'{peer:,}' if peer else ''} | {ratio} | {goal} |", flush=True)
