"""Profiles that are spelled as text or in an older binary form, part by part, as one Decoded.

What pprof's decoder makes of many files at once, these formats make of one file at a time, a large one in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate
from typing import Any, Final

import numpy as np

from pipeline.values import Column, Decoded, Int64s, Note, Strings, Symbols

# What each column of Symbols counts: its numbers are places among the rows of another, and move when others come before.
_PLACES: Final[Mapping[str, str]] = {
    "mapping_file_text": "string",
    "mapping_build_id_text": "string",
    "function_name_text": "string",
    "function_system_name_text": "string",
    "function_file_text": "string",
    "location_mapping": "mapping",
    "location_line_offsets": "line",
    "line_function": "function",
    "stack_offsets": "stack_location",
    "stack_locations": "location",
}
_OFFSETS: Final = ("location_line_offsets", "stack_offsets")
_NONE: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive samples of a profile with their own symbols.

    values     int64         those of each sample, one sample after the other
    label      int64 (m, 4)  key, text, number and unit of each label; texts index the symbols' strings, -1 is none
    label_end  int64 (n,)    where each sample's labels end
    """

    values: Int64s
    symbols: Symbols
    label: Int64s
    label_end: Int64s


@dataclass(frozen=True, slots=True)
class Header:
    """What a profile says of all its samples. Types are name and unit.

    time_ns  when it was taken, since 1970; 0 where nobody says
    kind  of tables/kind.py, where the file says more of it than its sample types do; "" where it does not
    """

    sample_types: Sequence[tuple[str, str]]
    period_type: tuple[str, str]
    period: int
    duration_ns: int = 0
    kind: str = ""
    time_ns: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile, whole, and what was odd about it."""

    blob_index: int
    header: Header
    part: Part
    notes: Sequence[Note] = ()


def strings_of(texts: Sequence[bytes]) -> Strings:
    """Texts one behind the other."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return Strings(np.frombuffer(b"".join(texts), np.uint8), np.cumsum(lengths) - lengths, lengths)


def bare_symbols(addresses: Iterable[Sequence[int]]) -> Symbols:
    """Stacks of addresses, leaf first, of which nothing else is known; each distinct address is one location."""
    stacks = list(addresses)
    place: dict[int, int] = {}
    flat = [place.setdefault(address, len(place)) for stack in stacks for address in stack]
    return symbols(
        stack_offsets=_offsets([len(stack) for stack in stacks]),
        stack_locations=np.array(flat, np.int64),
        location_address=np.fromiter(place, np.uint64, len(place)),
    )


def symbols(
    *, strings: Sequence[bytes] | Strings = (), location_line_offsets: Int64s | None = None, **columns: Any
) -> Symbols:
    """Symbols of the columns that are given; the others say nothing. A system name is the name."""
    count = len(columns["location_address"])
    n_functions, n_lines = len(columns.get("function_name_text", ())), len(columns.get("line_line", ()))
    nothing: dict[str, Any] = {
        "mapping_start": np.empty(0, np.uint64),
        "mapping_limit": np.empty(0, np.uint64),
        "mapping_file_offset": np.empty(0, np.uint64),
        "mapping_file_text": _NONE,
        "mapping_build_id_text": _NONE,
        "mapping_flags": np.empty(0, np.uint8),
        "function_name_text": _NONE,
        "function_system_name_text": columns.get("function_name_text", _NONE),
        "function_file_text": _NONE,
        "function_start_line": np.zeros(n_functions, np.int64),
        "location_mapping": np.full(count, -1, np.int64),
        "location_is_folded": np.zeros(count, np.bool_),
        "line_function": _NONE,
        "line_line": _NONE,
        "line_column": np.zeros(n_lines, np.int64),
    }
    lines = np.zeros(count + 1, np.int64) if location_line_offsets is None else location_line_offsets
    texts = strings if isinstance(strings, Strings) else strings_of(strings)
    return Symbols(strings=texts, location_line_offsets=lines, **{**nothing, **columns})


def with_labels(part: Part, labels: Sequence[Sequence[tuple[bytes, bytes]]]) -> Part:
    """The part, whose samples have these text labels, in place of those it had."""
    base = len(part.symbols.strings)
    place: dict[bytes, int] = {}
    rows = [
        (place.setdefault(key, len(place)) + base, place.setdefault(text, len(place)) + base, 0, -1)
        for of_one in labels
        for key, text in of_one
    ]
    strings = joined_strings([part.symbols.strings, strings_of(list(place))])
    return Part(
        part.values,
        replace(part.symbols, strings=strings),
        np.array(rows, np.int64).reshape(-1, 4),
        np.cumsum([len(of_one) for of_one in labels], dtype=np.int64),
    )


def joined(parts: Sequence[Part]) -> Part:
    """The parts one after the other as one."""
    if len(parts) == 1:
        return parts[0]
    bases = accumulate((len(part.symbols.strings) for part in parts), initial=0)
    ends = accumulate((len(part.label) for part in parts), initial=0)
    label = [_moved_label(part.label, base) for part, base in zip(parts, bases, strict=False)]
    return Part(
        np.concatenate([part.values for part in parts]),
        joined_symbols([part.symbols for part in parts]),
        np.concatenate(label),
        np.concatenate([part.label_end + end for part, end in zip(parts, ends, strict=False)]),
    )


def joined_strings(strings: Sequence[Strings]) -> Strings:
    """Strings one after the other; each keeps its place among its own."""
    bases = accumulate((len(some.data) for some in strings), initial=0)
    return Strings(
        np.concatenate([some.data for some in strings]),
        np.concatenate([some.starts + base for some, base in zip(strings, bases, strict=False)]),
        np.concatenate([some.lengths for some in strings]),
    )


def ranges(starts: Int64s, sizes: Int64s) -> Int64s:
    """start, start + 1, ... of each range, one range after the other."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - sizes), sizes)


def joined_symbols(parts: Sequence[Symbols]) -> Symbols:
    """The symbols one after the other: stacks, and all they are made of."""
    counted: Mapping[str, list[int]] = {
        "string": [len(part.strings) for part in parts],
        "mapping": [len(part.mapping_start) for part in parts],
        "function": [len(part.function_name_text) for part in parts],
        "line": [len(part.line_line) for part in parts],
        "location": [len(part.location_address) for part in parts],
        "stack_location": [len(part.stack_locations) for part in parts],
    }
    columns: dict[str, Any] = {"strings": joined_strings([part.strings for part in parts])}
    # Ids are of a file, and places say the same of what is put together.
    apart = {"strings", "mapping_id", "location_id"}
    for name in (column.name for column in fields(Symbols) if column.name not in apart):
        arrays = [getattr(part, name) for part in parts]
        if name in _PLACES:
            bases = accumulate(counted[_PLACES[name]], initial=0)
            arrays = [_moved(array, base) for array, base in zip(arrays, bases, strict=False)]
        if name in _OFFSETS:
            arrays = [arrays[0], *(array[1:] for array in arrays[1:])]
        columns[name] = np.concatenate(arrays)
    return Symbols(**columns)


def _moved(places: Int64s, by: int) -> Int64s:
    return np.where(places < 0, places, places + by) if by else places


def _moved_label(label: Int64s, by: int) -> Int64s:
    key, text, number, unit = label.T
    return np.column_stack([_moved(key, by), _moved(text, by), number, _moved(unit, by)])


def _offsets(sizes: Sequence[int]) -> Int64s:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def decoded(profiles: Sequence[Profile], refusals: Mapping[int, str]) -> Decoded:
    """The profiles as pprof's decoder would give them, and why the other blobs have none."""
    if not profiles:
        return Decoded({}, refusals=refusals)
    whole = joined([one.part for one in profiles])
    headers = [one.header for one in profiles]
    types = [of_one for header in headers for of_one in header.sample_types]
    words = _Words(len(whole.symbols.strings))
    columns: dict[str, Mapping[str, Column]] = {
        "profile": _profile_columns(profiles, words),
        "sample_type": {
            "type_text": words.places(name for name, _ in types),
            "unit_text": words.places(unit for _, unit in types),
        },
        "comment": {"text": _NONE},
        "sample": {
            "value_end": np.cumsum(np.concatenate([_value_counts(one) for one in profiles])),
            "label_end": whole.label_end,
        },
        "value": {"value": whole.values},
        "label": {name: whole.label[:, place] for place, name in enumerate(_LABEL)},
    }
    strings = joined_strings([whole.symbols.strings, strings_of(list(words.known))])
    notes = [
        note
        for one in profiles
        for note in (*one.notes, *oddities(one.blob_index, tally(one.part), magnitude(one.part)))
        if note.kind != "no_time" or not one.header.time_ns
    ]
    return Decoded(columns, replace(whole.symbols, strings=strings), notes, refusals)


_LABEL: Final = ("key_text", "str_text", "num", "num_unit_text")
_HEADER_TEXTS: Final = ("kind", "default_sample_type", "drop_frames", "keep_frames", "doc_url")


class _Words:
    """Our own words as strings behind those that are there already."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.known: dict[bytes, int] = {}

    def places(self, words: Iterable[str]) -> Int64s:
        """Where each of the words stands among all strings."""
        return np.array([self.known.setdefault(word.encode(), len(self.known)) + self.base for word in words], np.int64)


def _profile_columns(profiles: Sequence[Profile], words: _Words) -> Mapping[str, Column]:
    headers = [one.header for one in profiles]
    nothing = np.zeros(len(profiles), np.int64)
    texts = {f"{name}_text": words.places(getattr(header, name, "") for header in headers) for name in _HEADER_TEXTS}
    return {
        "blob_index": np.array([one.blob_index for one in profiles], np.int64),
        "sample_end": np.cumsum([len(one.part.label_end) for one in profiles], dtype=np.int64),
        "sample_type_end": np.cumsum([len(header.sample_types) for header in headers], dtype=np.int64),
        "mapping_end": np.cumsum([len(one.part.symbols.mapping_start) for one in profiles], dtype=np.int64),
        "comment_end": nothing,
        "time_ns": np.array([header.time_ns for header in headers], np.int64),
        "duration_ns": np.array([header.duration_ns for header in headers], np.int64),
        "period": np.array([header.period for header in headers], np.int64),
        "period_type_text": words.places(header.period_type[0] for header in headers),
        "period_unit_text": words.places(header.period_type[1] for header in headers),
        **texts,
    }


def _value_counts(one: Profile) -> Int64s:
    return np.full(len(one.part.label_end), len(one.header.sample_types), np.int64)


def tally(part: Part) -> Int64s:
    """What `oddities` looks at: how many samples, locations and functions."""
    return np.array([len(part.label_end), len(part.symbols.location_address), len(part.symbols.function_name_text)])


def magnitude(part: Part) -> float:
    """The values added up, signs left out."""
    return float(np.abs(part.values.astype(np.float64)).sum())


def oddities(blob_index: int, counts: Int64s, total: float) -> Iterable[Note]:
    """What is odd about any profile, of which all `tally` and `magnitude` are known."""
    samples, locations, functions = counts.tolist()
    yield Note(blob_index, "no_time", 1)
    if not samples:
        yield Note(blob_index, "empty_profile", 1)
    if locations and not functions:
        yield Note(blob_index, "no_functions", 1)
    if total >= 2.0**63:
        yield Note(blob_index, "sum_out_of_range", 1)
