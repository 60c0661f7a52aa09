"""One allocation site: why it is on the heap, who calls it, its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from pipeline.outputs import site_text, wording
from pipeline.outputs.flame_tree import flame_tree
from pipeline.source_code import NoSource, Places, SourceReader
from pipeline.terminal.flame import FlamePage, of_growth, series_now
from pipeline.terminal.page import TextPage
from pipeline.warehouse import questions

if TYPE_CHECKING:
    import duckdb

    from pipeline.warehouse.serving import Serving

Row = Mapping[str, Any]


class SitePage(TextPage):
    """What is known of a site, as text."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f,enter", "flame", "flame graph of it", key_display="f")]

    def __init__(self, serving: Serving, series: Row, site: Row) -> None:
        super().__init__(serving)
        self.series, self.site = series, site
        self.heading = f"{wording.short_path(wording.place(site))} · {wording.series_name(series)}"

    def load(self) -> None:
        site = self.site

        def told(connection: duckdb.DuckDBPyConnection) -> str:
            series_id = series_now(connection, self.series)["series_id"]
            steps = wording.rows_of(questions.flows(connection, [series_id])) if site["escape_site_id"] else []
            flow = [step for step in steps if step["escape_site_id"] == site["escape_site_id"]]
            stacks = None
            if site["file"] is not None:
                (series,) = questions.series(connection, questions.Selection(series=str(series_id))).table.to_pylist()
                found = questions.site_stacks(connection, series_id, site["file"], site["line"]).table
                ids = found["stack_id"].to_pylist()
                tree = questions.tree(connection, [series["last_profile_id"]], "inuse_space", stacks=ids)
                stacks = flame_tree(tree) if tree.table.num_rows else None
            return site_text.text(
                site, profiles=self.series["profiles"], flow=flow, stacks=stacks, source=_source(site["file"])
            )

        self.ask(told, self.show)

    def action_flame(self) -> None:
        growth = of_growth(self.series, place=(self.site["file"], self.site["line"]))
        self.app.push_screen(FlamePage(self.serving, self.heading, growth))


def _source(file: str | None) -> list[str]:
    """The lines of a file of Go that is on this machine; none of any other, whatever a profile names."""
    try:
        return list(SourceReader(Places((".",))).lines(file)) if file and file.endswith(".go") else []
    except NoSource:
        return []
