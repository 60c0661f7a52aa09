"""pprof's columns to Decoded: what the numbers mean, and what was odd about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.formats.pprof.wire import Parsed, parse
from pipeline.kernels.pprof import columns as layout
from pipeline.kernels.text.utf8 import are_utf8
from pipeline.values import Blob, Bytes, Column, Decoded, Int64s, Note, Strings, Symbols

# Arrow's offsets into text end at 2^31, and memory may not depend on how often a file names its texts.
_TEXT_BYTES = 1 << 29
# Tables take several times what is decoded, so not those of all of a large profile at once.
_MOST_FRAMES = 1 << 23
_FRAMES = 1 << 20


def decode(blobs: Sequence[Blob], *, most_frames: int = _MOST_FRAMES, part_frames: int = _FRAMES) -> Iterator[Decoded]:
    """All profiles as one Decoded, or as several when their texts are too much for one; a large profile as parts of itself.

    `profile.blob_index` says which is which.

    most_frames  frames of all stacks from which on a profile comes in parts
    part_frames  those of one part, and one stack above it
    """
    parsed = parse([blob.content for blob in blobs])
    sound = np.array([index for index in range(len(blobs)) if index not in parsed.refusals], np.int64)
    if len(blobs) > 1 and parsed.columns.header[sound, layout.TEXT_BYTES].sum() > _TEXT_BYTES:
        middle = len(blobs) // 2
        yield from decode(blobs[:middle])
        yield from (_moved(decoded, middle) for decoded in decode(blobs[middle:]))
        return
    whole = Decoded(
        columns=_columns(parsed, sound),
        symbols=_symbols(parsed),
        notes=tuple(_notes(parsed, sound)),
        refusals=parsed.refusals,
    )
    is_large = len(blobs) == len(sound) == 1 and len(parsed.columns.location_ref) > most_frames
    yield from _parts(whole, part_frames) if is_large else [whole]


def _parts(whole: Decoded, part_frames: int) -> Iterator[Decoded]:
    """One profile, some of its samples at a time, each with the symbols of all."""
    symbols, columns = whole.symbols, whole.columns
    assert symbols is not None
    offsets, sample = symbols.stack_offsets, columns["sample"]
    # At most the last stack, in which many parts may begin.
    firsts = np.unique(np.searchsorted(offsets[:-2], np.arange(0, offsets[-1], part_frames)))
    ends = {name: _offsets(sample[f"{name}_end"]) for name in ("value", "label")}
    for first, last in zip(firsts, [*firsts[1:], len(offsets) - 1], strict=True):
        spans = {name: slice(end[first], end[last]) for name, end in ends.items()}
        yield replace(
            whole,
            columns={
                **columns,
                "profile": {**columns["profile"], "sample_end": np.array([last - first])},
                "sample": {f"{name}_end": end[first + 1 : last + 1] - end[first] for name, end in ends.items()},
                **{name: {key: rows[span] for key, rows in columns[name].items()} for name, span in spans.items()},
                "profile_part": {
                    "blob_index": columns["profile"]["blob_index"],
                    "samples_before": np.array([first]),
                    "is_last": np.array([last == len(offsets) - 1]),
                    "has_mappings": np.array([first == 0]),
                },
            },
            symbols=replace(
                symbols,
                stack_offsets=offsets[first : last + 1] - offsets[first],
                stack_locations=symbols.stack_locations[offsets[first] : offsets[last]],
            ),
            notes=whole.notes if first == 0 else (),
        )


def _moved(decoded: Decoded, by: int) -> Decoded:
    """The same for blobs that stand `by` places further on."""
    profile = decoded.columns["profile"]
    return replace(
        decoded,
        columns={**decoded.columns, "profile": {**profile, "blob_index": profile["blob_index"] + by}},
        notes=tuple(replace(note, blob_index=note.blob_index + by) for note in decoded.notes),
        refusals={index + by: reason for index, reason in decoded.refusals.items()},
    )


def _columns(parsed: Parsed, sound: Int64s) -> Mapping[str, Mapping[str, Column]]:
    columns, header = parsed.columns, parsed.columns.header[sound]
    ends = parsed.ends[1:][sound]
    return {
        "profile": {
            "blob_index": sound,
            "sample_end": ends[:, layout.N_SAMPLE],
            "sample_type_end": ends[:, layout.N_SAMPLE_TYPE],
            "mapping_end": ends[:, layout.N_MAPPING],
            "comment_end": ends[:, layout.N_COMMENT],
            "time_ns": header[:, layout.TIME_NANOS - 1],
            "duration_ns": header[:, 9],
            "period": header[:, 11],
            "period_type_text": header[:, layout.PERIOD_TYPE_TEXT],
            "period_unit_text": header[:, layout.PERIOD_UNIT_TEXT],
            "default_sample_type_text": header[:, 13],
            "drop_frames_text": header[:, 6],
            "keep_frames_text": header[:, 7],
            "doc_url_text": header[:, 14],
        },
        "sample_type": {"type_text": columns.sample_type[:, 0], "unit_text": columns.sample_type[:, 1]},
        "comment": {"text": columns.comment},
        "sample": {
            "value_end": columns.sample[:, 1],
            "label_end": columns.sample[:, 2],
        },
        "value": {"value": columns.value},
        "label": {
            "key_text": columns.label[:, 0],
            "str_text": columns.label[:, 1],
            "num": columns.label[:, 2],
            "num_unit_text": columns.label[:, 3],
        },
    }


def _symbols(parsed: Parsed) -> Symbols:
    columns = parsed.columns
    mapping, location, line, function = columns.mapping, columns.location, columns.line, columns.function
    return Symbols(
        strings=Strings(parsed.data, columns.string[:, 0], columns.string[:, 1]),
        mapping_start=mapping[:, 1].view(np.uint64),
        mapping_limit=mapping[:, 2].view(np.uint64),
        mapping_file_offset=mapping[:, 3].view(np.uint64),
        mapping_file_text=mapping[:, 4],
        mapping_build_id_text=mapping[:, 5],
        mapping_flags=_flags(mapping),
        function_name_text=function[:, 1],
        function_system_name_text=function[:, 2],
        function_file_text=function[:, 3],
        function_start_line=function[:, 4],
        location_mapping=location[:, 1],
        location_address=location[:, 2].view(np.uint64),
        location_is_folded=location[:, 4] != 0,
        location_line_offsets=_offsets(location[:, 5]),
        line_function=line[:, 0],
        line_line=line[:, 1],
        line_column=line[:, 2],
        stack_offsets=_offsets(columns.sample[:, 0]),
        stack_locations=columns.location_ref,
        mapping_id=mapping[:, 0].view(np.uint64),
        location_id=location[:, 0].view(np.uint64),
    )


def _flags(mapping: Int64s) -> Bytes:
    bits = np.array([1, 2, 4, 8], np.uint8)
    return ((mapping[:, 6:10] != 0) * bits).sum(axis=1, dtype=np.uint8)


def _offsets(ends: Int64s) -> Int64s:
    return np.concatenate([np.zeros(1, np.int64), ends])


def _notes(parsed: Parsed, sound: Int64s) -> Iterator[Note]:
    header, rows = parsed.columns.header[sound], np.diff(parsed.ends, axis=0)[sound]
    time_ns = header[:, layout.TIME_NANOS - 1]
    counts = {
        "text_not_utf8": _not_utf8(parsed)[sound],
        "unknown_field": header[:, layout.UNKNOWN_FIELDS],
        "unknown_mapping": header[:, layout.UNKNOWN_MAPPINGS],
        "label_without_value": _empty_labels(parsed)[sound],
        "no_time": (time_ns == 0).astype(np.int64),
        "time_out_of_range": (time_ns < 0).astype(np.int64),
        "sum_out_of_range": _large_sums(parsed)[sound],
        "empty_profile": (rows[:, layout.N_SAMPLE] == 0).astype(np.int64),
        "no_functions": ((rows[:, layout.N_FUNCTION] == 0) & (rows[:, layout.N_LOCATION] > 0)).astype(np.int64),
    }
    for kind, of_each in counts.items():
        for place in np.flatnonzero(of_each).tolist():
            yield Note(int(sound[place]), kind, int(of_each[place]))


def _not_utf8(parsed: Parsed) -> Int64s:
    string = parsed.columns.string
    is_text = are_utf8(parsed.data, string[:, 0], string[:, 1])
    return np.diff(_offsets(np.cumsum(~is_text))[parsed.ends[:, layout.N_STRING]])


def _large_sums(parsed: Parsed) -> Int64s:
    """1 for each profile whose values may add up to more than 64 bits hold: 2^63 or more, signs left out."""
    values, ends = parsed.columns.value, parsed.ends[:, layout.N_VALUE]
    # Nearly always so: then no sum has to be taken.
    if not len(values) or max(-int(values.min()), int(values.max())) * len(values) < 2**63:
        return np.zeros(len(ends) - 1, np.int64)
    # The two halves of each value, which so many can be added of. That of -2^63 is 2^63 as it stands.
    sizes = np.abs(values).view(np.uint64)
    high, low = (np.append(np.uint64(0), np.cumsum(half))[ends] for half in (sizes >> 32, sizes & 0xFFFF_FFFF))
    return (np.diff(high) + (np.diff(low) >> 32) >= 2**31).astype(np.int64)


def _empty_labels(parsed: Parsed) -> Int64s:
    label = parsed.columns.label
    is_empty = (label[:, 1] < 0) & (label[:, 2] == 0) & (label[:, 3] < 0)
    return np.diff(_offsets(np.cumsum(is_empty))[parsed.ends[:, layout.N_LABEL]])
