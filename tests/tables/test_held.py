"""Tables that stay in memory."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.tables.held import Held


def _rows(*words: str) -> pa.Table:
    return pa.table({"word": pa.array(words).dictionary_encode()})


def test_rows_of_a_table_come_together_whatever_their_dictionaries() -> None:
    held = Held(1_000)
    held.add({"a": _rows("x", "y"), "b": _rows("z")})
    held.add({"a": _rows("y", "w"), "c": _rows()})

    assert {name: rows["word"].to_pylist() for name, rows in held.tables().items()} == {
        "a": ["x", "y", "y", "w"],
        "b": ["z"],
    }


def test_no_more_is_held_than_may_be() -> None:
    size = _rows("x").nbytes
    held = Held(2 * size)
    held.add({"a": _rows("x")})
    held.add({"a": _rows("x")})

    with pytest.raises(MemoryError):
        held.add({"a": _rows("x")})
