"""The texts that `make bench` reads: a heap profile as the Go compiler writes it into a file, and logs with GC lines in them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from tests.bench.big_profile import BENCH
from tests.oracle import toolchain

TEXT: Final = BENCH / "text" / "heap.txt"
_PACKAGE: Final = "cmd/compile/internal/ssa"
# One sample per 4 KiB: some 75,000 records, about 280 MB with the names of their frames.
_RATE: Final = 4096
_LOG_BYTES: Final = 1 << 30
_POD: Final = {"namespace_name": "prod", "pod_name": "shop-7d9f", "container_name": "api"}
_PATHS: Final = ("/api/v1/items", "/api/v1/carts/checkout", "/healthz", "/static/app.js")


def text_profile() -> Path:
    """The compiler's heap profile as text; it writes it on first use (about a minute)."""
    if not TEXT.exists():
        TEXT.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
            # Into a file it writes text, into a folder protobuf.
            written = Path(scratch) / "heap.txt"
            flags = f"{_PACKAGE}=-memprofile={written} -memprofilerate={_RATE}"
            toolchain.run_go(["build", "-trimpath", f"-gcflags={flags}", _PACKAGE], cwd=Path(scratch))
            written.rename(TEXT)
    return TEXT


def larger_text_profile(copies: int) -> Path:
    """The same with each of its records so many times, all of them with stacks of their own."""
    path = TEXT.with_name(f"heap-{copies}.txt")
    if not path.exists():
        head, _, records = text_profile().read_bytes().partition(b"\n")
        records, words, trailer = records.rpartition(b"\n\n# runtime.MemStats")
        with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
            written = Path(scratch) / path.name
            with written.open("wb") as out:
                out.write(head + b"\n")
                out.writelines(records.replace(b" 0x", b" 0x%x" % copy) + b"\n" for copy in range(1, copies + 1))
                out.write(words + trailer)
            written.rename(path)
    return path


def log(*, lines_per_cycle: int, size_bytes: int = _LOG_BYTES) -> Path:
    """A log of a service, as the kubelet writes it, in which one in so many lines is of a GC cycle."""
    return _written(f"kubelet-{lines_per_cycle}-{size_bytes}.log", _as_kubelet, lines_per_cycle, size_bytes)


def json_log(*, lines_per_cycle: int, size_bytes: int = _LOG_BYTES) -> Path:
    """The same as a collector ships it: each line is an object with the line in it."""
    return _written(f"shipped-{lines_per_cycle}-{size_bytes}.log", _as_json, lines_per_cycle, size_bytes)


def _written(name: str, spelled: Callable[[float, str, str], str], lines_per_cycle: int, size_bytes: int) -> Path:
    path = BENCH / "text" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        random, at = Random(1), 0.0
        with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
            written = Path(scratch) / path.name
            with written.open("w") as out:
                cycle = 0
                while out.tell() < size_bytes:
                    cycle += 1
                    at += random.random() * 2
                    out.write(spelled(at, "stderr", _gc(random, cycle, at)))
                    out.writelines(spelled(at, "stdout", _served(random, row)) for row in range(lines_per_cycle - 1))
            written.rename(path)
    return path


def _as_kubelet(at: float, stream: str, said: str) -> str:
    return f"{_stamp(at)} {stream} F {said}\n"


def _as_json(at: float, stream: str, said: str) -> str:
    return json.dumps({"time": _stamp(at), "stream": stream, "kubernetes": _POD, "log": f"{said}\n"}) + "\n"


def _stamp(at: float) -> str:
    return f"{datetime.fromtimestamp(1_790_000_000 + at, UTC):%Y-%m-%dT%H:%M:%S.%f}123Z"


def _gc(random: Random, cycle: int, at: float) -> str:
    times = [random.random() * 10 ** random.randrange(3) for _ in range(8)]
    spans = [f"{one:.3f}" if one < 1 else f"{one:.1f}" if one < 10 else f"{one:.0f}" for one in times]
    live = random.randrange(40, 900)
    return (
        f"gc {cycle} @{at:.3f}s {random.randrange(1, 5)}%: {'+'.join(spans[:3])} ms clock, {'+'.join(spans[3:5])}/{spans[5]}/{spans[6]}"
        f"+{spans[7]} ms cpu, {2 * live}->{2 * live + 9}->{live} MB, {2 * live + 10} MB goal, 1 MB stacks, 0 MB globals, 8 P"
    )


def _served(random: Random, row: int) -> str:
    """A line of a logger's: of JSON, of words, of an error that goes on for longer."""
    path, took = _PATHS[row % 4], random.randrange(10_000)
    if row % 3:
        return f'{{"level":"info","msg":"served","path":"{path}/{took * row}","status":200,"took_us":{took},"trace":"{took * row:032x}"}}'
    return f"INFO http: served {path}?page={row} in {took}us, 200, cache miss, tracing scan of {row} rows"
