"""The server under load: `python -m tests.bench.load DATABASE` asks one as many browsers at once do, from a process of its own.

As people ask, who read what they are shown: from the moment it starts, pages of series; then windows of them, which nobody asked for
before and nobody makes ahead. As a test asks, without a pause: warm, pages of services, which the server makes ahead, in
mixed order; the same beside queries without an end. Then cold: pages that nobody asked for before, each once, so that every
answer is worked out while others wait, kind by kind; and last, pages of series that are asked for again and again.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
import numpy as np

from tests.bench.comparison import Comparison, as_table
from tests.bench.fleet import BENCH, fleet

_ROOT: Final = Path(__file__).parents[2]
CLIENTS: Final = 32
REQUESTS: Final = 8_000
# Pages of so many series, each of its growth and its flame graph: one of every service of the fleet.
SERIES: Final = 40
# How long a person looks at a page, on average, and at how many.
_THINK_S: Final = 5.0
_READ: Final = 640
# Pages of a kind that are asked for once.
_COLD: Final = 200
_P99_MS: Final = 300.0
_MEMORY_MIB: Final = 1024.0
_ENDLESS: Final = "/query.json?q=" + quote(
    "SELECT COUNT(*) FROM range(10_000_000) AS a (i), range(10_000_000) AS b (j) WHERE (a.i * b.j) % 7 = 3"
)


@dataclass(frozen=True, slots=True)
class Load:
    """What asking came to: a time for every request, and what the server needed."""

    took_ms: tuple[float, ...]
    errors: int
    cpu_ms: float
    peak_mib: float

    @property
    def p99_ms(self) -> float:
        """The time that one in a hundred takes longer than."""
        return float(np.percentile(self.took_ms, 99))

    def told(self, name: str) -> str:
        """One line."""
        p50, p90, p99 = np.percentile(self.took_ms, [50, 90, 99])
        return (
            f"{name}: {len(self.took_ms):,} requests, {self.errors} errors; p50 {p50:.0f}, p90 {p90:.0f}, p99 {p99:.0f}, "
            f"max {max(self.took_ms):.0f} ms; server {self.cpu_ms / len(self.took_ms):.2f} ms of CPU a request, "
            f"peak {self.peak_mib:.0f} MiB"
        )


def ask_fleet(profiles: int) -> list[Comparison]:
    """The database of a fleet, asked by many at once."""
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        for arguments in (["ingest", str(fleet(profiles)), "--lake", "lake"], ["load", "--lake", "lake", "--db", "d"]):
            command = [sys.executable, "-m", "pipeline", *arguments]
            subprocess.run(command, cwd=scratch, env=_environment(), check=True, capture_output=True)
        return measured(f"{scratch}/d", f"{profiles:,} profiles: ")[0]


def measured(database: str, prefix: str = "") -> tuple[list[Comparison], list[str]]:
    """Figures against what is promised, and all of them as lines."""
    read = {}
    with served(database) as server:
        # Before it has made anything ahead.
        first = [*server.pages("service"), *server.pages("series")]
        read["just started"] = server.asked(first, requests=_READ, think_s=_THINK_S)
        read["windows"] = server.asked(server.windows(), requests=_READ, think_s=_THINK_S)
    with served(database) as server:
        colds = {kind: server.asked(pages, requests=len(pages)) for kind, pages in server.unseen().items()}
    with served(database) as server:
        idle = server.asked(["/ready"], requests=REQUESTS // 4)
        server.rests()
        warm = {"pages of services": server.asked(server.pages("service"), requests=REQUESTS)}
        with server.endless_queries(4):
            warm["the same beside endless queries"] = server.asked(server.pages("service"), requests=REQUESTS)
            mixed = server.asked(server.pages("series"), requests=REQUESTS)
    name = "pages of series, beside endless queries"
    loads = {
        **{f"people, {kind}": load for kind, load in read.items()},
        "idle page": idle,
        **{f"warm, {kind}": load for kind, load in warm.items()},
        **{f"cold, {kind}": load for kind, load in colds.items()},
        name: mixed,
    }
    found = []
    for name, load in loads.items():
        if load is idle:
            continue
        if load.errors:
            raise RuntimeError(f"{name}: {load.errors} requests of {len(load.took_ms)} were not answered")
        found.append(Comparison(f"{prefix}{CLIENTS} clients, {name}: p99", (_P99_MS,), (load.p99_ms,), 1.0))
    found.append(Comparison("… server, peak memory", (_MEMORY_MIB,), (mixed.peak_mib,), 1.0, "MiB"))
    return found, [load.told(name) for name, load in loads.items()]


@dataclass(frozen=True, slots=True)
class Server:
    """A server in a process of its own."""

    pid: int
    port: int

    def pages(self, of: str) -> list[str]:
        """Growth and flame graph of as many services as there are: of the `service`, or of its `series` that grew most."""
        order = "order=-growth_bytes&limit=1000"
        rows = httpx.get(f"http://localhost:{self.port}/data/heap.series.json?{order}", timeout=60).json()
        of_service = {row["service"]: row for row in reversed(rows)}
        named = [row["series_id"] if of == "series" else row["service"] for row in islice(of_service.values(), SERIES)]
        return [f"/{page}?{of}={one}" for one in named for page in ("growth", "flame")]

    def unseen(self) -> dict[str, list[str]]:
        """Pages that nobody asked for, by kind: each of other series, builds or addresses."""
        order = "order=-growth_bytes&limit=1000"
        rows = httpx.get(f"http://localhost:{self.port}/data/heap.series.json?{order}", timeout=60).json()
        draw = np.random.default_rng(11)
        drawn = [rows[place] for place in draw.permutation(len(rows))]
        # Those of `pages` come later.
        first = {row["series_id"] for row in {row["service"]: row for row in reversed(rows)}.values()}
        own = [row for row in drawn if row["series_id"] not in first]
        series = [row["series_id"] for row in own][: 2 * _COLD]
        half = len(series) // 2
        builds = {(row["service"], row["build"]): row for row in own}
        services = sorted({row["service"] for row in rows if row["service"]})
        return {
            "growth of a series": [f"/growth?series={one}" for one in series[:half]],
            "flame graph of a series": [f"/flame?series={one}" for one in series[half:]],
            "flame graph of a service's build": [
                f"/flame?service={quote(service)}&build={quote(build)}&type=alloc_space"
                for service, build in builds
                if service and build
            ][:_COLD],
            "goroutines of a service": [f"/goroutines?service={quote(one)}" for one in services],
            "collector of a service": [f"/gc?service={quote(one)}" for one in services],
        }

    def windows(self) -> list[str]:
        """Growth and flame graph of series from one of their profiles to a later one, each of another one or another window."""
        draw = np.random.default_rng(13)
        order = "order=profile_id&limit=100000"
        rows = httpx.get(f"http://localhost:{self.port}/data/heap.profiles.json?{order}", timeout=60).json()
        of_series: dict[int, list[int]] = {}
        for row in rows:
            of_series.setdefault(row["series_id"], []).append(row["profile_id"])
        found = []
        for series in draw.permutation([one for one, own in of_series.items() if len(own) > 2])[: _READ // 2].tolist():
            first, last = sorted(draw.choice(of_series[series], 2, replace=False).tolist())
            found.append(f"/growth?series={series}&from={first}&to={last}")
            found.append(f"/flame?series={series}&from={first}&profile={last}&type=alloc_space")
        return found

    def rests(self) -> None:
        """Wait until it has made what it makes ahead, at most half an hour."""
        for _ in range(360):
            before = self._cpu_ms()
            time.sleep(5)
            if self._cpu_ms() - before < 100:
                return

    def asked(self, pages: Sequence[str], *, requests: int, think_s: float = 0.0) -> Load:
        """Ask for pages, from another process; each client pauses so long between two, on average."""
        before = self._cpu_ms()
        command = [sys.executable, "-m", "tests.bench.load", "--client", str(self.port), str(requests), str(think_s)]
        done = subprocess.run(
            command, cwd=_ROOT, env=_environment(), input="\n".join(pages), text=True, capture_output=True, check=True
        )
        errors, *took = done.stdout.split()
        return Load(tuple(map(float, took)), int(errors), self._cpu_ms() - before, self._peak_mib())

    @contextmanager
    def endless_queries(self, count: int) -> Iterator[None]:
        """So many queries that never end, each asked again when its time is over."""
        script = f"while :; do curl -s -o /dev/null 'http://localhost:{self.port}{_ENDLESS}'; done"
        asking = [subprocess.Popen(["bash", "-c", script], start_new_session=True) for _ in range(count)]
        try:
            time.sleep(1)
            yield
        finally:
            for one in asking:
                os.killpg(one.pid, 9)
                one.wait()

    def _cpu_ms(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return 1e3 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _peak_mib(self) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


@contextmanager
def served(database: str) -> Iterator[Server]:
    """`heapscape serve` over a database."""
    command = [sys.executable, "-m", "pipeline", "serve", "--db", database, "--port", "0", "--memory", "1GiB"]
    with subprocess.Popen(command, env=_environment(), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            told = process.stderr.readline()
            port = int(told.partition("localhost:")[2].partition("/")[0])
            yield Server(process.pid, port)
        finally:
            process.terminate()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT)}


# ---- the process that asks


async def _ask(port: int, pages: Sequence[str], requests: int, think_s: float) -> tuple[int, list[float]]:
    """Ask for pages at random, over connections that stay open."""
    draw = np.random.default_rng(7)
    wanted = iter(draw.permutation(np.resize(np.arange(len(pages)), requests)).tolist())
    took: list[float] = []
    errors = 0

    async def client() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        for number in wanted:
            # The first one, too: people do not come at one moment.
            await asyncio.sleep(float(draw.exponential(think_s)))
            if think_s:
                # The server ends what rests for seconds, and a browser connects anew.
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
            started = time.perf_counter()
            writer.write(
                f"GET {pages[number]} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n".encode()
            )
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length:")[2].partition("\r\n")[0])
            body = await reader.readexactly(length)
            took.append(1e3 * (time.perf_counter() - started))
            errors += not (head.startswith("http/1.1 200") and body)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return errors, took


def main(argv: list[str]) -> int:
    """Ask a server over a database, or be the process that asks."""
    if argv[0] == "--client":
        errors, took = asyncio.run(_ask(int(argv[1]), sys.stdin.read().split("\n"), int(argv[2]), float(argv[3])))
        print(errors, *(f"{one:.3f}" for one in took))
        return 0
    comparisons, lines = measured(argv[0])
    print("\n".join(lines))
    print(as_table(comparisons))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
