"""The samples of all profiles of a file, and the table that they make: one row a sample, one column a sample type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.otlp.symbols import Dictionary
from pipeline.formats.otlp.values import key_and_value, label_columns
from pipeline.formats.otlp.wire import Messages
from pipeline.formats.samples import ranges
from pipeline.values import Int64s

# Values beside those of the file: a table of so many at least is no bomb.
_VALUE_ROOM: Final = 1 << 25
# What tells resources apart, of OpenTelemetry's semantic conventions.
_TELLING: Final = (
    "service.namespace",
    "service.name",
    "service.version",
    "service.instance.id",
    "host.name",
    "container.id",
    "k8s.pod.name",
    "process.pid",
)


@dataclass(frozen=True, slots=True)
class Samples:
    """Everything sampled, one profile after the other.

    profile        the messages Profile; `scope` and `resource` say in which each is
    end            where each profile's samples end
    attribute_end  where each sample's attributes end
    times          how many moments each sample names
    """

    top: Messages
    profile: Messages
    scopes: Messages
    resources: Messages
    scope: Int64s
    resource: Int64s
    type_text: Int64s
    unit_text: Int64s
    end: Int64s
    stack: Int64s
    attribute_end: Int64s
    attribute: Int64s
    link: Int64s
    value: Int64s
    times: Int64s


@dataclass(frozen=True, slots=True)
class Table:
    """One row a sample.

    values    int64 (rows, types)
    profile   in which profile each row is first
    sample    which sample each row is first
    stacks    the stacks that there are, by number
    stack     which of them each row has
    """

    type_text: Int64s
    unit_text: Int64s
    values: Int64s
    profile: Int64s
    sample: Int64s
    stacks: Int64s
    stack: Int64s


def samples_of(top: Messages, known: Dictionary) -> Samples:
    """The samples of all profiles; raises DecodeError when there are no profiles, or one refers to what there is not."""
    _, resources = top.inside(1, "profiles of resource")
    resource_of_scope, scopes = resources.inside(2, "profiles of scope")
    scope, profile = scopes.inside(2, "profile")
    if not profile.count:
        raise DecodeError("there are no profiles in it")
    owners, types = profile.inside(1, "sample type of profile")
    n_strings = len(known.texts.starts)
    texts = np.zeros((profile.count, 2), np.int64)
    texts[owners] = np.column_stack(
        [types.indices(1, n_strings, of="string"), types.indices(2, n_strings, of="string")]
    )
    owners, sample = profile.inside(2, "sample")
    times = sample.counts(5) // 8
    attribute_end, attribute = sample.index_lists(2, max(len(known.attributes), 1), of="attribute")
    return Samples(
        top=top,
        profile=profile,
        scopes=scopes,
        resources=resources,
        scope=scope,
        resource=resource_of_scope[scope],
        type_text=texts[:, 0],
        unit_text=texts[:, 1],
        end=np.cumsum(np.bincount(owners, minlength=profile.count)),
        stack=sample.indices(1, max(len(known.stack_ends), 1), of="stack"),
        attribute_end=attribute_end,
        attribute=attribute,
        link=sample.indices(3, max(known.link.count, 1), of="link"),
        value=_values(sample, times),
        times=times,
    )


def _values(sample: Messages, times: Int64s) -> Int64s:
    """What each sample weighs: its values added up; where it has none, as much as it names moments."""
    ends, values = sample.lists(4)
    sizes = np.diff(ends, prepend=0)
    found = np.where(sizes == 0, times, 0)
    # Sums go around at 64 bits, and come to what they are; those that do not fit are stopped at the end.
    running = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    some = sizes > 0
    found[some] = (running[ends] - running[ends - sizes])[some]
    if (sizes > 1).any():
        rough = np.concatenate([np.zeros(1), np.cumsum(values.astype(np.float64))])
        about = rough[ends] - rough[ends - sizes]
        found = np.where(about >= 2.0**63, 2**63 - 1, np.where(about < -(2.0**63), -(2**63), found))
    return found


def tabled(found: Samples, *, size_bytes: int) -> Table:
    """The table; raises DecodeError when it is much larger than the file."""
    starts = np.concatenate([np.zeros(1, np.int64), found.end[:-1]])
    first = _leaders(found, starts)
    sizes = np.diff(np.append(starts, found.end[-1]))
    leaders = np.flatnonzero(first == np.arange(len(first)))
    rows = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[leaders])])
    column, names = _columns(found, first)
    if rows[-1] * len(names) > max(_VALUE_ROOM, size_bytes):
        raise DecodeError(f"{rows[-1]:,} samples of {len(names):,} sample types; split the file")
    values = np.zeros((rows[-1], len(names)), np.int64)
    begin = dict(zip(leaders.tolist(), rows.tolist(), strict=False))
    for place, leader in enumerate(first.tolist()):
        at = begin[leader]
        values[at : at + sizes[place], column[place]] = found.value[starts[place] : starts[place] + sizes[place]]
    sample = ranges(starts[leaders], sizes[leaders])
    stacks, stack = np.unique(found.stack[sample], return_inverse=True)
    types = np.array(names, np.int64).reshape(-1, 3)
    return Table(types[:, 0], types[:, 1], values, np.repeat(leaders, sizes[leaders]), sample, stacks, stack)


def _leaders(found: Samples, starts: Int64s) -> Int64s:
    """Of each profile the first of those that it is one with: as many samples, of the same stacks with the same attributes."""
    first = np.arange(len(starts))
    attribute_starts = np.concatenate([np.zeros(1, np.int64), found.attribute_end])
    for place in range(1, len(starts)):
        leader = first[place - 1]
        ours, theirs = (slice(starts[one], found.end[one]) for one in (place, leader))
        if found.scope[place] != found.scope[leader] or not np.array_equal(found.stack[ours], found.stack[theirs]):
            continue
        listed = [found.attribute[attribute_starts[one.start] : attribute_starts[one.stop]] for one in (ours, theirs)]
        counts = [np.diff(attribute_starts[one.start : one.stop + 1]) for one in (ours, theirs)]
        if all(np.array_equal(*both) for both in (listed, counts, (found.link[ours], found.link[theirs]))):
            first[place] = leader
    return first


def _columns(found: Samples, first: Int64s) -> tuple[list[int], list[tuple[int, int, int]]]:
    """The column of each profile, and the sample types: name, unit, and which of the same name in one profile of pprof it is."""
    known: dict[tuple[int, int, int], int] = {}
    times: dict[tuple[int, int, int], int] = {}
    columns = []
    types = zip(first.tolist(), found.type_text.tolist(), found.unit_text.tolist(), strict=True)
    for leader, name, unit in types:
        which = times[leader, name, unit] = times.get((leader, name, unit), -1) + 1
        columns.append(known.setdefault((name, unit, which), len(known)))
    return columns, list(known)


def labels_of(found: Samples, table: Table, known: Dictionary) -> tuple[Int64s, Int64s]:
    """The labels of each row, as Decoded has them, and where each row's end: attributes, the span, and the resource."""
    starts = np.concatenate([np.zeros(1, np.int64), found.attribute_end])
    sizes = (found.attribute_end - starts[:-1])[table.sample] if len(table.sample) else np.zeros(0, np.int64)
    named = found.attribute[ranges(starts[table.sample], sizes)]
    of_attributes = label_columns(known.attributes, np.unique(named), known.texts)[named]
    owner = [np.repeat(np.arange(len(table.sample)), sizes)]
    label = [of_attributes]
    for rows, of_rows in (_span_labels(found, table, known), _resource_labels(found, table, known)):
        owner.append(rows)
        label.append(of_rows)
    owners = np.concatenate(owner)
    order = np.argsort(owners, kind="stable")
    ends = np.cumsum(np.bincount(owners, minlength=len(table.sample)))
    return np.concatenate(label)[order], ends


def _span_labels(found: Samples, table: Table, known: Dictionary) -> tuple[Int64s, Int64s]:
    """Trace and span of the samples that were taken in one, as Grafana's profilers call them."""
    link, link_of = np.unique(found.link[table.sample], return_inverse=True)
    owners, rows = [np.zeros(0, np.int64)], [np.zeros((0, 4), np.int64)]
    for field, key in ((1, b"trace_id"), (2, b"span_id")):
        whose, starts, ends = known.link.spans(field)
        text = np.full(max(known.link.count, 1), -1, np.int64)
        for one in np.flatnonzero(np.isin(whose, link[link > 0])).tolist():
            content = known.link.data[starts[one] : ends[one]].tobytes()
            text[whose[one]] = known.texts.add(content.hex().encode()) if any(content) else -1
        texts = text[link][link_of]
        having = np.flatnonzero(texts >= 0)
        owners.append(having)
        rows.append(_text_labels(known.texts.add(key) if len(having) else 0, texts[having]))
    return np.concatenate(owners), np.concatenate(rows)


def _resource_labels(found: Samples, table: Table, known: Dictionary) -> tuple[Int64s, Int64s]:
    """What tells the resources apart, where there are several."""
    resource = found.resource[table.profile]
    there = np.unique(resource).tolist()
    owners, rows = [np.zeros(0, np.int64)], [np.zeros((0, 4), np.int64)]
    for one in there if len(there) > 1 else ():
        having = np.flatnonzero(resource == one)
        for key, value in _telling(resource_attributes(found, known, one), number=one).items():
            owners.append(having)
            texts = np.full(len(having), known.texts.add(value.encode()), np.int64)
            rows.append(_text_labels(known.texts.add(key.encode()), texts))
    return np.concatenate(owners), np.concatenate(rows)


def _telling(attributes: Mapping[str, Any], *, number: int) -> Mapping[str, str]:
    said = {key: str(attributes[key]) for key in _TELLING if attributes.get(key) not in (None, "")}
    return said or {"resource": str(number)}


def resource_attributes(found: Samples, known: Dictionary, number: int) -> Mapping[str, Any]:
    """The attributes of one resource."""
    owners, resource = found.resources.inside(1, "resource")
    whose, starts, ends = resource.spans(1)
    wanted = np.flatnonzero(owners[whose] == number).tolist()
    return dict(key_and_value(found.top.data[starts[one] : ends[one]], known.texts) for one in wanted)


def _text_labels(key: int, texts: Int64s) -> Int64s:
    count = len(texts)
    return np.column_stack([np.full(count, key), texts, np.zeros(count, np.int64), np.full(count, -1)])
