"""A profile for `go build -pgo`: less of each stack, so that it is small. https://github.com/grafana/pyroscope, pkg/phlaredb/symdb/resolver_pprof_go_pgo.go"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.values import Int64s, Sampled


def reduced(sampled: Sampled, *, keep: int, is_by_callee: bool) -> Sampled:
    """The same samples with so many locations next to the leaf, equal stacks added up.

    keep          locations of each stack, from the leaf on
    is_by_callee  without the line of the leaf, so that all lines of a function are one; no profile for anything but PGO then
    """
    stacks = sampled.stacks["location_ids"].combine_chunks()
    offsets = np.asarray(stacks.offsets).astype(np.int64)
    flat, offsets = stacks.flatten().to_numpy().astype(np.int64), offsets - offsets[0]
    depth = np.diff(offsets)
    kept = np.minimum(depth, keep)
    locations = sampled.locations
    if is_by_callee:
        flat = flat.copy()
        leaves = offsets[:-1][depth > 0]
        locations, flat[leaves] = _without_lines(locations, flat[leaves])
    paths = _paths(flat, offsets, kept)
    # Shorter stacks end with what is no location.
    distinct, first, place = np.unique(paths, axis=0, return_index=True, return_inverse=True)
    place = place.reshape(-1)
    told = pa.table(
        {
            "stack_id": pa.array(np.arange(len(distinct)), sampled.stacks.schema.field("stack_id").type),
            "location_ids": pa.ListArray.from_arrays(
                pa.array(np.concatenate([[0], np.cumsum(kept[first])]).astype(np.int32)),
                pa.array(distinct[distinct >= 0]),
            ),
        }
    )
    return replace(_added(sampled, place), stacks=told, locations=locations)


def _paths(flat: Int64s, offsets: Int64s, kept: Int64s) -> Int64s:
    """What is kept of each stack as a row, -1 behind its end."""
    places = np.arange(int(kept.max(initial=0)))
    is_there = places < kept[:, None]
    paths = np.full(is_there.shape, -1)
    paths[is_there] = flat[(offsets[:-1, None] + places)[is_there]]
    return paths


def _without_lines(locations: pa.Table, leaves: Int64s) -> tuple[pa.Table, Int64s]:
    """Locations, and among them those of the leaves without address and line; the leaves' new ids."""
    known = locations["location_id"].to_numpy().astype(np.int64)
    distinct, place = np.unique(leaves, return_inverse=True)
    chosen = locations.take(pa.array(np.searchsorted(known, distinct)))
    lines = chosen["lines"].combine_chunks()
    entries = lines.flatten()
    firsts = np.asarray(lines.offsets)[:-1] - np.asarray(lines.offsets)[0]
    has_line = np.diff(np.asarray(lines.offsets)) > 0
    numbers = entries.field("line").to_numpy(zero_copy_only=False).copy()
    numbers[firsts[has_line]] = 0
    fields = [
        pa.array(numbers, field.type) if field.name == "line" else entries.field(field.name) for field in entries.type
    ]
    bare = pa.ListArray.from_arrays(
        pa.array((np.asarray(lines.offsets) - np.asarray(lines.offsets)[0]).astype(np.int32)),
        pa.StructArray.from_arrays(fields, fields=list(entries.type)),
    )
    # One without a line is told by its address alone.
    address = pc.if_else(pa.array(has_line), pa.scalar(0, chosen["address"].type), chosen["address"].combine_chunks())
    keys: dict[str, int] = {}
    alike = [
        keys.setdefault(str(one), len(keys))
        for one in zip(bare.to_pylist(), chosen["mapping_id"].to_pylist(), address.to_pylist(), strict=True)
    ]
    _, first = np.unique(alike, return_index=True)
    ids = int(known.max(initial=-1)) + 1 + np.arange(len(first))
    made = chosen.take(pa.array(first))
    columns = {
        "location_id": pa.array(ids, locations.schema.field("location_id").type),
        "address": address.take(pa.array(first)),
        "lines": bare.take(pa.array(first)).cast(locations.schema.field("lines").type),
    }
    for name, column in columns.items():
        made = made.set_column(made.schema.get_field_index(name), name, column)
    return pa.concat_tables([locations, made.cast(locations.schema)]), ids[np.array(alike, np.int64)[place]]


def _added(sampled: Sampled, place: Int64s) -> Sampled:
    """One sample for each stack that is left, with the sum of those it comes of."""
    stack_ids = sampled.stacks["stack_id"].to_numpy()
    owner = place[np.searchsorted(stack_ids, sampled.samples["stack_id"].to_numpy())]
    used, row = np.unique(owner, return_inverse=True)
    values = sampled.values.set_column(
        0, "row_index", pa.array(row[sampled.values["row_index"].to_numpy()], sampled.values.schema.field(0).type)
    )
    wide = values.set_column(2, "value", values["value"].cast(pa.decimal128(38)))
    sums = wide.group_by(["row_index", "position"]).aggregate([("value", "sum")]).rename_columns({"value_sum": "value"})
    # As large as 64 bits hold.
    least, most = (pa.scalar(end, pa.int64()).cast(pa.decimal128(38)) for end in (-(1 << 63), (1 << 63) - 1))
    held = pc.min_element_wise(pc.max_element_wise(sums["value"], least), most).cast(pa.int64())
    sums = sums.set_column(sums.schema.get_field_index("value"), "value", held)
    samples = pa.table(
        {
            "stack_id": pa.array(used, sampled.samples.schema.field("stack_id").type),
            "label_set_id": pa.nulls(len(used), sampled.samples.schema.field("label_set_id").type),
        }
    )
    return replace(
        sampled,
        samples=samples,
        values=sums.sort_by([("row_index", "ascending"), ("position", "ascending")]).select(values.schema.names),
    )
