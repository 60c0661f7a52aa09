"""Samples as OpenTelemetry profiles: an ExportProfilesServiceRequest, which has the fields of ProfilesData.

The signal is in development: this is opentelemetry/proto/profiles/v1development as the Python package opentelemetry-proto 1.45 has
it. A profile of it has one sample type, so one of pprof is several, of the same stacks. What it has no field for stands in the
attributes `pprof.*` of OpenTelemetry's semantic conventions. Row 0 of every table is empty and stands for none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.outputs.sampled_tables import (
    Places,
    Texts,
    addresses,
    column,
    in_order_of_use,
    lists,
    values_of,
)
from pipeline.protobuf_rows import (
    Rows,
    fixed64,
    grouped,
    joined,
    messages,
    number,
    numbers,
    taken,
    texts,
    varints,
)
from pipeline.values import Bools, Int64s, Sampled

# Samples that are encoded at a time.
_AT_A_TIME: Final = 1 << 16
_FLAGS: Final = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")
_BUILD_ID: Final = "process.executable.build_id.gnu"


def write(sampled: Sampled, *, resource: Mapping[str, str], exporter: str) -> Iterator[bytes]:
    """The file, a piece at a time; each message says how long it is, so all of it is encoded before the first is given.

    resource  attributes of what was profiled: service.name and the like
    exporter  the name of the scope
    """
    sampled, tables = in_order_of_use(sampled), _Tables()
    labels = _labels(sampled, tables)
    profiles = [
        piece for place in range(len(sampled.sample_types)) for piece in _profile(sampled, place, labels, tables)
    ]
    header = sampled.header
    scope = _named_attributes(3, {"pprof.scope.default_sample_type": header["default_sample_type"]})
    scope_profiles = [_message(1, _text(1, exporter) + scope), *profiles]
    resource_profiles = [
        _message(1, _named_attributes(1, resource)),
        _head(2, scope_profiles),
        *scope_profiles,
    ]
    dictionary = [
        *_mappings(sampled, tables),
        _locations(sampled, tables),
        _functions(sampled, tables),
        _stacks(sampled),
        *tables.pieces(),
    ]
    yield _head(1, resource_profiles)
    yield from resource_profiles
    yield _head(2, dictionary)
    yield from dictionary


@dataclass
class _Tables:
    """The tables of texts and attributes, which grow while everything else is written."""

    text: Texts = field(default_factory=Texts)
    attributes: list[Rows] = field(default_factory=list)
    count: int = 1

    def add(self, keys: Int64s, values: Rows, units: Int64s) -> Int64s:
        """Attributes of some keys, values and units; the numbers they get."""
        self.attributes.append(joined(number(1, keys), messages(2, values), number(3, units)))
        self.count += len(keys)
        return np.arange(self.count - len(keys), self.count)

    def texts_of(self, key: str, values: Sequence[str]) -> Int64s:
        """Attributes of one key, each with a text."""
        keys = np.repeat(self.text.numbers([key]), len(values))
        return self.add(keys, messages(1, texts(pa.array(values, pa.string()))), np.zeros(len(values), np.int64))

    def truth(self, key: str) -> int:
        """The attribute that a thing is so."""
        return int(self.add(self.text.numbers([key]), number(2, np.ones(1, np.int64)), np.zeros(1, np.int64))[0])

    def pieces(self) -> Iterator[bytes]:
        """The two tables, and that of links, of which there are none."""
        empty = _empty_row()
        yield _message(4, b"")
        for rows in (empty, *self.attributes):
            yield messages(6, rows).data.tobytes()
        yield messages(5, self.text.rows()).data.tobytes()


def _labels(sampled: Sampled, tables: _Tables) -> Rows:
    """The field `attribute_indices` of each label set, and at last that of none."""
    offsets, labels = lists(sampled.label_sets, "labels")
    is_text = labels.field("str").is_valid().to_numpy(zero_copy_only=False)
    key, unit = tables.text.numbers(labels.field("key")), tables.text.numbers(labels.field("num_unit"))
    value = np.where(is_text, tables.text.numbers(labels.field("str")), labels.field("num").fill_null(0).to_numpy())
    distinct, place = np.unique(np.column_stack([key, is_text, value, unit]), axis=0, return_inverse=True)
    texts_at, values = distinct[:, 1] != 0, distinct[:, 2]
    numbered = tables.add(distinct[:, 0], _values(tables, values, is_text=texts_at), distinct[:, 3])
    each = varints(numbered[place.ravel()])
    return numbers(2, grouped(each, np.append(offsets, offsets[-1])))


def _values(tables: _Tables, values: Int64s, *, is_text: Bools) -> Rows:
    """AnyValue of texts, by their numbers, and of numbers, of which zero is one."""
    words = taken(tables.text.rows(), np.where(is_text, values, 0))
    tag = np.where(is_text, 1 << 3 | 2, 3 << 3)
    sizes = joined(varints(words.sizes), words)
    plain = varints(np.where(is_text, 0, values))
    both = _either(is_text, sizes, plain)
    return joined(varints(tag), both)


def _either(which: Bools, first: Rows, second: Rows) -> Rows:
    """Row by row the one or the other."""
    whole = Rows(
        np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]]),
        np.concatenate([first.data[: first.offsets[-1]], second.data[: second.offsets[-1]]]),
    )
    return taken(whole, np.arange(len(which)) + np.where(which, 0, len(which)))


def _profile(sampled: Sampled, place: int, labels: Rows, tables: _Tables) -> Iterator[bytes]:
    """One sample type as a Profile, with its tag before it."""
    parts = [
        messages(1, _value_type(*sampled.sample_types[place], tables)).data.tobytes(),
        *_samples(sampled, place, labels),
        _header(sampled, tables),
    ]
    yield _head(2, parts)
    yield from parts


def _samples(sampled: Sampled, place: int, labels: Rows) -> Iterator[bytes]:
    stack_of = Places(sampled.stacks["stack_id"]).of(column(sampled.samples, "stack_id")) + 1
    ids = sampled.samples["label_set_id"]
    labels_of = np.full(len(stack_of), len(labels) - 1, np.int64)
    labelled = ids.is_valid().to_numpy()
    labels_of[labelled] = Places(sampled.label_sets["label_set_id"]).of(ids.drop_null().to_numpy())
    values = values_of(sampled)[:, place]
    for begin in range(0, len(stack_of), _AT_A_TIME):
        some = slice(begin, begin + _AT_A_TIME)
        each = varints(values[some])
        rows = joined(number(1, stack_of[some]), taken(labels, labels_of[some]), numbers(4, each))
        yield messages(2, rows).data.tobytes()


def _header(sampled: Sampled, tables: _Tables) -> bytes:
    header = sampled.header
    named = {
        "pprof.profile.drop_frames": header["drop_frames"],
        "pprof.profile.keep_frames": header["keep_frames"],
        "pprof.profile.doc_url": header["doc_url"],
    }
    attributes = [tables.texts_of(key, [value]) for key, value in named.items() if value]
    if header["comments"]:
        each = messages(1, messages(1, texts(pa.array(header["comments"], pa.string()))))
        many = messages(5, grouped(each, np.array([0, len(header["comments"])])))
        attributes.append(tables.add(tables.text.numbers(["pprof.profile.comment"]), many, np.zeros(1, np.int64)))
    listed = np.concatenate(attributes) if attributes else np.zeros(0, np.int64)
    rows = joined(
        fixed64(3, np.array([header["time_ns"]])),
        number(4, np.array([header["duration_ns"]])),
        messages(5, _value_type(header["period_type"], header["period_unit"], tables)),
        number(6, np.array([header["period"]])),
        numbers(11, grouped(varints(listed), np.array([0, len(listed)]))),
    )
    return rows.data.tobytes()


def _value_type(name: str, unit: str, tables: _Tables) -> Rows:
    return joined(number(1, tables.text.numbers([name])), number(2, tables.text.numbers([unit])))


def _mappings(sampled: Sampled, tables: _Tables) -> Iterator[bytes]:
    mappings = sampled.mappings
    ids = tables.texts_of(_BUILD_ID, mappings["build_id"].to_pylist())
    has = [mappings[flag].to_numpy() for flag in _FLAGS]
    flags = [tables.truth(f"pprof.mapping.{flag}") for flag in _FLAGS]
    # As many as there are, one after the other.
    listed = np.column_stack([ids, *(np.where(so, flag, 0) for so, flag in zip(has, flags, strict=True))])
    has_id = pc.not_equal(mappings["build_id"], "").to_numpy()
    listed[:, 0] *= has_id
    offsets = np.concatenate([[0], np.cumsum((listed > 0).sum(axis=1))])
    rows = joined(
        number(1, column(mappings, "memory_start")),
        number(2, column(mappings, "memory_limit")),
        number(3, column(mappings, "file_offset_bytes")),
        number(4, tables.text.numbers(mappings["file"])),
        numbers(5, grouped(varints(listed[listed > 0]), offsets)),
    )
    yield _message(1, b"")
    yield messages(1, rows).data.tobytes()


def _locations(sampled: Sampled, tables: _Tables) -> bytes:
    offsets, lines = lists(sampled.locations, "lines")
    function = Places(sampled.functions["function_id"]).of(lines.field("function_id").to_numpy()) + 1
    each = joined(
        number(1, function), number(2, lines.field("line").to_numpy()), number(3, lines.field("column").to_numpy())
    )
    mapping, address = addresses(sampled)
    is_folded = column(sampled.locations, "is_folded")
    folded = tables.truth("pprof.location.is_folded") if is_folded.any() else 0
    at = np.concatenate([[0], np.cumsum(is_folded)])
    rows = joined(
        number(1, mapping),
        number(2, address),
        grouped(messages(3, each), offsets),
        numbers(4, grouped(varints(np.full(at[-1], folded, np.int64)), at)),
    )
    return _message(2, b"") + messages(2, rows).data.tobytes()


def _functions(sampled: Sampled, tables: _Tables) -> bytes:
    columns = ("name", "system_name", "file")
    fields = [
        number(place, tables.text.numbers(sampled.functions[name])) for place, name in enumerate(columns, start=1)
    ]
    rows = joined(*fields, number(4, column(sampled.functions, "start_line")))
    return _message(3, b"") + messages(3, rows).data.tobytes()


def _stacks(sampled: Sampled) -> bytes:
    offsets, ids = lists(sampled.stacks, "location_ids")
    place = Places(sampled.locations["location_id"]).of(ids.to_numpy()) + 1
    rows = numbers(1, grouped(varints(place), offsets))
    return _message(7, b"") + messages(7, rows).data.tobytes()


def _named_attributes(place: int, attributes: Mapping[str, str]) -> bytes:
    """KeyValue, one for each attribute that has a text."""
    return b"".join(
        _message(place, _text(1, key) + _message(2, _text(1, value))) for key, value in attributes.items() if value
    )


def _text(place: int, value: str) -> bytes:
    return _message(place, value.encode())


def _message(place: int, content: bytes) -> bytes:
    return _head(place, [content]) + content


def _head(place: int, parts: Sequence[bytes]) -> bytes:
    """What stands before a message of these parts."""
    head = np.array([place << 3 | 2, sum(map(len, parts))], np.uint64)
    return varints(head).data.tobytes()


def _empty_row() -> Rows:
    return Rows(np.zeros(2, np.int64), np.zeros(0, np.uint8))
