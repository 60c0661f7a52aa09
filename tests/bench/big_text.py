"""The texts that `make bench` reads: a heap profile as the Go compiler writes it into a file, and logs with GC lines in them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from tests.bench.big_profile import BENCH
from tests.oracle import toolchain

TEXT: Final = BENCH / "text" / "heap.txt"
_PACKAGE: Final = "cmd/compile/internal/ssa"
# One sample per 4 KiB: some 75,000 records, about 280 MB with the names of their frames.
_RATE: Final = 4096
_LOG_BYTES: Final = 250 << 20
_GC: Final = (
    "gc {n} @{at}.{n:03d}s 1%: 0.0{n}+1.{n}+0.01{n} ms clock, 0.04+0.25/1.{n}/0.67+0.07 ms cpu, "
    "{n}->52->30 MB, 60 MB goal, 0 MB stacks, 0 MB globals, 8 P\n"
)


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


def log(*, lines_per_cycle: int, size_bytes: int = _LOG_BYTES) -> Path:
    """A log of a service in which one in so many lines is of a GC cycle."""
    path = BENCH / "text" / f"service-{lines_per_cycle}-{size_bytes}.log"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
            written = Path(scratch) / path.name
            with written.open("w") as out:
                cycle = 0
                while out.tell() < size_bytes:
                    cycle += 1
                    out.write(_GC.format(n=cycle, at=cycle))
                    out.writelines(
                        f"2026-11-29T10:00:00.{row % 1000:03d}Z INFO served path=/items/{cycle * row} status=200 took={row}ms\n"
                        for row in range(lines_per_cycle - 1)
                    )
            written.rename(path)
    return path
