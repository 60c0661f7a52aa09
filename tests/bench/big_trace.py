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


def large_trace() -> Path:
    """A few million events, some 20 MB, made once."""
    file = BENCH / "channels.trace"
    if not file.exists():
        BENCH.mkdir(parents=True, exist_ok=True)
        made = file.with_suffix(".new")
        benchmark = [f"-bench={_BENCHMARKS}", f"-benchtime={_OPERATIONS}"]
        toolchain.run_go(["test", "-run=NONE", *benchmark, f"-trace={made}", "runtime"], cwd=BENCH)
        made.rename(file)
    return file


def read_in_go_ms(file: Path, *, passes: int) -> float:
    """The median time Go's reader takes to iterate over the trace, on one core; a first pass does not count."""
    read = toolchain.overlay_build("traceread")
    lines = toolchain.run([read, file, str(passes + 1)]).splitlines()
    return median(int(line.split()[1]) for line in lines[1:]) / 1e6
