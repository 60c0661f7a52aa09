"""One Parquet file: how its columns are encoded, and what a reader gets back.

Measured on the heap profile of 75,000 stacks that tests/bench/bench_lake.py builds:

location ids   dictionary: 1.4 MB in 37 ms; plain: 3.0 MB in 52 ms. An id is 8 bytes, its place in the file's dictionary 14 bits
stack ids      plain in samples (every third repeats, which zstd sees: 0.59 MB), dictionary 0.99 MB
rising numbers DELTA_BINARY_PACKED: sample_index 2 kB against 76 kB plain; sorted content ids 15 % below plain. With
               the samples of 200 profiles behind each other, which fall back to 0 now and then: 0.18 MB in 11 ms,
               dictionary 1.75 MB in 18 ms
narrow numbers DELTA_BINARY_PACKED, in any order: sample_index of 200 profiles in the order of their stacks 0.48 MB in 5.7 ms,
               plain 0.66 MB in 9.7 ms
disorder       no statistics in a file of several row groups: each group spans the same threads, durations and hashes, so
               that no reader leaves one out for them; 4 of 110 ns a row of a trace for numbers, 5 for ids of symbols,
               which have none in any file
few texts      no statistics: every row group has all of them, and to find that out takes 12 of 16 ms
level          zstd 3 is 9 % smaller than 1 for 10 % more time; 5 takes half as long again for 1 %

BYTE_STREAM_SPLIT would take another 10 % off `value`, but readers learnt it for integers only lately.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import LakeError
from pipeline.lake.layout import is_symbols
from pipeline.lake.rows import in_order
from pipeline.lake.store import store_of
from pipeline.schema import Table, tables

_LEVEL = 3
_ROWS_PER_GROUP = 1 << 18
_PAGE_BYTES = 1 << 20
# 512 Ki distinct ids; a column with more falls back to plain by itself.
_DICTIONARY_BYTES = 4 << 20
_LEAST_PROBED = 4096
# What is looked at of a long column: to look at all of it takes a quarter of the time that writing it does.
_RUNS = 16
_RUN = 1 << 10
# One in so many rows may be below the one before it in what still counts as rising.
_MOST_FALLS = 64


@dataclass(frozen=True, slots=True)
class _Encodings:
    """Columns by encoding; a path is a column's name, or what Parquet calls a leaf of a nested one."""

    dictionary: list[str]
    delta: list[str]
    with_statistics: list[str]


def encode(rows: pa.Table, *, table: Table) -> pa.Buffer:
    """The bytes of a Parquet file with these rows in the table's order; the same rows in the same order are the same bytes."""
    rows = in_order(rows, by=table.sort)
    chosen = _encodings(rows, table=table)
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=chosen.dictionary,  # the stubs know only bool
        column_encoding=dict.fromkeys(chosen.delta, "DELTA_BINARY_PACKED"),
        write_statistics=chosen.with_statistics,
        write_page_index=True,
        sorting_columns=[pq.SortingColumn(rows.schema.get_field_index(name)) for name in table.sort] or None,
        row_group_size=_ROWS_PER_GROUP,
        data_page_size=_PAGE_BYTES,
        max_rows_per_page=_ROWS_PER_GROUP,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
    )
    return sink.getvalue()


def statistics(encoded: pa.Buffer) -> Mapping[str, Any]:
    """What readers of Delta may leave a file out for: the ends of its numbers and days, and how many values are NULL."""
    metadata = pq.ParquetFile(pa.BufferReader(encoded)).metadata
    ends: dict[str, dict[str, Any]] = {"minValues": {}, "maxValues": {}, "nullCount": {}}
    for column in range(metadata.num_columns):
        groups = [metadata.row_group(group).column(column) for group in range(metadata.num_row_groups)]
        name, found = groups[0].path_in_schema, [group.statistics for group in groups]
        if "." in name or not all(found):
            continue
        if all(one.has_null_count for one in found):
            ends["nullCount"][name] = sum(one.null_count for one in found)
        if all(
            one.has_min_max and isinstance(one.min, int | date) and not isinstance(one.min, datetime | bool)
            for one in found
        ):
            ends["minValues"][name] = _as_json(min(one.min for one in found))
            ends["maxValues"][name] = _as_json(max(one.max for one in found))
    return ends


def _as_json(value: int | date) -> int | str:
    return value.isoformat() if isinstance(value, date) else value


def read_rows(lake: str, path: str, *, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a data file as it stores them, without partition columns; `columns` picks some."""
    with _opened(lake, path) as file:
        return file.read(columns=None if columns is None else list(columns), use_threads=False)


def read_shape(lake: str, path: str) -> tuple[pa.Schema, int]:
    """The Arrow schema of a data file and how many rows it has, from its footer alone."""
    with _opened(lake, path) as file:
        return file.schema_arrow, file.metadata.num_rows


def _opened(lake: str, path: str) -> pq.ParquetFile:
    store = store_of(lake)
    try:
        return pq.ParquetFile(store.readable(path))
    except (OSError, pa.ArrowException) as error:
        raise LakeError(
            f"{store.address(path)}: cannot be read as Parquet: {error}; `heapscape lake verify` says what is lost"
        ) from error


def _encodings(rows: pa.Table, *, table: Table) -> _Encodings:
    chosen = _Encodings(dictionary=[], delta=[], with_statistics=[])
    symbols = {reference.column for reference in table.references if is_symbols(tables()[reference.to_table])}
    has_groups = rows.num_rows > _ROWS_PER_GROUP
    probed = _probed(rows)
    for field in rows.schema:
        if pa.types.is_nested(field.type):
            chosen.dictionary.extend(_leaves(field.name, field.type))
            continue
        numbers = _numbers(probed[field.name])
        rises = numbers is not None and _rises(numbers)
        lies_anywhere = has_groups and not rises and field.name not in table.sort
        if not (lies_anywhere or pa.types.is_dictionary(field.type) or field.name in symbols):
            chosen.with_statistics.append(field.name)
        if numbers is None:
            if _is_text(field.type):
                chosen.dictionary.append(field.name)
        elif rises:
            chosen.delta.append(field.name)
        elif _repeats(numbers):
            chosen.dictionary.append(field.name)
        elif _is_narrow(numbers):
            chosen.delta.append(field.name)
    return chosen


def _leaves(path: str, kind: pa.DataType) -> Iterator[str]:
    """Paths of the leaves of a nested column, as the Parquet specification spells lists and maps."""
    if pa.types.is_map(kind):
        yield from _leaves(f"{path}.key_value.key", kind.key_type)
        yield from _leaves(f"{path}.key_value.value", kind.item_type)
    elif pa.types.is_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind.fields:
            yield from _leaves(f"{path}.{field.name}", field.type)
    else:
        yield path


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_dictionary(kind) or pa.types.is_string(kind)


def _probed(rows: pa.Table) -> pa.Table:
    """Runs of the rows, evenly spaced; all of a short table."""
    if rows.num_rows <= _RUNS * _RUN:
        return rows
    starts = np.linspace(0, rows.num_rows - _RUN, _RUNS).astype(np.int64).tolist()
    return pa.concat_tables([rows.slice(start, _RUN) for start in starts])


def _numbers(column: pa.ChunkedArray[Any]) -> npt.NDArray[np.integer[Any]] | None:
    """The column's integers without NULLs; None when it has something else."""
    kind = column.type
    is_time = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    if not is_time and not pa.types.is_integer(kind):
        return None
    if is_time:
        column = column.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64())
    return (column.drop_null() if column.null_count else column).to_numpy()


def _rises(numbers: npt.NDArray[np.integer[Any]]) -> bool:
    """Whether the values never fall, or mostly rise and fall now and then, as a count that starts again does."""
    falls = int(np.count_nonzero(numbers[1:] < numbers[:-1]))
    if not falls or _MOST_FALLS * falls > len(numbers):
        return not falls
    return len(numbers) <= 2 * int(np.count_nonzero(numbers[1:] > numbers[:-1]))


def _is_narrow(numbers: npt.NDArray[np.integer[Any]]) -> bool:
    """Whether a quarter of the bits that numbers like these take are never used, wherever they lie."""
    return bool(len(numbers)) and int(numbers.max()) - int(numbers.min()) < 1 << 6 * numbers.itemsize


def _repeats(numbers: npt.NDArray[np.integer[Any]]) -> bool:
    """Whether at most half of the values, of which there are some, are distinct; judged from evenly spaced ones."""
    probed = np.sort(numbers[:: max(1, len(numbers) // _LEAST_PROBED)])
    distinct = 1 + int(np.count_nonzero(probed[1:] != probed[:-1]))
    return 2 * distinct <= len(probed)
