"""The reports of samples and labels, without a graph: -traces, -tags, -comments and -raw; google/pprof, report.go and profile.String."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from pipeline.outputs import units
from pipeline.outputs.pprof.graph import unfolded
from pipeline.outputs.pprof.heading import joined, of_profile
from pipeline.outputs.pprof.nodes import nodes_of
from pipeline.outputs.pprof.profile import LabelSet, Mapped, Profile
from pipeline.outputs.pprof.report import Report, quotient

_SEPARATOR: Final = "-----------+-------------------------------------------------------"
_UNDER_SAMPLE: Final = " " * 16
_UNDER_LOCATION: Final = " " * 13


def comments(report: Report) -> str:
    """report.printComments."""
    return joined(report.profile.header.comments)


def traces(report: Report) -> str:
    """Every sample with its stack; report.printTraces."""
    profile = report.profile
    nodes = nodes_of(profile, has_object_names=False)
    frame, sample = unfolded(nodes, profile.stacks, profile.owner)
    names = [info.printable for info in nodes.infos]
    texts = [
        f"   {names[node]}{' (inline)' if is_inlined else ''}"
        for node, is_inlined in zip(nodes.node.tolist(), nodes.is_inlined.tolist(), strict=True)
    ]
    labels = [list(_label_lines(one, report.label_units)) for one in profile.label_sets]
    values = _shown_values(report)
    # An empty heading is an empty line.
    lines = list(of_profile(report, unit=report.settings.unit)) or [""]
    label_set, last = profile.label_set.tolist(), -1
    for place, one in zip(frame.tolist(), sample.tolist(), strict=True):
        if one != last:
            last = one
            lines += [
                _SEPARATOR,
                *labels[label_set[one]],
                f"{report.written(values[one], report.settings.unit):>10}{texts[place]}",
            ]
        else:
            lines.append(f"          {texts[place]}")
    return joined([*lines, _SEPARATOR])


def _shown_values(report: Report) -> list[int]:
    values = report.values.tolist()
    if report.divisors is None:
        return values
    return [
        quotient(value, divisor) if divisor else value
        for value, divisor in zip(values, report.divisors.tolist(), strict=True)
    ]


def _label_lines(labels: LabelSet, of_labels: Mapping[str, str]) -> Iterator[str]:
    yield from sorted(f"{key:>10}:  {' '.join(values)}" for key, values in labels.texts.items())
    yield from sorted(
        f"{key:>10}:  {' '.join(units.label(value, unit=of_labels.get(key, '')) for value in values)}"
        for key, values in labels.numbers.items()
    )


def tags(report: Report) -> str:
    """What each value of each label weighs; report.printTags."""
    profile, unit = report.profile, report.settings.unit
    weights = np.zeros(len(profile.label_sets), np.int64)
    np.add.at(weights, profile.label_set, report.values)
    found: dict[str, dict[str, int]] = {}
    for place in profile.used_label_sets():
        labels, weight = profile.label_sets[place], int(weights[place])
        shown = {
            key: [units.scaled_label(value, unit=report.label_units.get(key, ""), to=unit) for value in values]
            for key, values in labels.numbers.items()
        }
        for key, values in (*labels.texts.items(), *shown.items()):
            of_key = found.setdefault(key, {})
            for value in values:
                of_key[value] = of_key.get(value, 0) + weight
    return "".join(_tag_table(report, key, found[key]) for key in sorted(found))


def _tag_table(report: Report, key: str, weights: Mapping[str, int]) -> str:
    """The lines of a label, laid out as text/tabwriter does that aligns to the right, with a blank at least between."""
    unit, total = report.settings.unit, report.total
    of_key = sum(weights.values())
    share = f" ({units.percentage(of_key, total)})" if total > 0 else ""
    of_all = f" Total {report.written(of_key, unit)} of {report.written(total, unit)}{share}"
    rows = [
        (f"{report.written(weight, unit)}{f' ({units.percentage(weight, total)})' if total > 0 else ''}:", f" {value}")
        for value, weight in sorted(weights.items(), key=lambda one: (-abs(one[1]), one[0]))
    ]
    first = max(len(key) + 1, 1) + 1
    second = max(len(figure) for figure, _ in rows) + 1
    lines = [f"{key + ':':>{first}}{of_all}"]
    lines += [f"{' ':>{first}}{figure:>{second}}{value}" for figure, value in rows]
    return joined([*lines, ""])


def raw(report: Report) -> str:
    """All of a profile; Profile.String."""
    profile, header = report.profile, report.profile.header
    lines = [f"Comment: {comment}" for comment in header.comments]
    if header.doc_url:
        lines.append(f"Doc: {header.doc_url}")
    lines += [f"PeriodType: {' '.join(header.period_type)}", f"Period: {header.period}"]
    if header.time_ns:
        lines.append(f"Time: {_moment(header.time_ns, report.timezone)}")
    if header.duration_ns:
        # Go's `%.4v` cuts the text.
        lines.append(f"Duration: {_duration(header.duration_ns)[:4]}")
    types = [
        f"{name}/{unit}{'[dflt]' if name == header.default_sample_type else ''}" for name, unit in profile.sample_types
    ]
    lines += ["Samples:", " ".join(types).strip()]
    lines += [
        *_raw_samples(profile),
        "Locations",
        *_raw_locations(profile),
        "Mappings",
        *map(_raw_mapping, profile.mappings),
    ]
    return joined(lines)


def _raw_samples(profile: Profile) -> Iterator[str]:
    labels = [list(_raw_labels(one)) for one in profile.label_sets]
    ids, offsets = [f"{id} " for id in profile.locations.id[profile.stacks].tolist()], profile.offsets.tolist()
    for place, (values, label_set) in enumerate(zip(profile.values.tolist(), profile.label_set.tolist(), strict=True)):
        yield "".join([*(f" {value:10d}" for value in values), ": ", *ids[offsets[place] : offsets[place + 1]]])
        yield from labels[label_set]


def _raw_labels(labels: LabelSet) -> Iterator[str]:
    if labels.texts:
        yield _UNDER_SAMPLE + " ".join(sorted(f"{key}:[{' '.join(values)}]" for key, values in labels.texts.items()))
    if labels.numbers:
        yield _UNDER_SAMPLE + " ".join(
            sorted(
                f"{key}:[{' '.join(_with_units(values, labels.units.get(key, ())))}]"
                for key, values in labels.numbers.items()
            )
        )


def _with_units(values: Sequence[int], of_values: Sequence[str]) -> list[str]:
    if len(of_values) != len(values):
        return [str(value) for value in values]
    return [f"{value} {unit}" for value, unit in zip(values, of_values, strict=True)]


def _raw_locations(profile: Profile) -> Iterator[str]:
    locations, functions = profile.locations, profile.functions
    offsets = locations.offsets.tolist()
    texts = [
        f"{functions.names[function]} {functions.files[function]}:{line}:{column} s={functions.start_lines[function]}"
        + (
            f"({functions.system_names[function]})"
            if functions.names[function] != functions.system_names[function]
            else ""
        )
        for function, line, column in zip(
            locations.function.tolist(), locations.line.tolist(), locations.column.tolist(), strict=True
        )
    ]
    columns = (locations.id, locations.address, locations.mapping, locations.is_folded)
    for place, (id, address, mapping, is_folded) in enumerate(zip(*(one.tolist() for one in columns), strict=True)):
        begin = f"{id:6d}: {_hex(address)} "
        begin += f"M={profile.mappings[mapping].id} " if mapping >= 0 else ""
        begin += "[F] " if is_folded else ""
        lines = texts[offsets[place] : offsets[place + 1]] or [""]
        yield begin + lines[0]
        yield from (_UNDER_LOCATION + line for line in lines[1:])


def _raw_mapping(mapping: Mapped) -> str:
    flags = {
        "[FN]": mapping.has_functions,
        "[FL]": mapping.has_filenames,
        "[LN]": mapping.has_line_numbers,
        "[IN]": mapping.has_inline_frames,
    }
    range_ = "/".join(_hex(value) for value in (mapping.start, mapping.limit, mapping.offset))
    return f"{mapping.id}: {range_} {mapping.file} {mapping.build_id} {''.join(flag for flag, is_set in flags.items() if is_set)}"


def _hex(value: int) -> str:
    """Go's `%#x`."""
    return f"{value:#x}"


def _moment(time_ns: int, timezone: datetime.tzinfo) -> str:
    """A time as Go prints it: to the nanosecond, without zeros at the end."""
    moment = datetime.datetime.fromtimestamp(time_ns // 10**9, timezone)
    fraction = f".{time_ns % 10**9:09d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {moment:%z %Z}"


def _duration(nanoseconds: int) -> str:
    """Duration.String of Go: `1h2m3.5s`, `1.5ms`."""
    if nanoseconds < 0:
        return f"-{_duration(-nanoseconds)}"
    if nanoseconds < 10**9:
        size, name = next(one for one in ((10**6, "ms"), (10**3, "µs"), (1, "ns")) if nanoseconds >= one[0])
        return f"{_decimal(nanoseconds, size)}{name}"
    minutes, rest = divmod(nanoseconds, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    before = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{before}{_decimal(rest, 10**9)}s"


def _decimal(value: int, size: int) -> str:
    whole, rest = divmod(value, size)
    digits = len(str(size)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if digits and rest else str(whole)
