"""Profiles as a database has them: the samples of one, in the order of its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.outputs.pprof.merge import in_order_of_use
from pipeline.outputs.pprof.profile import Functions, Header, LabelSet, Locations, Mapped, Profile
from pipeline.values import Int64s, Sampled


def profile_of(sampled: Sampled) -> Profile:
    """The samples of one profile. Locations are numbered as they come: a database does not keep the numbers of a file."""
    samples = sampled.samples
    values = np.zeros((len(samples), len(sampled.sample_types)), np.int64)
    values[_ints(sampled.values, "row_index"), _ints(sampled.values, "position")] = _ints(sampled.values, "value")
    offsets, stacks = _stacks(sampled)
    label_set, label_sets = _label_sets(sampled)
    return in_order_of_use(
        Profile(
            header=_header(sampled.header),
            sample_types=tuple((name, unit) for name, unit in sampled.sample_types),
            values=values,
            offsets=offsets,
            stacks=stacks,
            label_set=label_set,
            label_sets=label_sets,
            locations=_locations(sampled),
            functions=_functions(sampled.functions),
            mappings=_mappings(sampled.mappings),
        )
    )


def _header(header: Mapping[str, Any]) -> Header:
    return Header(
        time_ns=header["time_ns"],
        duration_ns=header["duration_ns"],
        period=header["period"],
        period_type=(header["period_type"], header["period_unit"]),
        default_sample_type=header["default_sample_type"],
        drop_frames=header["drop_frames"],
        keep_frames=header["keep_frames"],
        comments=tuple(header["comments"]),
        doc_url=header["doc_url"],
    )


def _stacks(sampled: Sampled) -> tuple[Int64s, Int64s]:
    """The stack of each sample, as places of locations."""
    stacks = sampled.stacks.take(_places(sampled.stacks["stack_id"], sampled.samples["stack_id"]))
    lists = _one(stacks["location_ids"])
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return offsets - offsets[0], _places(sampled.locations["location_id"], lists.flatten()).to_numpy().astype(np.int64)


def _label_sets(sampled: Sampled) -> tuple[Int64s, tuple[LabelSet, ...]]:
    """The labels of each sample; the last set is that of samples without."""
    place = _places(sampled.label_sets["label_set_id"], sampled.samples["label_set_id"], is_nullable=True)
    sets = tuple(_label_set(labels) for labels in sampled.label_sets["labels"].to_pylist())
    return place.fill_null(len(sets)).to_numpy().astype(np.int64), (*sets, LabelSet())


def _label_set(labels: Sequence[Mapping[str, Any]]) -> LabelSet:
    texts: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, tuple[int, ...]] = {}
    units: dict[str, tuple[str, ...]] = {}
    for label in labels:
        key = label["key"]
        if label["str"] is not None:
            texts[key] = (*texts.get(key, ()), label["str"])
        else:
            numbers[key] = (*numbers.get(key, ()), label["num"] or 0)
            units[key] = (*units.get(key, ()), label["num_unit"] or "")
    return LabelSet(texts, numbers, {key: of_key for key, of_key in units.items() if any(of_key)})


def _locations(sampled: Sampled) -> Locations:
    table = sampled.locations
    mapping = _places(sampled.mappings["mapping_id"], table["mapping_id"], is_nullable=True)
    place = mapping.fill_null(-1).to_numpy().astype(np.int64)
    # Addresses of the database begin with the mapping; they go around at 64 bits.
    starts = np.append(sampled.mappings["memory_start"].to_numpy().astype(np.uint64), np.uint64(0))
    lines = _one(table["lines"])
    offsets, each = lines.offsets.to_numpy().astype(np.int64), lines.flatten()
    function = _places(sampled.functions["function_id"], each.field("function_id"))
    return Locations(
        id=np.zeros(len(table), np.uint64),
        mapping=place,
        address=table["address"].to_numpy().astype(np.uint64) + starts[place],
        is_folded=table["is_folded"].to_numpy(),
        offsets=offsets - offsets[0],
        function=function.to_numpy().astype(np.int64),
        line=each.field("line").to_numpy(),
        column=each.field("column").to_numpy(),
    )


def _functions(table: pa.Table) -> Functions:
    names, system_names, files = (table[name].to_pylist() for name in ("name", "system_name", "file"))
    return Functions(names, system_names, files, table["start_line"].to_numpy())


def _mappings(table: pa.Table) -> tuple[Mapped, ...]:
    return tuple(
        Mapped(
            id=place,
            start=row["memory_start"],
            limit=row["memory_limit"],
            offset=row["file_offset_bytes"],
            file=row["file"],
            build_id=row["build_id"],
            has_functions=row["has_functions"],
            has_filenames=row["has_filenames"],
            has_line_numbers=row["has_line_numbers"],
            has_inline_frames=row["has_inline_frames"],
        )
        for place, row in enumerate(table.to_pylist(), start=1)
    )


def _places(ids: pa.ChunkedArray, wanted: pa.Array | pa.ChunkedArray, *, is_nullable: bool = False) -> pa.Array:
    """Where each id is among some; of one that is there twice, the first."""
    found = _one(pc.index_in(_one(wanted).cast(pa.int64()), value_set=_one(ids).cast(pa.int64()), skip_nulls=True))
    assert is_nullable or not found.null_count, "an id without a row"
    return found


def _one(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _ints(table: pa.Table, name: str) -> Int64s:
    return table[name].to_numpy().astype(np.int64)
