"""Tables that are only asked one question: they stay in memory, and no file is written."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa


class Held:
    """Collects the rows of every table, of which there may be so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._left_bytes = most_bytes
        self._parts: dict[str, list[pa.Table]] = {}

    def add(self, rows_by_table: Mapping[str, pa.Table]) -> None:
        """Take rows of any tables; raises MemoryError when there are too many."""
        for name, rows in rows_by_table.items():
            self._left_bytes -= rows.nbytes
            if self._left_bytes < 0:
                raise MemoryError("more rows than may be held")
            if rows.num_rows:
                self._parts.setdefault(name, []).append(rows)

    def tables(self) -> Mapping[str, pa.Table]:
        """All that has rows."""
        return {name: pa.concat_tables(parts).unify_dictionaries() for name, parts in self._parts.items()}
