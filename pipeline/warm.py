"""Compiles the kernels for this machine, so that nobody's first run waits: `python -m pipeline.warm`.

numba compiles a kernel for the types it is called with, so the way to compile what the product uses is to
use it: a tiny input of each kind (pipeline/tiny) goes through every room into a database that is thrown away, the kinds in processes
beside each other. Who has a profile does not wait for what decodes traces: only kinds that are read are compiled for.
"""

from __future__ import annotations

import fcntl
import gc
import os
import time
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pipeline import flow
from pipeline.endings import tell
from pipeline.inputs.limits import Limits
from pipeline.kernels import cache_folder

# The inputs, made by tests/builders/tiny.py, which says what each is good for.
TINY: Final = Path(__file__).with_name("tiny")
_LIMITS = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=1, max_depth=1)
# By what flow.ingest calls an input: how people call it, and an input that has all it may have. The other formats have no
# kernels of their own.
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "pprof": ("profiles", "profile.pb"),
    "otlp": ("OpenTelemetry profiles", "profile.otlp"),
    "gotrace": ("traces", "new.trace"),
    "gotrace v1": ("traces of Go 1.21 and before", "old.trace"),
    "legacy": ("text profiles", "profile.txt"),
    "goroutines": ("goroutine dumps", "dump.txt"),
    "gctrace": ("logs", "service.log"),
    "escape": ("escape reports", "report.txt"),
}
EVERYTHING: Final = frozenset(_KINDS)
# What they share is ready by the time the decoder of profiles is, which takes two thirds of the time.
_BESIDE: Final = {"pprof": "escape"}


def missing(kinds: Set[str]) -> list[str]:
    """Those of the kinds of input whose kernels, as they are now, have not been compiled on this machine."""
    return [kind for kind in _KINDS if kind in kinds and not _stamp(kind).exists()]


def compile_kernels(kinds: Sequence[str]) -> None:
    """Compile the kernels of some kinds of input, as many at a time as there are cores; up to a minute, once."""
    # Most runs find all compiled, and need no processes.
    from pipeline.workers import workers

    kinds = list(dict.fromkeys([*kinds, *missing({_BESIDE[kind] for kind in kinds if kind in _BESIDE})]))
    with workers(min(len(kinds), os.cpu_count() or 1)) as executor:
        for kind in (executor.map if executor else map)(_compile, kinds):
            _stamp(kind).touch()


def _compile(kind: str) -> str:
    """Compile the kernels of one kind of input in this process."""
    _, name = _KINDS[kind]
    # What a compiler makes, it mostly keeps: to look for what is left takes a tenth of the time.
    gc.disable()
    with TemporaryDirectory(prefix="heapscape-") as folder:
        receipt = flow.ingest([str(TINY / name)], f"{folder}/lake", labels={}, limits=_LIMITS)
        assert not receipt.refusals, receipt.refusals
        flow.load(f"{folder}/lake", f"{folder}/tiny.duckdb")
        if kind == "pprof":
            from pipeline.warehouse import questions

            with flow.open_warehouse(f"{folder}/tiny.duckdb") as connection:
                questions.tree(connection, [1], "inuse_space")
    gc.enable()
    return kind


def _stamp(kind: str) -> Path:
    return cache_folder() / f"{kind.replace(' ', '-')}.warm"


def compile_missing(kinds: Set[str]) -> None:
    """Compile what has not been yet for some kinds of input; says so, because it takes a while."""
    if not missing(kinds):
        return
    cache_folder().mkdir(parents=True, exist_ok=True)
    with open(cache_folder() / "lock", "w") as lock:
        # Who decodes beside this process waits for it, and finds all done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        cold = missing(kinds)
        if not cold:
            return
        tell(
            f"compiling the kernels for {', '.join(_KINDS[kind][0] for kind in cold)}, once on this machine: up to a minute\n"
        )
        started = time.monotonic()
        compile_kernels(cold)
        tell(f"compiled in {time.monotonic() - started:.0f} s\n")


if __name__ == "__main__":
    compile_missing(EVERYTHING)
