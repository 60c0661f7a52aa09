"""Every series of profiles: how it grew, and which site grew most in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from pipeline.outputs import wording
from pipeline.outputs.units import readable, share, signed
from pipeline.terminal.flame import FlamePage, of_series
from pipeline.terminal.page import Column, Line, TablePage
from pipeline.terminal.sites import SitesPage
from pipeline.warehouse import growth_questions, server_questions

if TYPE_CHECKING:
    import duckdb

Row = Mapping[str, Any]

# Of these it is asked which site grew most.
_JUDGED = 100


class SeriesPage(TablePage):
    """The first page."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "flame", "flame graph")]
    heading = "what grew"
    columns = (
        Column("growth", is_right=True),
        Column("series"),
        Column("what grew most, and why"),
        Column("kind"),
        Column("profiles", is_right=True),
        Column("live heap", is_right=True),
        Column("trend", is_right=True),
        Column("R²", is_right=True),
    )
    orders = (
        ("growth", lambda row: (row["growth_bytes"] is not None, row["growth_bytes"] or 0)),
        ("trend", lambda row: row["slope_bytes_per_s"] or 0.0),
        ("live heap", lambda row: row["last_bytes"] or 0),
        ("profiles", lambda row: row["profiles"]),
        ("time", lambda row: (row["last_at"] is not None, row["last_at"] or 0)),
    )

    def load(self) -> None:
        self.ask(lambda connection: wording.rows_of(server_questions.profiled_series(connection)), self._series)

    def open(self, value: Row) -> None:
        if value["growth_bytes"] is None or value["profiles"] < 2:
            self.app.push_screen(FlamePage(self.serving, wording.series_name(value), of_series(value)))
        else:
            self.app.push_screen(SitesPage(self.serving, value))

    def action_flame(self) -> None:
        if row := self.chosen():
            self.app.push_screen(FlamePage(self.serving, wording.series_name(row), of_series(row)))

    def _series(self, rows: list[Row]) -> None:
        self.show([Line(_cells(row, None), row) for row in rows])
        if not rows:
            self.say("there is no profile yet; bring some in with: heapscape run INPUT...")
            return
        grown = [row["series_id"] for row in rows if (row["growth_bytes"] or 0) > 0][:_JUDGED]

        def verdicts(connection: duckdb.DuckDBPyConnection) -> dict[object, Row]:
            top = wording.rows_of(growth_questions.growth(connection, grown, limit=1))
            return {row["series_id"]: row for row in top}

        self.ask(verdicts, lambda top: self.show([Line(_cells(row, top.get(row["series_id"])), row) for row in rows]))


def _cells(row: Row, top: Row | None) -> tuple[str, ...]:
    is_known = row["growth_bytes"] is not None and row["profiles"] > 1
    return (
        signed(row["growth_bytes"], unit="bytes") if is_known else "",
        wording.series_name(row),
        _verdict(top),
        wording.text(row, "kind"),
        f"{row['profiles']:,}",
        "" if row["last_bytes"] is None else readable(row["last_bytes"], unit="bytes"),
        wording.slope(row) if is_known else "",
        wording.fit(row) if is_known else "",
    )


def _verdict(top: Row | None) -> str:
    if top is None or top["growth_bytes"] <= 0:
        return ""
    part = "" if top["growth_share"] is None else f"{share(top['growth_share'])} "
    reason = wording.text(top, "reason")
    return f"{part}{wording.short_path(wording.place(top))}" + (f" · {reason}" if reason else "")
