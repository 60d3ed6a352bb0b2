"""The look-up part of `scripts/bench install`: what it costs to learn what a mirror of 100,000 packages has of one of them."""

import gzip
import hashlib
import http.server
import json
import os
import random
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

PACKAGES = 100_000
NAMES = 24_000
WANTED = "wanted"


class Mirror(http.server.ThreadingHTTPServer):
    """A folder over loopback, with entity tags, that counts what it is asked and what it sends."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.seen = folder, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def counted(self) -> list[tuple[str, int, int]]:
        """Path, status and bytes of each request since the last time."""
        seen, self.seen = self.seen, []
        return seen


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.server.folder / self.path.lstrip("/")
        status, body, tag = 404, b"", ""
        if path.is_file():
            status, body = 200, path.read_bytes()
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
        self.server.seen.append((self.path, status, len(body)))
        self.send_response(status)
        if tag:
            self.send_header("ETag", tag)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def names(chance: random.Random) -> list[str]:
    """As distributions have them: one to three words, some of them many times with another end."""
    words = ["".join(chance.choices("etaoinshrdlucmfwypvbgkqjxz", k=chance.randint(2, 9))) for _ in range(4_000)]
    found = {WANTED}
    while len(found) < NAMES:
        name = "-".join(chance.choices(words, k=chance.choice([1, 2, 2, 3])))
        found.update([name, *(f"{name}-{end}" for end in ("dev", "doc", "libs") if chance.random() < 0.2)])
    others = sorted(found - {WANTED})
    return sorted([WANTED, *chance.sample(others, NAMES - 1)])


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def record(chance: random.Random, name: str, number: int, known: list[str]) -> dict:
    version = f"{number // 3 + 1}.{chance.randrange(20)}.{number % 3}"
    config, content, tarball = (digest(what, name, number) for what in ("config", "content", "tarball"))
    file = f"{name}-{version}-{config[:8]}-bin.tar.gz"
    letter = name[0].lower()
    needs = chance.sample(known, k=chance.randint(0, 5))
    return {
        "name": name, "version": version, "config_hash": config[:8], "file_hash": content[:8], "filename": file,
        "size": chance.randrange(10_000, 10_000_000), "content_hash": content[:8], "path": f"{letter}/{file}", "sha256": tarball,
        "config_hash_full": config, "content_hash_full": content,
        "platform": {"cpu": "x86_64", "level": "v2", "libc": "glibc", "os": "linux"}, "use": {"nls": False, "ssl": True},
        "runtime_deps": [{"name": need, "version": "1.0", "config_hash_full": digest("config", need, 0)} for need in needs],
        "provides": [f"bin:{name}", f"so:lib{name}.so.1"], "requires": [f"so:lib{need}.so.1" for need in needs],
        "installed_size": chance.randrange(10_000, 50_000_000), "target": f"//packages/{letter}/{name}:{name}",
        "published": number + 1,
    }  # fmt: skip


def publish(folder: Path) -> None:
    """An index in shards, as `upload-binaries` writes it."""
    chance = random.Random(1)
    known = names(chance)
    counts = dict.fromkeys(known, 1)
    for name in chance.choices(known, weights=[1 / (rank % 200 + 1) for rank in range(len(known))], k=PACKAGES - len(known)):
        counts[name] += 1
    shards = {}
    for name, count in counts.items():
        records = [record(chance, name, number, known) for number in range(count)]
        text = "[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in records) + "\n]\n"
        packed = gzip.compress(text.encode(), mtime=0)
        shards[name] = hashlib.sha256(packed).hexdigest()
        place = folder / f"index/shards/{shards[name][:2]}/{shards[name]}.json.gz"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(packed)
    lines = ",\n".join(f'    "{name}": "{sha256}"' for name, sha256 in sorted(shards.items()))
    root = f'{{\n  "schema": 2,\n  "serial": 1,\n  "total": {PACKAGES},\n  "shards": {{\n{lines}\n  }}\n}}\n'.encode()
    (folder / "index/root.json").write_bytes(root)
    (folder / "index/root.json.gz").write_bytes(gzip.compress(root, mtime=0))
    (folder / "index.json").write_text('{\n  "schema": 2,\n  "serial": 1,\n  "root": "index/root.json"\n}\n')


def timed(command: list, world: Path) -> tuple[float, float]:
    """Seconds and MiB of one run."""
    start = time.monotonic()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(world)}
    process = subprocess.Popen(command, cwd=world, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    words = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0 or WANTED.encode() not in words and b"1." not in words:
        raise SystemExit(f"bench: error: {command} ended with {status}: {words.decode(errors='replace')[-2000:]}")
    return seconds, usage.ru_maxrss / 1024


def lookup(runs: int, programs: Path) -> None:
    """Prints one row a measurement. `programs` is the folder of install-binary and upload-binaries."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        world = Path(place)
        folder, cache = world / "mirror/binaries", world / "cache"
        folder.mkdir(parents=True)
        publish(folder)
        upload, keys = programs / "upload-binaries", world / "keys"
        trusted = subprocess.run([upload, "keygen", "--out-dir", keys], check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run([upload, "refresh", folder, "--sign-key", keys / "flavor-private.key"], check=True, capture_output=True)
        mirror = Mirror(folder.parent)
        command = [programs / "install-binary", WANTED, "--list", "-m", mirror.address, "--key", trusted, "--cache-dir", cache]

        def measure(name: str, prepare, goal: str) -> None:
            samples = []
            for _ in range(runs):
                prepare()
                samples.append(timed(command, world))
            asked = mirror.counted()
            each = len(asked) // runs
            last = asked[-each:] if each else []
            sent = sum(size for _, _, size in last) / 1e6
            statuses = ", ".join(str(status) for _, status, _ in last) or "none"
            seconds, memory = (statistics.median(column) for column in zip(*samples))
            print(f"| {name} | {each} requests ({statuses}), {sent:.3f} MB, {seconds * 1e3:.0f} ms, {memory:.0f} MiB | | | {goal} |", flush=True)

        def empty() -> None:
            subprocess.run(["rm", "-rf", cache], check=True)

        def older() -> None:
            for front in (cache / "index/fronts").iterdir():
                os.utime(front, (time.time() - 120, time.time() - 120))

        measure(f"cold look-up among {PACKAGES:,}", empty, "≤ 3 requests, ≤ 1.3 MB, ≤ 128 MiB")
        measure("the same after a minute", older, "one 304")
        measure("the same within a minute", lambda: None, "no request")
        mirror.shutdown()
