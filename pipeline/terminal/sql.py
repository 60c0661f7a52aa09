"""Any question, as far as it only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from pipeline.outputs import tabular
from pipeline.terminal.page import MOST_ROWS, Column, Line, TablePage
from pipeline.values import Result
from pipeline.warehouse.query import answer

if TYPE_CHECKING:
    import duckdb


class SqlPage(TablePage):
    """A line to ask in, and the answer."""

    AUTO_FOCUS = "#query"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("S", "again", "ask", show=False)]
    heading = "SQL"
    # There is no page behind a row.
    widest = 400

    def compose(self) -> ComposeResult:
        head, *others = super().compose()
        yield head
        yield Input(id="query", placeholder="a query; Enter asks it", compact=True, select_on_focus=False)
        yield from others

    def action_again(self) -> None:
        """Back to the line."""
        self.query_one("#query").focus()

    def load(self) -> None:
        self._ask()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        super().on_input_submitted(event)
        if event.input.id == "query":
            self._ask()

    def _ask(self) -> None:
        query = self.query_one("#query", Input).value
        if not query.strip():
            return

        def asked(connection: duckdb.DuckDBPyConnection) -> tuple[Result, bool]:
            found = answer(connection, query)
            try:
                return tabular.beginning(found)
            finally:
                found.batches.close()  # type: ignore[attr-defined]

        self.ask(asked, self._answered)

    def _answered(self, found: tuple[Result, bool]) -> None:
        result, is_whole = found
        columns, rows = tabular.cells(result.first(MOST_ROWS))
        self.columns = tuple(Column(name, is_right) for name, is_right in columns)
        self.show([Line(tuple(row), None) for row in rows], left_out=_left_out(result.table.num_rows, is_whole))
        self.query_one("#body").focus()


def _left_out(rows: int, is_whole: bool) -> str:
    if not is_whole:
        return f"there are more than {rows:,}"
    return f"there are {rows:,}" if rows > MOST_ROWS else ""
