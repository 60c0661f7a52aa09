"""OpenTelemetry's profiles to Decoded: which of them are sample types of one, and what their samples are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.otlp.from_json import as_protobuf
from pipeline.formats.otlp.header import Header, header_of
from pipeline.formats.otlp.recognise import is_json
from pipeline.formats.otlp.samples import Samples, Table, labels_of, samples_of, tabled
from pipeline.formats.otlp.symbols import all_of, dictionary_of, symbols_of
from pipeline.kernels.text.utf8 import are_utf8
from pipeline.values import Blob, Column, Decoded, Int64s, Note, Symbols

# A long text that is named again and again is a bomb: each that names it gets a copy of its own.
_TEXT_ROOM: Final = 1 << 28


def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    """Each file as a Decoded of its own, a broken one as its refusal."""
    for index, blob in enumerate(blobs):
        try:
            yield _decoded(index, as_protobuf(blob.content) if is_json(blob.content) else blob.content)
        except DecodeError as error:
            yield Decoded({}, refusals={index: str(error)})


def _decoded(index: int, content: bytes) -> Decoded:
    top = all_of(np.frombuffer(content, np.uint8))
    known = dictionary_of(top.data, top)
    found = samples_of(top, known)
    table = tabled(found, size_bytes=len(content))
    label, label_end = labels_of(found, table, known)
    header = header_of(found, known)
    symbols = symbols_of(known, table.stacks)
    _check_texts(symbols, label)
    columns = {
        **_profile_columns(index, header, table, n_mappings=len(symbols.mapping_start)),
        "sample": {
            "value_end": np.arange(1, len(table.values) + 1) * table.values.shape[1],
            "label_end": label_end,
            "stack": table.stack,
        },
        "value": {"value": np.ascontiguousarray(table.values).ravel()},
        "label": {name: np.ascontiguousarray(label[:, place]) for place, name in enumerate(_LABEL)},
    }
    return Decoded(columns, symbols, tuple(_notes(index, header, found, table, symbols)))


_LABEL: Final = ("key_text", "str_text", "num", "num_unit_text")


def _profile_columns(
    index: int, header: Header, table: Table, *, n_mappings: int
) -> Mapping[str, Mapping[str, Column]]:
    numbers = {
        "blob_index": index,
        "sample_end": len(table.values),
        "sample_type_end": len(table.type_text),
        "mapping_end": n_mappings,
        "comment_end": len(header.comments),
        "time_ns": header.time_ns,
        "duration_ns": header.duration_ns,
        "period": header.period,
        "period_type_text": header.period_type,
        "period_unit_text": header.period_unit,
        "default_sample_type_text": header.default_sample_type,
        "drop_frames_text": header.drop_frames,
        "keep_frames_text": header.keep_frames,
        "doc_url_text": header.doc_url,
    }
    return {
        "profile": {name: np.array([number], np.int64) for name, number in numbers.items()},
        "sample_type": {"type_text": table.type_text, "unit_text": table.unit_text},
        "comment": {"text": np.array(header.comments, np.int64)},
    }


def _check_texts(symbols: Symbols, label: Int64s) -> None:
    """Raises DecodeError when texts unfold to much more than the file has."""
    lengths = np.append(symbols.strings.lengths, 0)
    named = (
        *(symbols.function_name_text, symbols.function_system_name_text, symbols.function_file_text),
        *(symbols.mapping_file_text, symbols.mapping_build_id_text),
        *(label[:, place] for place in (0, 1, 3)),
    )
    total, room = sum(int(lengths[places].sum()) for places in named), max(_TEXT_ROOM, int(lengths.sum()))
    if total > room:
        raise DecodeError(f"its texts unfold to {total} bytes, more than {room}: a long text is named again and again")


def _notes(index: int, header: Header, found: Samples, table: Table, symbols: Symbols) -> Iterator[Note]:
    strings = symbols.strings
    counts = {
        "text_not_utf8": int((~are_utf8(strings.data, strings.starts, strings.lengths)).sum()),
        "no_time": int(header.time_ns == 0),
        "time_out_of_range": int(header.time_ns < 0),
        "sum_out_of_range": int(np.abs(table.values.astype(np.float64)).sum() >= 2.0**63),
        "sample_times_left_out": int(found.times.sum()),
        "empty_profile": int(not len(table.values)),
        "no_functions": int(not len(symbols.function_name_text) and len(symbols.location_address) > 0),
    }
    for kind, count in counts.items():
        if count:
            yield Note(index, kind, count)
