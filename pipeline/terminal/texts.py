"""Pages of text: where goroutines wait, what the collector did and memory is used for, and which keys there are."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.outputs import gc_text, goroutine_growth, memory_text, wording
from pipeline.terminal.page import TextPage
from pipeline.warehouse import gc_questions, goroutine_questions

if TYPE_CHECKING:
    import duckdb

# Series of goroutines and processes that are told; the others are a count.
_SERIES = 20
_PROCESSES = 20
_PLACES = 40


class GoroutinesPage(TextPage):
    """The places where goroutines of profiles and dumps wait, of the series that grew most."""

    heading = "goroutines"

    def load(self) -> None:
        self.ask(_goroutines, self.show)


class MemoryPage(TextPage):
    """What `heapscape gc` and `heapscape memory` say of each process."""

    heading = "garbage collection and memory"

    def load(self) -> None:
        self.ask(_memory, self.show)


class HelpPage(TextPage):
    """The keys."""

    heading = "keys"

    def load(self) -> None:
        self.show(_KEYS)


def _goroutines(connection: duckdb.DuckDBPyConnection) -> str:
    found, others = goroutine_questions.top_growth(connection, _SERIES)
    rows = found.table.to_pylist()
    series = [list(own) for _, own in groupby(rows, key=lambda row: (row["series_id"], row["source"]))]
    told = [goroutine_growth.text(own, limit=_PLACES) for own in series]
    if others:
        told.append(f"and {others:,} series that grew less: heapscape goroutines --service NAME")
    return "\n".join(told) or "there is no goroutine profile and no dump; see: heapscape goroutines"


def _memory(connection: duckdb.DuckDBPyConnection) -> str:
    told = []
    for found, text, name in (
        (gc_questions.collector(connection), gc_text.text, "gc"),
        (gc_questions.memory(connection), memory_text.text, "memory"),
    ):
        told += [text(row) for row in wording.rows_of(found.first(_PROCESSES))]
        if found.table.num_rows > _PROCESSES:
            told.append(f"and {found.table.num_rows - _PROCESSES:,} more processes: heapscape {name} --service NAME\n")
    return "\n".join(told) or "there is no log of the collector, no trace and no MemStats; see: heapscape gc"


_KEYS = """\
Everywhere
  ?             this page
  Escape        out of a search, then back to the page before
  q             quit
  /             find: rows, lines, or functions of a flame graph that have this; Enter goes back to them
  s             what grew: every series of profiles
  g             goroutines
  m             garbage collection and memory
  S             any question in SQL; Enter asks it, read-only
  r             ask again; what is newly loaded is shown by itself

Tables
  ↑ ↓ PgUp PgDn Home End   the row;  ← → scroll
  Enter         what is behind the row: sites of a series, all about a site
  f             flame graph of the series, of its growth, or of the site
  o             another order

Flame graphs
  ↑ ↓ ← →       the function above, the widest below, the ones beside it
  Enter         it fills the width
  Backspace     one level out
  Home          all of it
  n             the next that / has found
  t             another sample type
"""
