"""Profiles as files: -proto and -topproto; google/pprof, report.printProto and report.printTopProto.

The format is schemas/profile.proto. Ids are those the profile has.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from pipeline.outputs import units
from pipeline.outputs.pprof.graph import output_unit, trimmed
from pipeline.outputs.pprof.merge import whole
from pipeline.outputs.pprof.profile import Functions, Header, LabelSet, Locations, Profile, begins
from pipeline.outputs.pprof.report import Report
from pipeline.outputs.protobuf_rows import Rows, grouped, joined, messages, number, numbers, taken, texts, varints
from pipeline.values import Int64s


def proto(report: Report) -> bytes:
    """What the filters leave, divided as asked."""
    profile, ratio = report.profile, 1 / report.settings.divide_by
    if ratio > 0 and ratio != 1:
        profile = replace(profile, values=whole(profile.values.astype(np.float64) * ratio))
    return packed(profile)


def packed(profile: Profile) -> bytes:
    """The file as pprof writes it, compressed; the same bytes whenever it is done."""
    return gzip.compress(write(profile), mtime=0)


def topproto(report: Report) -> bytes:
    """Flat and cum of the functions that -top shows, a sample each."""
    shown = trimmed(report)
    unit, graph = output_unit(report, shown), shown.graph
    infos = [graph.infos[node] for node in shown.order]
    functions = list(dict.fromkeys((info.name, info.file, info.start_line) for info in infos))
    place = {function: index for index, function in enumerate(functions)}
    count = len(infos)
    numbered = np.arange(count)

    def scaled(value: int) -> int:
        return int(units.scale(value, unit=report.unit, to=unit)[0])

    header = report.profile.header
    profile = Profile(
        header=Header(header.time_ns, header.duration_ns, header.period, header.period_type),
        sample_types=(("cum", unit), ("flat", unit)),
        values=np.array(
            [(scaled(graph.cum_value(node)), scaled(graph.flat_value(node))) for node in shown.order], np.int64
        ).reshape(count, 2),
        offsets=np.arange(count + 1),
        stacks=numbered,
        label_set=np.zeros(count, np.int64),
        label_sets=(LabelSet(),),
        locations=Locations(
            id=np.arange(1, count + 1, dtype=np.uint64),
            mapping=np.full(count, -1),
            address=np.array([info.address for info in infos], np.uint64),
            is_folded=np.zeros(count, np.bool_),
            offsets=np.arange(count + 1),
            function=np.array([place[info.name, info.file, info.start_line] for info in infos], np.int64),
            line=np.array([info.line for info in infos], np.int64),
            column=np.array([info.column for info in infos], np.int64),
        ),
        functions=Functions(
            [name for name, _, _ in functions],
            ["" for _ in functions],
            [file for _, file, _ in functions],
            np.array([start_line for _, _, start_line in functions], np.int64),
        ),
        mappings=(),
    )
    return packed(profile)


def write(profile: Profile) -> bytes:
    """The plain bytes of the file."""
    table = _Texts()
    parts = [
        _sample_types(profile, table),
        _samples(profile, table),
        _mappings(profile, table),
        _locations(profile),
        _functions(profile, table),
    ]
    header = _header(profile.header, table)
    return b"".join(part.data.tobytes() for part in (*parts, table.rows(), header))


class _Texts:
    """The table of all texts: each once, the empty one first."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        return self._known.setdefault(text, len(self._known))

    def numbers(self, values: Sequence[str]) -> Int64s:
        return np.fromiter(map(self.number, values), np.int64, len(values))

    def rows(self) -> Rows:
        return messages(6, texts(pa.array(list(self._known), pa.string())))


def _sample_types(profile: Profile, table: _Texts) -> Rows:
    names = table.numbers([name for name, _ in profile.sample_types])
    return messages(1, joined(number(1, names), number(2, table.numbers([unit for _, unit in profile.sample_types]))))


def _samples(profile: Profile, table: _Texts) -> Rows:
    ids = profile.locations.id[profile.stacks]
    stacks = numbers(1, grouped(varints(ids), profile.offsets))
    count, width = profile.values.shape
    values = numbers(2, grouped(varints(profile.values.ravel()), np.arange(count + 1) * width))
    return messages(2, joined(stacks, values, taken(_labels(profile.label_sets, table), profile.label_set)))


def _labels(label_sets: Sequence[LabelSet], table: _Texts) -> Rows:
    """The labels of each set, in the order of their keys; encode.go, preEncode."""
    rows: list[tuple[int, int, int, int]] = []
    sizes: list[int] = []
    for labels in label_sets:
        before = len(rows)
        for key in sorted(labels.texts):
            rows += [(table.number(key), table.number(text), 0, 0) for text in labels.texts[key]]
        for key in sorted(labels.numbers):
            values, of_key = labels.numbers[key], labels.units.get(key, ())
            padded = of_key if len(of_key) == len(values) else ("",) * len(values)
            rows += [
                (table.number(key), 0, value, table.number(unit)) for value, unit in zip(values, padded, strict=True)
            ]
        sizes.append(len(rows) - before)
    columns = np.array(rows, np.int64).reshape(len(rows), 4).T
    each = joined(*(number(field, column) for field, column in enumerate(columns, start=1)))
    return grouped(messages(3, each), begins(np.array(sizes, np.int64)))


def _mappings(profile: Profile, table: _Texts) -> Rows:
    mappings = profile.mappings
    fields = [
        number(field, np.array([getattr(one, name) for one in mappings], np.uint64))
        for field, name in enumerate(("id", "start", "limit", "offset"), start=1)
    ]
    fields += [
        number(5, table.numbers([one.file for one in mappings])),
        number(6, table.numbers([one.build_id for one in mappings])),
    ]
    flags = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")
    fields += [
        number(field, np.array([getattr(one, flag) for one in mappings], np.int64))
        for field, flag in enumerate(flags, start=7)
    ]
    return messages(3, joined(*fields))


def _locations(profile: Profile) -> Rows:
    locations = profile.locations
    mapping_ids = np.array([*(one.id for one in profile.mappings), 0], np.uint64)
    lines = joined(number(1, locations.function + 1), number(2, locations.line), number(3, locations.column))
    fields = (
        number(1, locations.id),
        number(2, mapping_ids[locations.mapping]),
        number(3, locations.address),
        grouped(messages(4, lines), locations.offsets),
        number(5, locations.is_folded.astype(np.int64)),
    )
    return messages(4, joined(*fields))


def _functions(profile: Profile, table: _Texts) -> Rows:
    functions = profile.functions
    columns = (functions.names, functions.system_names, functions.files)
    fields = [number(1, np.arange(1, len(functions) + 1))]
    fields += [number(field, table.numbers(column)) for field, column in enumerate(columns, start=2)]
    return messages(5, joined(*fields, number(5, functions.start_lines)))


def _header(header: Header, table: _Texts) -> Rows:
    def text(value: str) -> Int64s:
        return table.numbers([value])

    comments = table.numbers(header.comments)
    period_type = joined(number(1, text(header.period_type[0])), number(2, text(header.period_type[1])))
    return joined(
        number(7, text(header.drop_frames)),
        number(8, text(header.keep_frames)),
        number(9, np.array([header.time_ns], np.int64)),
        number(10, np.array([header.duration_ns], np.int64)),
        messages(11, period_type),
        number(12, np.array([header.period], np.int64)),
        numbers(13, grouped(varints(comments), np.array([0, len(comments)]))),
        number(14, text(header.default_sample_type)),
        number(15, text(header.doc_url)),
    )
