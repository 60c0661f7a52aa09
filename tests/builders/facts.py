"""Everything a profile says, in one plain form, whoever read it: our decoder, protobuf's or Go's.

Ids are gone: a mapping, function or location is its place in the file. Texts are bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from pipeline.generated.profile_pb2 import Profile
from pipeline.values import Decoded, Strings


class Label(NamedTuple):
    """`text` and `unit` are None when the label has none."""

    key: bytes
    text: bytes | None
    num: int
    unit: bytes | None


class Facts(NamedTuple):
    """header       time, duration, period, then the texts period type and unit, default sample type, drop, keep, doc
    mappings     start, limit, file offset, file, build id, the four flags
    functions    name, system name, file, start line
    locations    place of the mapping or None, address, folded, and for each line: place of the function, line, column
    samples      places of the locations, values, labels
    """

    header: tuple[Any, ...]
    sample_types: list[tuple[Any, ...]]
    comments: list[bytes | None]
    mappings: list[tuple[Any, ...]]
    functions: list[tuple[Any, ...]]
    locations: list[tuple[Any, ...]]
    samples: list[tuple[tuple[int, ...], tuple[int, ...], tuple[Label, ...]]]


def facts_of_message(message: Profile) -> Facts:
    """What the protobuf runtime read, with the rules of google/pprof: labels without a value are not there."""
    texts = [text.encode() for text in message.string_table]
    places = {
        name: {row.id: place for place, row in enumerate(getattr(message, name))}
        for name in ("mapping", "function", "location")
    }
    return Facts(
        header=(
            message.time_nanos,
            message.duration_nanos,
            message.period,
            texts[message.period_type.type],
            texts[message.period_type.unit],
            texts[message.default_sample_type],
            texts[message.drop_frames],
            texts[message.keep_frames],
            texts[message.doc_url],
        ),
        sample_types=[(texts[of.type], texts[of.unit]) for of in message.sample_type],
        comments=[texts[comment] for comment in message.comment],
        mappings=[
            (
                of.memory_start,
                of.memory_limit,
                of.file_offset,
                texts[of.filename],
                texts[of.build_id],
                of.has_functions,
                of.has_filenames,
                of.has_line_numbers,
                of.has_inline_frames,
            )
            for of in message.mapping
        ],
        functions=[
            (texts[of.name], texts[of.system_name], texts[of.filename], of.start_line) for of in message.function
        ],
        locations=[
            (
                places["mapping"].get(of.mapping_id),
                of.address,
                of.is_folded,
                tuple((places["function"][line.function_id], line.line, line.column) for line in of.line),
            )
            for of in message.location
        ],
        samples=[
            (
                tuple(places["location"][location] for location in of.location_id),
                tuple(of.value),
                labels(
                    (
                        texts[label.key],
                        texts[label.str] if label.str else None,
                        label.num,
                        texts[label.num_unit] if label.num_unit else None,
                    )
                    for label in of.label
                ),
            )
            for of in message.sample
        ],
    )


def labels(found: Iterable[tuple[Any, ...]]) -> tuple[Label, ...]:
    """Labels without those that have neither text, number nor unit."""
    made = (Label(*label) for label in found)
    return tuple(label for label in made if label[1:] != (None, 0, None))


def facts_of_decoded(decoded: Decoded, place: int = 0, *, before: Sequence[Facts] = ()) -> Facts:
    """What our decoder read of the profile at this place of `decoded`; `before` is what the ones before it said.

    Which locations and functions are whose is not in Decoded: those of the profiles before are skipped, all others
    are taken to be this one's.
    """
    columns = {
        name: {key: _listed(column) for key, column in of.items()}
        for name, of in decoded.columns.items()
        if name not in _NO_PROFILES
    }
    profile, symbols = columns["profile"], decoded.symbols
    assert symbols is not None
    texts = _Texts(symbols.strings)
    types = _range(profile["sample_type_end"], place)
    mappings = _range(profile["mapping_end"], place)
    samples = _range(profile["sample_end"], place)
    located = range(sum(len(of.locations) for of in before), len(symbols.location_mapping))
    functions = range(sum(len(of.functions) for of in before), len(symbols.function_name_text))
    label = columns["label"]
    every_label = list(zip(*(label[name] for name in ("key_text", "str_text", "num", "num_unit_text")), strict=True))
    offsets, lines = symbols.stack_offsets.tolist(), symbols.location_line_offsets.tolist()
    return Facts(
        header=(
            *(profile[name][place] for name in ("time_ns", "duration_ns", "period")),
            *(texts[profile[f"{name}_text"][place]] for name in _HEADER_TEXTS),
        ),
        sample_types=[
            (texts[columns["sample_type"]["type_text"][at]], texts[columns["sample_type"]["unit_text"][at]])
            for at in types
        ],
        comments=[texts[columns["comment"]["text"][at]] for at in _range(profile["comment_end"], place)],
        mappings=[
            (
                int(symbols.mapping_start[at]),
                int(symbols.mapping_limit[at]),
                int(symbols.mapping_file_offset[at]),
                texts[symbols.mapping_file_text[at]],
                texts[symbols.mapping_build_id_text[at]],
                *tuple(bool(symbols.mapping_flags[at] >> bit & 1) for bit in range(4)),
            )
            for at in mappings
        ],
        functions=[
            (
                texts[symbols.function_name_text[at]],
                texts[symbols.function_system_name_text[at]],
                texts[symbols.function_file_text[at]],
                int(symbols.function_start_line[at]),
            )
            for at in functions
        ],
        locations=[
            (
                int(symbols.location_mapping[at]) - mappings.start if symbols.location_mapping[at] >= 0 else None,
                int(symbols.location_address[at]),
                bool(symbols.location_is_folded[at]),
                tuple(
                    (
                        int(symbols.line_function[of]) - functions.start,
                        int(symbols.line_line[of]),
                        int(symbols.line_column[of]),
                    )
                    for of in range(lines[at], lines[at + 1])
                ),
            )
            for at in located
        ],
        samples=[
            (
                tuple(int(of) - located.start for of in symbols.stack_locations[offsets[at] : offsets[at + 1]]),
                tuple(columns["value"]["value"][of] for of in _range(columns["sample"]["value_end"], at)),
                labels(
                    (texts[key], texts[text], num, texts[unit])
                    for key, text, num, unit in (every_label[of] for of in _range(columns["sample"]["label_end"], at))
                ),
            )
            for at in samples
        ],
    )


_HEADER_TEXTS = ("period_type", "period_unit", "default_sample_type", "drop_frames", "keep_frames", "doc_url")


# What a text profile tells beside the profile.
_NO_PROFILES = ("process", "memstats", "memstats_size_class", "memstats_pause")


def _listed(column: object) -> list[int]:
    assert isinstance(column, np.ndarray)
    return column.tolist()  # type: ignore[no-any-return]


def _range(ends: Sequence[int], place: int) -> range:
    return range(ends[place - 1] if place else 0, ends[place])


class _Texts:
    """Texts by number; none for -1."""

    def __init__(self, strings: Strings) -> None:
        self._strings = strings
        self._data = strings.data.tobytes()

    def __getitem__(self, place: int) -> bytes | None:
        if place < 0:
            return None
        start = int(self._strings.starts[place])
        return self._data[start : start + int(self._strings.lengths[place])]
