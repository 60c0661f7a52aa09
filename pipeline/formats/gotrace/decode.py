"""Events in order to Decoded: which table each becomes a row of, and what a trace as a whole was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import CutOff, DecodeError
from pipeline.formats.gotrace import v1
from pipeline.formats.gotrace.columns import Part, add, columns_of, has_room, open_ranges, part_for
from pipeline.formats.gotrace.generation import Generation
from pipeline.formats.gotrace.order import Chunk, Ordered, ordered
from pipeline.formats.gotrace.recognise import version_of
from pipeline.formats.gotrace.window import window_of
from pipeline.kernels.text.utf8 import are_utf8
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import tables as trace_tables
from pipeline.values import Blob, Column, Decoded, Large, Note, Strings, Symbols

# Events that become rows together.
_ROWS = 1 << 18
# Room that also small generations get, for those without events that follow them.
_LEAST_ROWS = 1 << 12
_LAST_NS = 2**63 - 1
_YEAR_NS = 365 * 86_400 * 10**9
_VERSIONS = (22, 23, 25, 26)


@dataclass(slots=True)
class _Progress:
    """What has been met of one trace so far.

    symbols    those of the generation that was met last, made once for all its parts
    texts      those that were looked at last
    offset_ns  what makes a time of the trace nanoseconds since 1970; None without a clock snapshot
    """

    blob_index: int
    version: int
    start_ns: int | None = None
    end_ns: int = 0
    events: int = 0
    ranges: int = 0
    samples: int = 0
    symbols: Symbols | None = None
    texts: Strings | None = None
    offset_ns: int | None = None
    types_fault: str = ""
    not_utf8: int = 0
    generation: list[tuple[int, int, int, tuple[int, int, int] | None]] = field(default_factory=list)


def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    """Several Decoded for each trace, its own row with the last; a trace without a whole generation is refused."""
    for index, blob in enumerate(blobs):
        version = version_of(blob.content)
        assert version is not None, "recognised by its header"
        if version not in _VERSIONS and version not in v1.VERSIONS:
            yield Decoded({}, refusals={index: _unknown(version)})
        elif version in v1.VERSIONS and blob.large:
            yield Decoded({}, refusals={index: _not_held(blob.large)})
        else:
            yield from _decode(blob, _Progress(index, version))


def _unknown(version: int) -> str:
    if version < v1.VERSIONS[0]:
        return (
            f"a trace of Go 1.{version}, in a format that Go itself has given up to read; the oldest that is read is that "
            "of Go 1.11. Record it anew with a newer Go"
        )
    known = ", ".join(f"1.{one}" for one in (*v1.VERSIONS, *_VERSIONS))
    return (
        f"unknown trace version go 1.{version}; heapscape knows {known}, which Go 1.11 to 1.27 write. "
        "A newer heapscape may know it"
    )


def _not_held(large: Large) -> str:
    """Why a trace before Go 1.22, which is sorted in memory, cannot be."""
    if large.size_bytes > large.most_held_bytes:
        return (
            f"a trace before Go 1.22 is sorted in memory; it has {large.size_bytes:,} bytes, and "
            f"{large.most_held_bytes:,} may be held; give more --memory"
        )
    read = large.open()
    try:
        while read(large.most_held_bytes):
            pass
    except CutOff as error:
        return f"{error}. Of a trace before Go 1.22 nothing can be kept, for its clock comes last"
    except (DecodeError, OSError) as error:
        return f"to read it a second time failed: {error}"
    return "it broke off before and now does not; offer it again"


def _in_order(blob: Blob, version: int) -> Iterator[Chunk | Ordered]:
    """The events of a trace of either format."""
    if version not in v1.VERSIONS:
        yield from ordered(window_of(blob), version)
        return
    for found in v1.ordered(np.frombuffer(blob.content, np.uint8), version):
        if isinstance(found, Chunk):
            v1.without_stand_ins(found.rows)
        yield found


def _decode(blob: Blob, progress: _Progress) -> Iterator[Decoded]:
    part: Part | None = None
    for found in _in_order(blob, progress.version):
        if isinstance(found, Ordered):
            if part and not _is_empty(found, progress):
                yield _rows(part, progress)
            yield _last(found, blob.size_bytes, progress)
            return
        _look(found, progress)
        if found.generation is None:
            continue
        if part and (not _same_symbols(part.generation, found.generation) or not has_room(part, found.rows)):
            yield _rows(part, progress)
            part = None
        part = part or part_for(found.generation, room=_room(found.generation, len(found.rows)))
        add(part, found.rows)


def _room(generation: Generation, at_once: int) -> int:
    """Rows of a part: all of a small generation, whose events have two bytes and make three rows at most."""
    size = 2 * (generation.end - generation.start) + len(generation.samples)
    return max(min(_ROWS, max(size, _LEAST_ROWS)), at_once)


def _same_symbols(one: Generation, other: Generation) -> bool:
    """Whether rows of both refer to the same stacks and texts."""
    return one.stack_frames is other.stack_frames


def _look(chunk: Chunk, progress: _Progress) -> None:
    """Count a chunk's events, and its generation when it is new."""
    times = chunk.rows[:, c.TIME]
    is_boundary = len(times) > 0 and chunk.rows[0, c.WIRE] == c.SYNC_EVENT
    if progress.start_ns is None and len(times):
        progress.start_ns = int(times[0])
    if len(times):
        progress.end_ns = int(times[-1])
    progress.events += len(times)
    generation = chunk.generation
    if generation is None:
        return
    if is_boundary and (not progress.generation or progress.generation[-1][0] != generation.number):
        progress.generation.append((generation.number, int(times[0]), 0, generation.clock.snapshot))
        if progress.offset_ns is None and generation.clock.snapshot:
            offset = generation.clock.snapshot[2] - generation.clock.snapshot[0]
            progress.offset_ns = offset if abs(offset) <= _LAST_NS else None
        if generation.types.fault and not progress.types_fault:
            progress.types_fault = generation.types.fault
        texts = generation.texts
        if texts is not progress.texts:
            progress.texts = texts
            progress.not_utf8 += int(np.count_nonzero(~are_utf8(texts.data, texts.starts, texts.lengths)))
    number, start, events, snapshot = progress.generation[-1]
    progress.generation[-1] = (number, start, events + len(times), snapshot)


def _rows(part: Part, progress: _Progress) -> Decoded:
    tables = dict(columns_of(part))
    if "trace_range" in tables:
        tables["trace_range"] = _numbered(tables["trace_range"], "range_index", progress.ranges)
        progress.ranges += len(tables["trace_range"]["range_index"])
    tables["sample"] = _numbered(tables["sample"], "sample_index", progress.samples)
    progress.samples += len(tables["sample"]["sample_index"])
    return Decoded(_of_blob(tables, progress), symbols=_symbols(part.generation, progress))


def _numbered(columns: Mapping[str, Column], name: str, first: int) -> Mapping[str, Column]:
    return {**columns, name: first + np.arange(len(next(iter(columns.values()))))}


def _of_blob(tables: Mapping[str, Mapping[str, Column]], progress: _Progress) -> dict[str, Mapping[str, Column]]:
    """The columns, with which blob they are from and, for what is partitioned by day, when it was taken."""
    started = np.array([_started_ns(progress)], np.int64)
    index = np.array([progress.blob_index], np.int64)
    return {**tables, "trace_part": {"blob_index": index, "started_ns": started}}


def _started_ns(progress: _Progress) -> int:
    """When the trace began, ns since 1970; 0 without a clock, or by one that is out of this world."""
    started = (progress.start_ns or 0) + (progress.offset_ns or 0)
    return started if progress.offset_ns is not None and 0 <= started <= _LAST_NS else 0


def _is_empty(found: Ordered, progress: _Progress) -> bool:
    """Whether nothing was read but the events that the reader itself puts at the ends: the trace is refused."""
    return not progress.generation or progress.events <= 1 + (found.ending.fault is None)


def _last(found: Ordered, size_bytes: int, progress: _Progress) -> Decoded:
    """The trace's own row, what was open at its end, and what was lost; or its refusal."""
    fault = found.ending.fault
    index = progress.blob_index
    if _is_empty(found, progress):
        reason = str(fault) if fault else "the trace has no events; it was stopped before it began"
        return Decoded({}, refusals={index: reason})
    lost = size_bytes - found.ending.position
    ranges = open_ranges(found.memory)
    numbers = np.array([row[:3] for row in progress.generation], np.int64)
    clocks = np.array([row[3] or (0, 0, 0) for row in progress.generation], np.int64)
    tables: dict[str, Mapping[str, Column]] = {
        "trace": {
            "version": np.array([progress.version]),
            "start_ns": np.array([progress.start_ns], np.int64),
            "end_ns": np.array([progress.end_ns], np.int64),
            "has_clock": np.array([progress.offset_ns is not None]),
            "offset_ns": np.array([progress.offset_ns or 0], np.int64),
            "event_count": np.array([progress.events]),
            "sample_count": np.array([progress.samples]),
            "lost_bytes": np.array([lost]),
        },
        "trace_generation": {
            "generation": numbers[:, 0],
            "start_ns": numbers[:, 1],
            "event_count": numbers[:, 2],
            "has_clock": np.array([row[3] is not None for row in progress.generation]),
            "clock_ns": clocks[:, 0],
            "monotonic_ns": clocks[:, 1],
            "wall_ns": clocks[:, 2],
        },
        "trace_range": _numbered(ranges, "range_index", progress.ranges),
    }
    notes = []
    # A fault where nothing is lost: the file is not what it was any more.
    if lost or fault:
        share = f"up to {100 * lost / size_bytes:.1f} % of the file was lost"
        notes.append(Note(index, "trace_cut_off", lost, f"{share}: {fault or 'it follows the last generation'}"))
    if progress.end_ns - (progress.start_ns or 0) > _YEAR_NS:
        notes.append(Note(index, "clock_out_of_range", 1, f"from {progress.start_ns} to {progress.end_ns} ns"))
    if progress.types_fault:
        notes.append(Note(index, "trace_types_unreadable", 1, progress.types_fault))
    if progress.not_utf8:
        notes.append(Note(index, "text_not_utf8", progress.not_utf8))
    symbols = _symbols(found.generation, progress) if found.generation else None
    return Decoded(_of_blob(tables, progress), symbols=symbols, notes=notes)


def _symbols(generation: Generation, progress: _Progress) -> Symbols:
    # By what they share: to keep the generation would be to hold two of them.
    if progress.symbols is None or progress.symbols.stack_locations is not generation.stack_frames:
        progress.symbols = symbols_of(generation)
    return progress.symbols


def symbols_of(generation: Generation) -> Symbols:
    """Stacks of a generation, number 0 the empty one: each frame is a location of its own, for the trace unfolds inlining."""
    frames = generation.frames
    # Pairs as one number: to sort rows of two takes ten times as long.
    texts = max(1, len(generation.texts))
    pairs = frames[:, trace_tables.F_FUNCTION] * texts + frames[:, trace_tables.F_FILE]
    names, function_of = np.unique(pairs, return_inverse=True)
    n, none = len(frames), np.zeros(0, np.int64)
    return Symbols(
        strings=generation.texts,
        mapping_start=none.view(np.uint64),
        mapping_limit=none.view(np.uint64),
        mapping_file_offset=none.view(np.uint64),
        mapping_file_text=none,
        mapping_build_id_text=none,
        mapping_flags=np.zeros(0, np.uint8),
        function_name_text=names // texts,
        function_system_name_text=names // texts,
        function_file_text=names % texts,
        function_start_line=np.zeros(len(names), np.int64),
        location_mapping=np.full(n, -1, np.int64),
        location_address=frames[:, trace_tables.F_PC].copy().view(np.uint64),
        location_is_folded=np.zeros(n, np.bool_),
        location_line_offsets=np.arange(n + 1),
        line_function=function_of.astype(np.int64),
        line_line=frames[:, trace_tables.F_LINE].copy(),
        line_column=np.zeros(n, np.int64),
        stack_offsets=np.concatenate([np.zeros(1, np.int64), generation.stack_offsets]),
        stack_locations=generation.stack_frames,
    )
