"""What traces for Perfetto are made of: packets of one sequence, which name their texts and stacks once.

Field numbers are those of protos/perfetto/trace/trace_packet.proto and what it includes, in github.com/google/perfetto.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.outputs.sampled_tables import addresses, column, unfolded
from pipeline.protobuf_rows import Rows, always, grouped, joined, messages, number, taken, texts
from pipeline.values import Int64s, Sampled

# Everything is told of one process, whose number the files do not say.
PID: Final = 1
PROCESS: Final = 1
# The trace's own clock is BOOTTIME; when a heap was profiled is told in MONOTONIC_COARSE.
REALTIME, MONOTONIC_COARSE, BOOTTIME = 1, 4, 6
_CLEARED, _NEEDED = 1, 2
# InternedData.
_EVENT_NAMES, _FUNCTION_NAMES, _FRAMES, _CALLSTACKS, _PATHS, _MAPPINGS = 2, 5, 6, 7, 17, 19
_CLOCKS, _TRACK_EVENT, _TRACK, _INTERNED, _PERF_SAMPLE, _HEAP_PROFILE = 6, 11, 60, 12, 66, 37


def head(clocks: Sequence[tuple[int, int]] = ()) -> Iterator[bytes]:
    """The first packet, and at which times of others the trace's clock stands.

    clocks  number and time of each, of the same moment
    """
    yield packets(number(13, np.array([_CLEARED])), is_first=True)
    if clocks:
        each = joined(
            number(1, np.array([one for one, _ in clocks])), always(2, np.array([time for _, time in clocks]))
        )
        yield packets(messages(_CLOCKS, grouped(messages(1, each), np.array([0, len(clocks)]))))


def packets(*content: Rows, is_first: bool = False) -> bytes:
    """Packets of some fields, one a row."""
    count = len(content[0])
    about = [number(10, np.ones(count, np.int64))]
    if not is_first:
        about.append(number(13, np.full(count, _NEEDED)))
    return messages(1, joined(*content, *about)).data.tobytes()


def process(name: str) -> bytes:
    """The process as a track, in which all others are."""
    about = joined(number(1, np.array([PID])), text(6, [name]))
    return packets(messages(_TRACK, joined(number(1, np.array([PROCESS])), messages(3, about))))


def tracks(uuids: Int64s, parents: Int64s, names: Sequence[str]) -> bytes:
    """Tracks in others."""
    return packets(messages(_TRACK, joined(number(1, uuids), number(5, parents), text(2, names))))


def counters(uuids: Int64s, names: Sequence[str], units: Int64s) -> bytes:
    """Tracks of numbers, of the process. Units are 2 for a count, 3 for bytes."""
    parent = np.full(len(uuids), PROCESS)
    about = joined(number(1, uuids), number(5, parent), text(2, names), messages(8, number(3, units)))
    return packets(messages(_TRACK, about))


def event_names(iids: Int64s, names: Sequence[str]) -> bytes:
    """Names that events have from here on by number."""
    each = messages(_EVENT_NAMES, joined(number(1, iids), text(2, names)))
    return packets(messages(_INTERNED, grouped(each, np.array([0, len(iids)]))))


def events(times: Int64s, kind: int, *fields: Rows) -> Rows:
    """Events as packets that are not yet put into one another: 1 begins a slice, 2 ends it, 3 is a moment, 4 a number."""
    return joined(always(8, times), messages(_TRACK_EVENT, joined(number(9, np.full(len(times), kind)), *fields)))


def interned_stacks(sampled: Sampled) -> Iterator[bytes]:
    """All stacks as numbers from 1, in the order of the table; frames are those of functions, inlined ones too."""
    unfold = unfolded(sampled)
    mapping, address = addresses(sampled)
    # One more mapping, for frames that are in none.
    none = sampled.mappings.num_rows + 1
    start = np.append(column(sampled.mappings, "memory_start").astype(np.uint64), np.uint64(0))
    of_frame = np.where(mapping == 0, none, mapping)[unfold.location]
    relative = address[unfold.location] - start[of_frame - 1]
    frames = joined(
        number(1, np.arange(1, len(of_frame) + 1)),
        number(2, np.where(unfold.function < 0, 0, unfold.function + 1)),
        number(3, of_frame),
        number(4, relative),
        number(6, np.clip(unfold.line, 0, 2**32 - 1)),
    )
    stacks = joined(
        number(1, np.arange(1, sampled.stacks.num_rows + 1)),
        numbers_apart(2, unfold.frames + 1, unfold.offsets),
    )
    names = _strings(_FUNCTION_NAMES, sampled.functions["name"].combine_chunks())
    yield from _pieces([*_mapping_rows(sampled, none), names, messages(_FRAMES, frames), messages(_CALLSTACKS, stacks)])


def numbers_apart(field: int, values: Int64s, offsets: Int64s) -> Rows:
    """A repeated number that is not packed, as Perfetto's readers of long ago want it: those from one offset to the next."""
    return grouped(always(field, values), offsets)


def perf_samples(times: Int64s, threads: Int64s, stacks: Int64s) -> bytes:
    """CPU samples; a stack is 0 where there is none."""
    about = joined(number(2, np.full(len(times), PID)), number(3, threads), number(4, stacks))
    return packets(always(8, times), messages(_PERF_SAMPLE, about))


def heap_profile(times: int, name: str, stacks: Int64s, values: Int64s) -> bytes:
    """What stacks hold, under the name of a heap; less than nothing counts as given back."""
    held, freed = np.maximum(values, 0), np.maximum(-values, 0)
    each = messages(2, joined(number(1, stacks), number(2, held), number(3, freed)))
    dump = joined(
        number(1, np.array([PID])),
        text(11, [name]),
        number(9, np.array([times])),
        grouped(each, np.array([0, len(stacks)])),
    )
    return packets(always(8, np.array([times])), messages(_HEAP_PROFILE, messages(5, dump)))


def text(field: int, values: Sequence[str]) -> Rows:
    """A field with a text."""
    return messages(field, texts(pa.array(values, pa.string())))


def _strings(field: int, values: pa.StringArray) -> Rows:
    """Texts of one kind, numbered from 1."""
    plain = values.cast(pa.string()).fill_null("")
    return messages(field, joined(number(1, np.arange(1, len(plain) + 1)), messages(2, texts(plain))))


def _mapping_rows(sampled: Sampled, none: int) -> Iterator[Rows]:
    paths = [*sampled.mappings["file"].to_pylist(), "[unknown]"]
    # Parts of a path, before each of which comes a slash.
    yield _strings(_PATHS, pa.array([(path or "[unknown]").removeprefix("/") for path in paths], pa.string()))
    bounds = [
        np.append(column(sampled.mappings, name).astype(np.uint64), np.uint64(end))
        for name, end in (("memory_start", 0), ("memory_limit", 2**63 - 1))
    ]
    places = np.arange(1, none + 1)
    each = joined(
        number(1, places), number(4, bounds[0]), number(5, bounds[1]), numbers_apart(7, places, np.arange(none + 1))
    )
    yield messages(_MAPPINGS, each)


# Rows of one packet; a reader holds a packet whole.
_ROWS_A_PACKET: Final = 1 << 14


def _pieces(kinds: Sequence[Rows]) -> Iterator[bytes]:
    """Interned data in packets of some rows each."""
    for rows in kinds:
        for begin in range(0, len(rows), _ROWS_A_PACKET):
            some = np.arange(begin, min(begin + _ROWS_A_PACKET, len(rows)))
            yield packets(messages(_INTERNED, grouped(taken(rows, some), np.array([0, len(some)]))))


def interleaved(first: Rows, second: Rows) -> Rows:
    """The rows of two, in turns."""
    both = Rows(
        np.concatenate([first.offsets, first.offsets[-1] + second.offsets[1:]]),
        np.concatenate([first.data[: first.offsets[-1]], second.data[: second.offsets[-1]]]),
    )
    turns = np.column_stack([np.arange(len(first)), len(first) + np.arange(len(second))]).ravel()
    return taken(both, turns)
