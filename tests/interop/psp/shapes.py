"""What the packages of the cross table look like: one description per shape, written for each builder."""

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SBOM = {"provenance": {"builder": "interop"}, "sbom": {"bomFormat": "CycloneDX", "components": [], "specVersion": "1.6"}}


@dataclass
class Shape:
    """A package: files as slots, a tree as a slot, and further blocks of its metadata."""

    name: str
    files: dict[str, str]
    shows: list[str]
    """Files that the program prints, below the extracted tree."""
    expected: str
    tree: dict[str, str] = field(default_factory=dict)
    blocks: dict = field(default_factory=dict)
    attestation: bool = False

    def script(self) -> str:
        names = " ".join(f'"$FLAVOR_WORKENV/{name}"' for name in self.shows)
        return f"#!/bin/sh\nexec cat {names}\n"


SETUP = {
    "setup_commands": [
        {"type": "execute", "command": "/bin/true"},
        {"type": "write_file", "path": "{workenv}/metadata/ready", "content": "ready"},
    ],
    "cache_validation": {"check_file": "{workenv}/metadata/ready", "expected_content": "ready"},
}
POLICY = {"policy": {"platforms": ["linux_amd64"], "refuse_root": False, "require_env": ["HOME"]}}

BASIC = [
    Shape("one", {}, ["bin/show"], "SCRIPT"),
    Shape("many", {f"etc/file-{n}": f"{n}\n" for n in range(20)}, [f"etc/file-{n}" for n in range(20)], "".join(f"{n}\n" for n in range(20))),
    Shape("tar", {}, ["share/deep/leaf", "share/top"], "leaf\ntop\n", tree={"share/deep/leaf": "leaf\n", "share/top": "top\n"}),
    Shape("setup", {"etc/x": "x\n"}, ["etc/x", "metadata/ready"], "x\nready", blocks=SETUP),
]
FULL = BASIC + [
    Shape("policy", {"etc/x": "x\n"}, ["etc/x"], "x\n", blocks=POLICY),
    Shape("attestation", {"etc/x": "x\n"}, ["etc/x"], "x\n", attestation=True),
]


def sources(shape: Shape, folder: Path) -> list[dict]:
    """Writes the files of a shape; returns id, source, target, operations and permissions per slot."""
    folder.mkdir(parents=True)
    slots = []

    def add(id: str, text: str, target: str, permissions: str, **more) -> None:
        path = folder / id
        path.write_text(text)
        path.chmod(int(permissions, 8))
        slots.append({"id": id, "source": str(path), "target": target, "operations": "none", "permissions": permissions, **more})

    add("program", shape.script(), "bin/show", "0755", purpose="code")
    for number, (target, text) in enumerate(shape.files.items()):
        add(f"file-{number}", text, target, "0644")
    if shape.tree:
        root = folder / "tree"
        for name, text in shape.tree.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        slots.append({"id": "tree", "source": str(root), "target": "{workenv}", "operations": "tgz", "permissions": "0755"})
    if shape.attestation:
        add("sbom", json.dumps(SBOM, sort_keys=True, separators=(",", ":")), "_attestation", "0644", lifecycle="attestation")
    return slots


def packed(slots: list[dict]) -> list[dict]:
    """The slots for builders that store files as they are: trees become .tar.gz files first."""
    for slot in slots:
        if Path(slot["source"]).is_dir():
            archive = slot["source"] + ".tgz"
            command = ["tar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-czf", archive, "-C", slot["source"]]
            subprocess.run([*command, *sorted(path.name for path in Path(slot["source"]).iterdir())], check=True)
            shutil.rmtree(slot["source"])
            slot["source"] = archive
    return slots
