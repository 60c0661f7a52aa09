"""Timelines that are looked at: what of a trace is added up once, kept for those who look at it next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pipeline.values import Int64s
from pipeline.warehouse import timeline

if TYPE_CHECKING:
    import duckdb

# Each takes up to some 50 MB.
_KEPT: Final = 3
# Of a hundred thousand goroutines each takes 800 kB.
_ORDERS: Final = 16


@dataclass(slots=True)
class Timelines:
    """The last few timelines, each of a trace in one state of the database."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: OrderedDict[tuple[str, int], timeline.Timeline] = field(default_factory=OrderedDict)
    _orders: OrderedDict[tuple[timeline.Timeline, str], Int64s] = field(default_factory=OrderedDict)

    def of(self, connection: duckdb.DuckDBPyConnection, state: str, trace_id: int) -> timeline.Timeline:
        """The timeline of a trace that is there, opened when nobody has asked for it before."""
        key = (state, trace_id)
        # Who asks for the same meanwhile waits, and does not do it again.
        with self._lock:
            found = self._kept.pop(key, None) or timeline.opened(connection, trace_id)
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                _, gone = self._kept.popitem(last=False)
                for order in [one for one in self._orders if one[0] is gone]:
                    del self._orders[order]
            return found

    def order(self, line: timeline.Timeline, asked: str, make: Callable[[], Int64s]) -> Int64s:
        """The places of lanes in the order that is asked for: each tile of a page needs the same."""
        key = (line, asked)
        with self._lock:
            found = self._orders.get(key)
        if found is None:
            found = make()
        with self._lock:
            if line in self._kept.values():
                self._orders[key] = found
                self._orders.move_to_end(key)
            while len(self._orders) > _ORDERS:
                self._orders.popitem(last=False)
        return found
