"""The allocation sites of a series: how each grew, and why the compiler put it on the heap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from pipeline.outputs import wording
from pipeline.outputs.growth_table import trend
from pipeline.outputs.units import readable, share, signed
from pipeline.terminal.flame import FlamePage, of_growth, series_now
from pipeline.terminal.page import Column, Line, TablePage
from pipeline.terminal.site import SitePage
from pipeline.warehouse import growth_questions

if TYPE_CHECKING:
    import duckdb

    from pipeline.warehouse.serving import Serving

Row = Mapping[str, Any]

# Sites that grew or shrank; those that grew least are a count.
_MOST = 2_000


class SitesPage(TablePage):
    """A row for each site that grew or shrank."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "flame", "flame graph of growth")]
    columns = (
        Column("growth", is_right=True),
        Column("site"),
        Column("share", is_right=True),
        Column("±", is_right=True),
        Column("rose", is_right=True),
        Column("trend"),
        Column("live", is_right=True),
        Column("class"),
        Column("why it is on the heap"),
        Column("function"),
    )
    orders = (
        ("growth", lambda row: row["growth_bytes"]),
        ("live bytes", lambda row: row["last_bytes"]),
        ("trend", lambda row: row["slope_bytes_per_s"] or 0.0),
        ("certainty", lambda row: -(row["relative_error"] if row["relative_error"] is not None else 1e9)),
        ("class", lambda row: row["attribution"]),
    )

    def __init__(self, serving: Serving, series: Row) -> None:
        super().__init__(serving)
        self._entitle(series)

    def load(self) -> None:
        def sites(connection: duckdb.DuckDBPyConnection) -> tuple[Row, list[Row], int]:
            now = series_now(connection, self.series)
            ids = [now["series_id"]]
            rows = wording.rows_of(growth_questions.growth(connection, ids, limit=_MOST))
            counted = growth_questions.site_counts(connection, ids).table["sites"].to_pylist()
            return now, rows, sum(counted) - len(rows)

        self.ask(sites, self._sites)

    def _entitle(self, series: Row) -> None:
        self.series = series
        grown = signed(series["growth_bytes"], unit="bytes")
        self.heading = f"{wording.series_name(series)} · {grown} · {wording.span(series)}"

    def _sites(self, found: tuple[Row, list[Row], int]) -> None:
        now, rows, others = found
        # Of the same state as the rows.
        self._entitle(now)
        self.head(self.heading)
        profiles = self.series["profiles"]
        self.show(
            [Line(_cells(row, profiles), row) for row in rows], left_out=f"{others:,} more grew less" if others else ""
        )

    def open(self, value: Row) -> None:
        self.app.push_screen(SitePage(self.serving, self.series, value))

    def action_flame(self) -> None:
        name = f"growth of {wording.series_name(self.series)}"
        self.app.push_screen(FlamePage(self.serving, name, of_growth(self.series)))


def _cells(row: Row, profiles: int) -> tuple[str, ...]:
    return (
        signed(row["growth_bytes"], unit="bytes"),
        wording.short_path(wording.place(row)),
        "" if row["growth_share"] is None else share(row["growth_share"]),
        wording.error(row),
        wording.rose(row, profiles=profiles),
        trend(row["history"] or []),
        readable(row["last_bytes"], unit="bytes"),
        wording.text(row, "attribution"),
        wording.text(row, "reason"),
        wording.short_name(wording.text(row, "function")),
    )
