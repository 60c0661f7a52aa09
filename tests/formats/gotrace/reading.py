"""Reads traces in tests: their events as dictionaries."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.formats.gotrace import v1
from pipeline.formats.gotrace.order import Chunk, Ordered, ordered
from pipeline.formats.gotrace.recognise import version_of
from pipeline.formats.gotrace.spec import EVENTS
from pipeline.formats.gotrace.window import in_memory
from pipeline.kernels.trace import columns as c

NAMES = {event.number: event.name for event in EVENTS} | {c.SYNC_EVENT: "Sync", c.CPU_SAMPLE: "CPUSample"}


def parts(content: bytes, version: int) -> Iterator[Chunk | Ordered]:
    """What reading a trace of either format comes to."""
    if version in v1.VERSIONS:
        return v1.ordered(np.frombuffer(content, np.uint8), version)
    return ordered(in_memory(content), version)


def events(content: bytes) -> tuple[list[dict[str, int | str]], str | None]:
    """Every event in order, and why the trace breaks off, None when it does not."""
    version = version_of(content)
    assert version is not None
    found: list[dict[str, int | str]] = []
    for part in parts(content, version):
        if isinstance(part, Ordered):
            fault = part.ending.fault
            return found, None if fault is None else str(fault)
        for row in part.rows.tolist():
            found.append(
                {
                    "name": NAMES[row[c.WIRE]],
                    "time": row[c.TIME],
                    "thread": row[c.THREAD],
                    "proc": row[c.PROC],
                    "goroutine": row[c.GOROUTINE],
                    "resource": row[c.RESOURCE],
                    "before": row[c.STATES] & c.STATE,
                    "after": row[c.STATES] >> c.STATE_BITS & c.STATE,
                    "opened": row[c.OPENED],
                    "value": row[c.VALUE],
                }
            )
    raise AssertionError("the events have no end")


def names(content: bytes) -> list[str]:
    """What the events are, in order."""
    return [str(event["name"]) for event in events(content)[0]]
