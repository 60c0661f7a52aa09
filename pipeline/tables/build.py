"""Decoded to tables, each exactly as declared in `schemas/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipeline.tables.binary import binary_tables
from pipeline.tables.escape import Told, escape_tables
from pipeline.tables.goroutine import goroutine_tables
from pipeline.tables.process import process_tables
from pipeline.tables.profile import profile_tables
from pipeline.tables.profile_part import part_tables
from pipeline.tables.symbols import NamedSymbols
from pipeline.tables.trace import trace_tables
from pipeline.values import Blob, Decoded


def build_tables(
    decoded: Decoded, blobs: Sequence[Blob], *, named: NamedSymbols | None = None, told: Told | None = None
) -> Mapping[str, pa.Table]:
    """The tables that `decoded`, made of `blobs`, fills; sources and notes are apart, in tables/source.py.

    named  the symbols of what was built before it, whose rows need not be there twice
    told   what escape reports said before it, whose rows may not be there twice
    """
    built: dict[str, pa.Table] = {}
    if "profile" in decoded.columns:
        built.update(profile_tables(decoded, blobs))
    if "profile_part" in decoded.columns:
        built = dict(part_tables(built, decoded.columns["profile_part"]))
    if "goroutine_dump" in decoded.columns:
        built.update(goroutine_tables(decoded, blobs, samples=built["sample"]))
    if "escape_site" in decoded.columns:
        built.update(escape_tables(decoded, blobs, told=told or Told()))
    if "binary_file" in decoded.columns:
        built.update(binary_tables(decoded, blobs))
    built.update(process_tables(decoded, blobs))
    if "trace_part" in decoded.columns:
        built.update(trace_tables(decoded, blobs, named=named or NamedSymbols()))
    return built
