"""Names what profiles brought without symbols, from the executables that were given: functions, lines, what was inlined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from pipeline.warehouse.incoming import hexadecimal
from pipeline.warehouse.pc_table import Values, decoded

if TYPE_CHECKING:
    import duckdb

    from pipeline.values import Bools, Bytes, Int64s, UInt64s

# What it asks, in any database.
VIEWS: Final = ("stack._physical", "stack._program")
_NEEDED: Final = "SELECT 1 FROM location WHERE len(lines) = 0 AND EXISTS (FROM binary_file) LIMIT 1"
_KNOWN: Final = "FROM symbolised_location LIMIT 1"
# Locations that no executable has been asked for yet, or another one than would be asked now, or whose one is gone.
_RENAMED: Final = """
CREATE OR REPLACE TEMP TABLE renamed_location AS
SELECT location_id
FROM location
LEFT JOIN stack._program AS programs USING (mapping_id)
LEFT JOIN source USING (source_id)
LEFT JOIN symbolised_location AS symbolised USING (location_id)
WHERE len(location.lines) = 0 AND symbolised.source_hash IS DISTINCT FROM source.source_hash
"""
# Stacks that have a path already, through such a location.
_RENAMED_STACKS: Final = """
CREATE OR REPLACE TEMP TABLE renamed_stack AS
SELECT DISTINCT stack_id
FROM (SELECT stack_id, unnest(location_ids) AS location_id FROM stack SEMI JOIN stack_path USING (stack_id))
WHERE location_id IN (FROM renamed_location)
"""
_PHYSICAL: Final = """
DELETE FROM symbolised_location WHERE location_id IN (FROM renamed_location);

CREATE OR REPLACE TEMP TABLE physical AS
SELECT *, dense_rank() OVER (ORDER BY source_id, address) - 1 AS function_index
FROM stack._physical
WHERE location_id IN (FROM renamed_location)
"""
_TABLES: Final = """
SELECT DISTINCT function_index, step_bytes, files, lines, inlined
FROM physical
JOIN binary_line USING (source_id, address)
ORDER BY function_index
"""
_CALLS: Final = """
SELECT DISTINCT function_index, position, call_offset_bytes
FROM physical
JOIN binary_inlined USING (source_id, address)
ORDER BY function_index, position
"""
# Lines of frames, with the names that a profile with symbols would have; a line is the outer function's where nothing is told.
_NAMED: Final = """
SELECT
  frames.location_id,
  frames.depth,
  coalesce(inlined.name, functions.name) AS name,
  CASE WHEN inlined.name IS NULL THEN functions.package ELSE inlined.package END AS package,
  coalesce(files.file, CASE WHEN inlined.name IS NULL THEN functions.file END, '') AS file,
  coalesce(CASE WHEN inlined.name IS NULL THEN functions.start_line ELSE inlined.start_line END, 0)::BIGINT AS start_line,
  greatest(frames.line, 0)::BIGINT AS line
FROM frames
JOIN physical USING (location_id)
JOIN binary_function AS functions USING (source_id, address)
LEFT JOIN binary_line AS tables USING (source_id, address)
LEFT JOIN binary_inlined AS inlined
  ON inlined.source_id = physical.source_id
  AND inlined.address = physical.address
  AND inlined.position = frames.position
LEFT JOIN binary_source_file AS files
  ON files.source_id = physical.source_id
  AND frames.file >= 0
  AND files.position = tables.first_file::HUGEINT + frames.file
ORDER BY frames.location_id, frames.depth
"""
_INSERT: Final = f"""
CREATE OR REPLACE TEMP TABLE named AS
SELECT * REPLACE ({hexadecimal("function_hash")} AS function_hash) FROM symbols;

INSERT INTO function
SELECT
  (SELECT coalesce(MAX(function_id), 0) FROM function) + row_number() OVER (ORDER BY function_hash),
  function_hash,
  name,
  name,
  package,
  file,
  start_line
FROM (SELECT DISTINCT ON (function_hash) * FROM named WHERE function_hash NOT IN (SELECT function_hash FROM function));

INSERT INTO symbolised_location
WITH found AS (
  SELECT named.location_id, list({{'function_id': function_id, 'line': line, 'column': 0}} ORDER BY depth) AS lines
  FROM named
  JOIN function USING (function_hash)
  GROUP BY named.location_id
)
SELECT location_id, source.source_hash, coalesce(found.lines, [])
FROM location
JOIN stack._program AS programs USING (mapping_id)
JOIN source USING (source_id)
LEFT JOIN found USING (location_id)
WHERE location_id IN (FROM renamed_location);

DROP TABLE named;
DROP TABLE physical;
DROP TABLE renamed_location;
"""
# What was inlined in what was inlined; no compiler goes nearly as deep.
_MOST_DEPTH: Final = 500
_NO_LIMIT: Final = np.iinfo(np.int64).max


def symbolise(connection: duckdb.DuckDBPyConnection) -> bool:
    """Bring symbolised_location, and the functions it needs, up to the locations and executables there are.

    Returns whether a location got or lost a name; table `renamed_stack` has the stacks then that are spelled as they were.
    """
    if not connection.execute(_NEEDED).fetchall() and not connection.execute(_KNOWN).fetchall():
        return False
    connection.execute(_RENAMED)
    if not connection.execute("FROM renamed_location LIMIT 1").fetchall():
        return False
    connection.execute(_RENAMED_STACKS)
    connection.execute(_PHYSICAL)
    frames = _frames(connection)  # noqa: F841
    symbols = connection.sql(_NAMED).to_arrow_table()
    symbols = symbols.append_column("function_hash", pa.array(_function_hashes(symbols)))
    connection.execute(_INSERT)
    return True


def _frames(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The frames of each location, innermost first: file and line in the tables' numbers, and which inlined call it is."""
    places = connection.sql("SELECT location_id, function_index, offset_bytes FROM physical").to_arrow_table()
    tables = connection.sql(_TABLES).to_arrow_table().combine_chunks()
    calls = connection.sql(_CALLS).to_arrow_table()
    call_of = (calls["function_index"].to_numpy() << 32) + calls["position"].to_numpy()
    caller_at = calls["call_offset_bytes"].to_numpy()
    values = {name: _values(tables, name) for name in ("files", "lines", "inlined")}

    location, function = places["location_id"].to_numpy(), places["function_index"].to_numpy()
    offset = places["offset_bytes"].to_numpy().astype(np.int64)
    inlined, most = values["inlined"].at(function, offset), np.full(len(location), _NO_LIMIT)
    made = []
    for depth in range(_MOST_DEPTH):
        call, is_call = _find(call_of, (function << 32) + inlined)
        # Callers come first; a table that says otherwise would lead in a circle.
        is_call &= (inlined >= 0) & (inlined < most)
        is_told = is_call | (inlined < 0)
        made.append(
            pa.table(
                {
                    "location_id": location,
                    "depth": np.full(len(location), depth, np.int32),
                    "position": pa.array(inlined, mask=~is_call),
                    "file": np.where(is_told, values["files"].at(function, offset), -1),
                    "line": np.where(is_told, values["lines"].at(function, offset), -1),
                }
            )
        )
        if not is_call.any():
            break
        location, function, most, offset = (
            location[is_call],
            function[is_call],
            inlined[is_call],
            caller_at[call[is_call]],
        )
        inlined = values["inlined"].at(function, offset)
    return pa.concat_tables(made)


def _find(known: Int64s, wanted: Int64s) -> tuple[Int64s, Bools]:
    """Where each stands among what is known, and whether it does."""
    place = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    return place, known[place] == wanted if len(known) else np.zeros(len(wanted), np.bool_)


def _values(tables: pa.Table, name: str) -> Values:
    """The decoded tables of all functions, those without having no values."""
    function = tables["function_index"].to_numpy()
    data, offsets = _bytes(tables[name])
    found = decoded(data, offsets, step_bytes=tables["step_bytes"].to_numpy().astype(np.int64))
    number = function[found.end >> 32]
    return Values((number << 32) + (found.end & 0xFFFF_FFFF), found.value)


def _function_hashes(symbols: pa.Table) -> Int64s:
    """Hashes of content, as those of functions that profiles name."""
    # Imported here: a start that loads nothing need not wait for the compiler.
    from pipeline.kernels.xxh64 import hash_rows

    name, file = _hashes(symbols["name"]), _hashes(symbols["file"])
    words = np.column_stack([name, name, file, symbols["start_line"].to_numpy().view(np.uint64)])
    return hash_rows(words.ravel(), np.arange(len(words) + 1, dtype=np.int64) * words.shape[1]).view(np.int64)


def _hashes(texts: pa.ChunkedArray[Any]) -> UInt64s:
    from pipeline.kernels.xxh64 import hash_spans

    data, offsets = _bytes(texts)
    return hash_spans(data, offsets[:-1], np.diff(offsets))


def _bytes(column: pa.ChunkedArray[Any]) -> tuple[Bytes, Int64s]:
    """All values behind each other, and where each begins and the last one ends."""
    # A load without executables does not wait for it.
    import pyarrow.compute as pc

    values = column.cast(pa.binary()).combine_chunks()
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(values)], values), b"")
    data = np.frombuffer(joined[0].as_buffer(), np.uint8)
    return data, np.append(0, np.cumsum(pc.binary_length(values).to_numpy())).astype(np.int64)
