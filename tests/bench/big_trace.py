"""A large execution trace, and how long Go's own reader takes for it.

The trace is that of the runtime's own benchmarks of channels, which change goroutines' states as fast as Go can.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.bench.big_profile import BENCH
from tests.oracle import toolchain

_BENCHMARKS = "ChanContended|ChanSync$|ChanProdCons10$|SelectUncontended"
_OPERATIONS = "1000000x"
_HUGE_BYTES = 500_000_000


def large_trace() -> Path:
    """A few million events, some 20 MB, made once."""
    file = BENCH / "channels.trace"
    if not file.exists():
        _make(file, _BENCHMARKS, _OPERATIONS)
    return file


def huge_trace() -> Path:
    """More than 500 MB, made once; hundreds of goroutines that all wait for the same channels."""
    file = BENCH / "popular.trace"
    if not file.exists() or file.stat().st_size < _HUGE_BYTES:
        _make(file, "ChanPopular", "40000x")
    assert file.stat().st_size > _HUGE_BYTES, file
    return file


def _make(file: Path, benchmarks: str, times: str) -> None:
    BENCH.mkdir(parents=True, exist_ok=True)
    made = file.with_suffix(".new")
    benchmark = [f"-bench={benchmarks}", f"-benchtime={times}"]
    toolchain.run_go(["test", "-run=NONE", *benchmark, f"-trace={made}", "runtime"], cwd=BENCH)
    made.rename(file)


def read_in_go_ms(file: Path, *, passes: int) -> float:
    """The median time Go's reader takes to iterate over the trace, on one core; a first pass does not count."""
    read = toolchain.overlay_build("traceread")
    lines = toolchain.run([read, file, str(passes + 1)]).splitlines()
    return median(int(line.split()[1]) for line in lines[1:]) / 1e6
