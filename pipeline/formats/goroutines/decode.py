"""Goroutines of dumps to Decoded: a row for each, and a profile that counts equal ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.formats.goroutines.bare import written_at
from pipeline.formats.goroutines.recognise import dump_in
from pipeline.formats.goroutines.wire import Body, Frame, Goroutine, goroutines_of, is_cut_off
from pipeline.formats.samples import Header, Part, Profile, decoded, symbols, with_labels
from pipeline.values import Blob, Column, Decoded, Int64s, Note

_COUNT: Final = ("goroutine", "count")
_HEADER: Final = Header((_COUNT,), _COUNT, 1, kind="goroutine")
_NS_PER_MINUTE: Final = 60_000_000_000

# The frames of one location, innermost first; the locations of a stack, leaf first, and its labels, the state among them.
_Location = tuple[Frame, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Stack:
    """Equal stacks are one value, so that nobody compares them frame by frame."""

    locations: tuple[_Location, ...]


_Key = tuple[_Stack, tuple[tuple[bytes, bytes], ...]]


def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    """All dumps as one Decoded."""
    yield decode_texts(blobs, [dump_in(blob.content) or b"" for blob in blobs])


def decode_texts(blobs: Sequence[Blob], texts: Sequence[bytes]) -> Decoded:
    """The same of blobs of which it is known, as `dump_in` tells it, where their dumps stand."""
    profiles: list[Profile] = []
    refusals: dict[int, str] = {}
    rows: list[tuple[int, int, Goroutine]] = []
    n_samples = 0
    for index, (blob, text) in enumerate(zip(blobs, texts, strict=True)):
        found = list(goroutines_of(text))
        if not found:
            refusals[index] = "no goroutine of the dump can be read; it may be cut off"
            continue
        has_several = found[-1].dump > 0
        keys = _keys(found, has_several=has_several)
        place: dict[_Key, int] = {}
        rows += [
            (index, n_samples + place.setdefault(key, len(place)), one) for key, one in zip(keys, found, strict=True)
        ]
        n_samples += len(place)
        notes = (Note(index, "dump_cut_off", 1),) if is_cut_off(text) else ()
        # Several dumps are one profile, of no one moment.
        at_us = None if has_several else written_at(blob.content)
        header = replace(_HEADER, time_ns=max(at_us or 0, 0) * 1000)
        profiles.append(Profile(index, header, _part(Counter(keys)), notes))
    made = decoded(profiles, refusals)
    return replace(made, columns={**made.columns, "goroutine_dump": _columns(rows)}) if rows else made


def _keys(found: Sequence[Goroutine], *, has_several: bool) -> list[_Key]:
    """What equal goroutines of one dump have in common."""
    stacks: dict[Body, _Stack] = {}
    equal: dict[tuple[_Location, ...], _Stack] = {}
    keys: list[_Key] = []
    for one in found:
        stack = stacks.get(one.body)
        if stack is None:
            locations = tuple(_locations(one.body.frames or ()))
            stack = stacks[one.body] = equal.setdefault(locations, _Stack(locations))
        dump = ((b"dump", str(one.dump).encode()),) if has_several else ()
        keys.append((stack, (*one.header.labels, (b"state", one.header.state), *dump)))
    return keys


def _locations(frames: Sequence[Frame]) -> Iterator[_Location]:
    """Frames that were inlined into one another as one location."""
    inlined: list[Frame] = []
    for frame in frames:
        inlined.append(frame)
        if not frame.is_inlined:
            yield tuple(inlined)
            inlined = []
    if inlined:
        yield tuple(inlined)


def _part(counts: Mapping[_Key, int]) -> Part:
    """A sample for each distinct stack with its state and labels."""
    location: dict[_Location, int] = {}
    places = [location.setdefault(one, len(location)) for stack, _ in counts for one in stack.locations]
    function: dict[tuple[bytes, bytes], int] = {}
    frames = [frame for one in location for frame in one]
    line_function = [function.setdefault((frame.function, frame.file), len(function)) for frame in frames]
    count = len(function)
    known = symbols(
        strings=[name for name, _ in function] + [file for _, file in function],
        function_name_text=np.arange(count),
        function_file_text=np.arange(count, 2 * count),
        # A dump tells no addresses that would be the same in the next process.
        location_address=np.zeros(len(location), np.uint64),
        location_line_offsets=_offsets([len(one) for one in location]),
        line_function=np.array(line_function, np.int64),
        line_line=np.array([frame.line for frame in frames], np.int64),
        stack_offsets=_offsets([len(stack.locations) for stack, _ in counts]),
        stack_locations=np.array(places, np.int64),
    )
    values = np.array(list(counts.values()), np.int64)
    part = Part(values, known, np.empty((0, 4), np.int64), np.zeros(len(counts), np.int64))
    return with_labels(part, [labels for _, labels in counts])


def _offsets(sizes: Sequence[int]) -> Int64s:
    return np.append(0, np.cumsum(sizes, dtype=np.int64))


def _columns(rows: Sequence[tuple[int, int, Goroutine]]) -> Mapping[str, Column]:
    """A row for each goroutine; `sample` is the one that counts it."""
    found = [one for _, _, one in rows]
    headers, bodies = [one.header for one in found], [one.body for one in found]
    return {
        "blob_index": np.array([index for index, _, _ in rows], np.int64),
        "sample": np.array([sample for _, sample, _ in rows], np.int64),
        "dump": pa.array([one.dump for one in found], pa.int32()),
        "goroutine": pa.array([one.id for one in found], pa.int64()),
        "state": _texts(one.state for one in headers),
        "wait_ns": pa.array([None if one.wait is None else one.wait * _NS_PER_MINUTE for one in headers], pa.int64()),
        "is_locked_to_thread": pa.array([one.is_locked for one in headers], pa.bool_()),
        "is_leaked": pa.array([one.is_leaked for one in headers], pa.bool_()),
        "synctest_bubble": pa.array([one.bubble for one in headers], pa.int64()),
        "labels": _label_maps([one.labels for one in headers]),
        "has_stack": np.array([one.frames is not None for one in bodies], np.bool_),
        "elided_frames": pa.array([one.elided for one in bodies], pa.int64()),
        "created_by": _texts(one.created_by for one in bodies),
        "created_file": _texts(one.created_file for one in bodies),
        "created_line": pa.array([one.created_line for one in bodies], pa.int64()),
        "creator": pa.array([one.creator for one in found], pa.int64()),
    }


def _texts(found: Iterable[bytes | None]) -> pa.Array:
    known: dict[bytes | None, str | None] = {None: None}
    texts = [known[text] if text in known else known.setdefault(text, _text(text or b"")) for text in found]
    return pa.array(texts, pa.string())


def _text(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _label_maps(found: Sequence[tuple[tuple[bytes, bytes], ...]]) -> pa.Array:
    """Labels in key order; a map has a key once."""
    known = {labels: sorted({_text(key): _text(text) for key, text in labels}.items()) for labels in set(found)}
    return pa.array([known[labels] for labels in found], pa.map_(pa.string(), pa.string()))
