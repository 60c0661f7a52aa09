"""pprof's bytes to columns: lays many files side by side, calls the kernels, names their faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.formats.pprof.room import keep, room_for
from pipeline.kernels import protowire
from pipeline.kernels.pprof import columns as layout
from pipeline.kernels.pprof import wire as kernels
from pipeline.values import Bytes, Int64s

_MESSAGES: Mapping[int, str] = {
    layout.PROFILE: "profile",
    layout.SAMPLE_TYPE: "sample type",
    layout.SAMPLE: "sample",
    layout.MAPPING: "mapping",
    layout.LOCATION: "location",
    layout.FUNCTION: "function",
    layout.STRING: "string",
    layout.COMMENT: "comment",
    layout.PERIOD_TYPE: "period type",
    layout.LABEL: "label",
}

_SENTENCES: Mapping[int, str] = {
    protowire.CUT_OFF: "the data ends inside a number; the file is truncated",
    protowire.TOO_LONG: "a number goes on for more than ten bytes; the file is damaged or not a profile",
    protowire.SHORT_FIXED: "{found} bytes are left of a field that needs 4 or 8; the file is truncated",
    protowire.LENGTH_PAST_END: "a length of {found} bytes reaches past the end, {expected} are left; the file is truncated",
    protowire.BAD_WIRE_TYPE: "a field has wire type {found}, which protobuf no longer has; the file is damaged or not a profile",
    protowire.TYPE_MISMATCH: "a field has wire type {found} where profile.proto has another; the file is damaged",
    layout.CONCATENATED: "a second time_nanos: these are concatenated profiles; offer each as a file of its own",
    layout.FIRST_STRING_NOT_EMPTY: "string 0 has {found} bytes; profile.proto wants it empty",
    layout.STRING_OUT_OF_RANGE: "string {found} does not exist; the file has {expected}. It may be truncated: the strings come last",
    layout.VALUE_COUNT: "it has {found} values; the file has {expected} sample types",
    layout.NO_SAMPLE_TYPES: "there are samples and no sample types",
    layout.UNKNOWN_LOCATION: "location {found} does not exist; the file has {expected}. It may be truncated: compare its size with the server's",
    layout.UNKNOWN_FUNCTION: "a line of location {expected} names function {found}, which does not exist",
    layout.ZERO_ID: "an id is 0, which profile.proto reserves",
    layout.DUPLICATE_ID: "id {found} is given twice",
    layout.TOO_MUCH_TEXT: "its texts unfold to {found} bytes, more than {expected}: a long text is named again and again",
    layout.EMPTY: "the file is empty; a CPU profile that was never stopped leaves such a file",
}

# Faults of a whole file have no byte to point at.
_WITHOUT_POSITION = frozenset(
    {
        layout.EMPTY,
        layout.ZERO_ID,
        layout.DUPLICATE_ID,
        layout.STRING_OUT_OF_RANGE,
        layout.UNKNOWN_FUNCTION,
        layout.TOO_MUCH_TEXT,
    }
)
# Faults that belong to no numbered item.
_WITHOUT_ITEM = frozenset({layout.EMPTY, layout.CONCATENATED, layout.ZERO_ID, layout.DUPLICATE_ID})


@dataclass(frozen=True, slots=True)
class Parsed:
    """Columns of all files that are sound, and why the others are not.

    data     uint8                 all files' bytes; strings are spans of it
    ends     int64 (files + 1, SETS)   where each file's rows end in each column set of `columns`
    refusals file index -> reason
    """

    data: Bytes
    columns: layout.Columns
    ends: Int64s
    refusals: Mapping[int, str]


def parse(contents: Sequence[bytes]) -> Parsed:
    """Columns of many profiles at once; a broken one is refused with the place and nature of its fault."""
    data, starts, lengths = _side_by_side(contents)
    counts = kernels.count(data, starts, lengths)
    columns = _room(counts)
    ends = np.zeros((len(contents) + 1, layout.SETS), np.int64)
    faults = np.zeros((len(contents), layout.FAULT), np.int64)
    kernels.decode(data, starts, lengths, columns, ends, faults)
    refusals = {int(index): _sentence(faults[index]) for index in np.flatnonzero(faults[:, layout.STATUS])}
    return Parsed(data, _trimmed(columns, ends[-1]), ends, refusals)


def _side_by_side(contents: Sequence[bytes]) -> tuple[Bytes, Int64s, Int64s]:
    lengths = np.array([len(content) for content in contents], np.int64)
    starts = np.cumsum(lengths) - lengths
    joined = contents[0] if len(contents) == 1 else b"".join(contents)
    return np.frombuffer(joined, np.uint8), starts, lengths


def _room(counts: Int64s) -> layout.Columns:
    """Arrays with room for every row: a number or a message within one takes at least one byte or two.

    Pages that stay unwritten cost nothing: they are never brought into memory.
    """
    total = counts.sum(axis=0)
    in_samples = total[layout.SAMPLE_BYTES]
    shapes = {
        "sample": (total[layout.SAMPLE], 4),
        "location_ref": (in_samples,),
        "value": (in_samples,),
        "label": (in_samples // 2 + 1, 4),
        "location": (total[layout.LOCATION], 6),
        "line": (total[layout.LOCATION_BYTES] // 2 + 1, 3),
        "function": (total[layout.FUNCTION], 5),
        "mapping": (total[layout.MAPPING], 10),
        "string": (total[layout.STRING], 2),
        "sample_type": (total[layout.SAMPLE_TYPE], 2),
        "comment": (total[layout.COMMENT_BYTES],),
        "header": (len(counts), layout.HEADER),
    }
    return layout.Columns(**{name: room_for(name, shape) for name, shape in shapes.items()})


def _trimmed(columns: layout.Columns, end: Int64s) -> layout.Columns:
    sets = layout.Columns._fields[: layout.SETS]
    rows = {name: getattr(columns, name)[:last] for name, last in zip(sets, end, strict=True)}
    keep(rows)
    return layout.Columns(**rows, header=columns.header)


def _sentence(fault: Int64s) -> str:
    status = int(fault[layout.STATUS])
    message = _MESSAGES[int(fault[layout.MESSAGE])]
    # Unsigned: an id of 2^63 or more comes as a negative number.
    found = int(fault[layout.FOUND]) % 2**64 if status != layout.STRING_OUT_OF_RANGE else int(fault[layout.FOUND])
    reason = _SENTENCES[status].format(found=found, expected=int(fault[layout.EXPECTED]))
    item = "" if status in _WITHOUT_ITEM else _item(int(fault[layout.MESSAGE]), int(fault[layout.ITEM]))
    position = "" if status in _WITHOUT_POSITION else f", byte {int(fault[layout.POSITION])}"
    return f"{message}{item}{position}: {reason}"


def _item(message: int, place: int) -> str:
    """Which one of its kind: the place in the file from 0, or the number of a field of Profile itself."""
    if message == layout.PROFILE:
        return f" field {place}" if place else ""
    return "" if message == layout.PERIOD_TYPE else f" {place}"
