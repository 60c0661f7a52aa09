"""An execution trace of Go for Perfetto: a track for each goroutine and proc, the heap and the goroutines as numbers, CPU samples.

What lasts comes as rows of a beginning and an end, in the order of the beginnings, so that on each track what ends at a moment
is told before what begins there. Names and tracks are told when they are first needed, so nothing has to be held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipeline.outputs import perfetto
from pipeline.outputs.sampled_tables import Places, in_order_of_use
from pipeline.protobuf_rows import Rows, always, messages, number, texts
from pipeline.values import Int64s, Sampled

# Groups of tracks, and the numbers that those of all others begin behind.
GROUPS: Final[Mapping[str, int]] = {"Goroutines": 2, "Procs": 3, "Runtime": 4, "Tasks": 5}
_FIRST_TRACK: Final = 1 << 10
_COUNT, _BYTES = 2, 3


def opening(trace: Mapping[str, Any], *, name: str) -> Iterator[bytes]:
    """What stands before everything: the clocks, the process, the groups of tracks.

    trace  start_ns and clock_offset_ns, which is NULL where the trace has no wall clock
    """
    start, offset = int(trace["start_ns"]), trace["clock_offset_ns"]
    clocks = [(perfetto.BOOTTIME, start)]
    if offset is not None and 0 <= start + int(offset) < 2**63:
        clocks.append((perfetto.REALTIME, start + int(offset)))
    yield from perfetto.head(clocks)
    yield perfetto.process(name)
    uuids = np.array(list(GROUPS.values()))
    yield perfetto.tracks(uuids, np.full(len(uuids), perfetto.PROCESS), list(GROUPS))


class Naming:
    """Tracks and names of events that were told already; others are told when they come."""

    def __init__(self) -> None:
        self._tracks: dict[str, int] = {}
        self._names: dict[str, int] = {}

    def slices(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """What lasted: columns group, parent, track, name, start_ns, end_ns, which is NULL for what did not end.

        parent  the track that the track is in, "" for that of the group
        """
        yield from self._told_tracks(batch)
        names, name = _distinct(batch.column("name"))
        yield from self._told_names(names)
        track = self._track_of(batch)
        iid = np.array([self._names[one] for one in names], np.int64)[name]
        begin = perfetto.events(_ns(batch, "start_ns"), 1, number(11, track), number(10, iid))
        has_end = batch.column("end_ns").is_valid().to_numpy(zero_copy_only=False)
        ends = batch.column("end_ns").drop_null().to_numpy().astype(np.int64)
        end = perfetto.events(ends, 2, number(11, track[has_end]))
        yield perfetto.packets(perfetto.interleaved(begin, _spread(end, has_end)))

    def moments(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """What somebody said: columns group, parent, track, name, start_ns."""
        yield from self._told_tracks(batch)
        name = messages(23, texts(batch.column("name").cast(pa.string())))
        yield perfetto.packets(perfetto.events(_ns(batch, "start_ns"), 3, number(11, self._track_of(batch)), name))

    def values(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """Numbers: columns track, time_ns, value; a track is in bytes where its name ends so."""
        names, place = _distinct(batch.column("track"))
        fresh = [one for one in names if one not in self._tracks]
        for one in fresh:
            self._tracks[one] = _FIRST_TRACK + len(self._tracks)
        if fresh:
            units = np.array([_BYTES if one.endswith(":bytes") else _COUNT for one in fresh])
            yield perfetto.counters(np.array([self._tracks[one] for one in fresh]), fresh, units)
        track = np.array([self._tracks[one] for one in names], np.int64)[place]
        value = always(30, _ns(batch, "value"))
        yield perfetto.packets(perfetto.events(_ns(batch, "time_ns"), 4, number(11, track), value))

    def _track_of(self, batch: pa.RecordBatch) -> Int64s:
        tracks, place = _distinct(batch.column("track"))
        return np.array([self._tracks[one] for one in tracks], np.int64)[place]

    def _told_tracks(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        names, place = _distinct(batch.column("track"))
        first = np.full(len(names), len(place))
        np.minimum.at(first, place, np.arange(len(place)))
        fresh = [one for one, name in enumerate(names) if name not in self._tracks]
        if not fresh:
            return
        rows = batch.select(["group", "parent"]).take(pa.array(first[fresh])).to_pylist()
        for one in fresh:
            self._tracks[names[one]] = _FIRST_TRACK + len(self._tracks)
        # A track may be in one that nothing happened on.
        missing = {row["parent"]: row["group"] for row in rows if row["parent"] and row["parent"] not in self._tracks}
        for name in missing:
            self._tracks[name] = _FIRST_TRACK + len(self._tracks)
        above = [GROUPS[group] for group in missing.values()]
        above += [self._tracks[row["parent"]] if row["parent"] else GROUPS[row["group"]] for row in rows]
        told = [*missing, *(names[one] for one in fresh)]
        labels = [name.partition("\0")[0] for name in told]
        yield perfetto.tracks(np.array([self._tracks[name] for name in told]), np.array(above), labels)

    def _told_names(self, names: Iterable[str]) -> Iterator[bytes]:
        fresh = [one for one in names if one not in self._names]
        if fresh:
            for one in fresh:
                self._names[one] = len(self._names) + 1
            yield perfetto.event_names(np.array([self._names[one] for one in fresh]), fresh)


def cpu_samples(sampled: Sampled, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """CPU samples: columns time_ns, thread, stack_id; `sampled` has the stacks."""
    sampled = in_order_of_use(sampled)
    yield from perfetto.interned_stacks(sampled)
    places = Places(sampled.stacks["stack_id"])
    for batch in batches:
        known = batch.column("stack_id").is_valid().to_numpy(zero_copy_only=False)
        stack = np.zeros(batch.num_rows, np.int64)
        stack[known] = places.of(batch.column("stack_id").drop_null().to_numpy()) + 1
        threads = batch.column("thread").fill_null(0).to_numpy()
        yield perfetto.perf_samples(_ns(batch, "time_ns"), threads, stack)


def _distinct(column: pa.Array) -> tuple[list[str], Int64s]:
    encoded = column.cast(pa.string()).dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def _ns(batch: pa.RecordBatch, name: str) -> Int64s:
    return batch.column(name).to_numpy().astype(np.int64)


def _spread(rows: Rows, there: np.ndarray) -> Rows:
    """The same rows where they are to stand, and nothing elsewhere."""
    sizes = np.zeros(len(there), np.int64)
    sizes[there] = rows.sizes
    return Rows(np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]), rows.data)
