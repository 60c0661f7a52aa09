"""Timelines that are looked at: what of a trace is added up once, kept for those who look at it next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pipeline.warehouse import timeline

if TYPE_CHECKING:
    import duckdb

# Each takes up to some 50 MB.
_KEPT: Final = 3


@dataclass(slots=True)
class Timelines:
    """The last few timelines, each of a trace in one state of the database."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: OrderedDict[tuple[str, int], timeline.Timeline] = field(default_factory=OrderedDict)

    def of(self, connection: duckdb.DuckDBPyConnection, state: str, trace_id: int) -> timeline.Timeline:
        """The timeline of a trace that is there, opened when nobody has asked for it before."""
        key = (state, trace_id)
        # Who asks for the same meanwhile waits, and does not do it again.
        with self._lock:
            found = self._kept.pop(key, None) or timeline.opened(connection, trace_id)
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return found
