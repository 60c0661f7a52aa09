"""Profiles that are decoded a part at a time: their samples go on counting, and what is said of all of them comes once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.values import Column


def part_tables(built: Mapping[str, pa.Table], part: Mapping[str, Column]) -> Mapping[str, pa.Table]:
    """The tables of one part, as `profile_tables` makes them of a whole profile.

    part  samples_before of the profile; whether it is_last, and the one whose has_mappings go in
    """
    before, is_last, has_mappings = (np.asarray(part[name]).item() for name in _PART)
    sample = built["sample"]
    place = pc.add_checked(sample["sample_index"], pa.scalar(before, pa.int32()))
    tables = {**built, "sample": _with(sample, "sample_index", place)}
    if not has_mappings:
        del tables["profile_mapping"]
    if not is_last:
        return {name: rows for name, rows in tables.items() if name not in _OF_ALL}
    total = pc.add_checked(built["profile"]["sample_count"], pa.scalar(before, built["profile"]["sample_count"].type))
    return {**tables, "profile": _with(built["profile"], "sample_count", total)}


_PART = ("samples_before", "is_last", "has_mappings")
_OF_ALL = ("profile", "profile_sample_type")


def _with(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
