"""Profiles as files: -proto and -topproto; google/pprof, report.printProto and report.printTopProto.

The format is schemas/profile.proto. Ids are those the profile has.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from pipeline.outputs import pprof_file, units
from pipeline.outputs.pprof.graph import output_unit, trimmed
from pipeline.outputs.pprof.merge import whole
from pipeline.outputs.pprof.profile import Functions, Header, LabelSet, Locations, Profile
from pipeline.outputs.pprof.report import Report
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
    locations, functions, mappings = profile.locations, profile.functions, profile.mappings
    mapping_ids = np.array([*(one.id for one in mappings), 0], np.uint64)
    flags = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")
    header = {field.name: getattr(profile.header, field.name) for field in fields(Header)}
    header["period_type"], header["period_unit"] = profile.header.period_type
    return pprof_file.write(
        pprof_file.Columns(
            header=header,
            sample_types=profile.sample_types,
            values=profile.values,
            stack=np.arange(len(profile)),
            stacks=(profile.offsets, locations.id[profile.stacks]),
            label_set=profile.label_set,
            label_sets=_labels(profile.label_sets),
            mapping=[
                *(
                    np.array([getattr(one, name) for one in mappings], np.uint64)
                    for name in ("id", "start", "limit", "offset")
                ),
                *([getattr(one, name) for one in mappings] for name in ("file", "build_id")),
                *(np.array([getattr(one, flag) for one in mappings], np.bool_) for flag in flags),
            ],
            location=(locations.id, mapping_ids[locations.mapping], locations.address),
            is_folded=locations.is_folded,
            lines=(locations.offsets, [locations.function + 1, locations.line, locations.column]),
            function=[
                *(np.arange(1, len(functions) + 1), functions.names, functions.system_names),
                *(functions.files, functions.start_lines),
            ],
        )
    )


def _labels(label_sets: Sequence[LabelSet]) -> tuple[Int64s, Sequence[pprof_file.Column]]:
    """The labels of each set, in the order of their keys; encode.go, preEncode."""
    rows: list[tuple[str, str, int, str]] = []
    ends = [0]
    for labels in label_sets:
        rows += [(key, text, 0, "") for key in sorted(labels.texts) for text in labels.texts[key]]
        for key in sorted(labels.numbers):
            values, units_of = labels.numbers[key], labels.units.get(key, ())
            padded = units_of if len(units_of) == len(values) else ("",) * len(values)
            rows += [(key, "", value, unit) for value, unit in zip(values, padded, strict=True)]
        ends.append(len(rows))
    keys, texts, values_of, units_of_all = (
        (list(each) for each in zip(*rows, strict=True)) if rows else ([], [], [], [])
    )
    return np.array(ends), [keys, texts, np.array(values_of, np.int64), units_of_all]
