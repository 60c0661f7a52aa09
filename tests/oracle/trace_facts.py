"""What Go's own packages make of an execution trace: its table of events, its validator, MMU, goroutine summaries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.oracle import toolchain

Row = dict[str, Any]


def specs() -> list[Row]:
    """The newest table of wire events: number, name, arguments, strings, stacks, timed, experiment, versions, …"""
    return _rows("specs")


def validate(path: Path) -> list[Row]:
    """What the validator of Go's own tests finds wrong with the ordered events; empty when all is well."""
    return _rows("validate", path)


def mmu(path: Path) -> dict[int, float]:
    """Minimum mutator utilisation by window in ns, with what `go tool trace` has ticked when its page opens."""
    return _curve("mmu", path)


def mmu_by_run(path: Path) -> dict[int, float]:
    """The same, were each run of a GC worker that of a goroutine of its own: its label counts once, for that run."""
    return _curve("mmubyrun", path)


def goroutines(path: Path) -> list[Row]:
    """Each goroutine's times by state, waiting ones by reason, with its regions, by number."""
    return [row for row in _rows("goroutines", path) if "goroutine" in row]


def _curve(command: str, path: Path) -> dict[int, float]:
    return {row["window_ns"]: row["utilisation"] for row in _rows(command, path) if "window_ns" in row}


def _rows(command: str, *paths: Path) -> list[Row]:
    said = toolchain.run([toolchain.overlay_build("traceevents"), command, *paths])
    return [json.loads(line) for line in said.splitlines()]
