"""What every page has in common: questions are asked in a thread, `/` finds, the last lines say what is going on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Input, Static
from textual.worker import get_current_worker

from pipeline.endings import ending
from pipeline.errors import PipelineError
from pipeline.text import printable, printable_lines
from pipeline.warehouse.serving import Serving

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

# More rows than anybody reads; a filter looks at all.
MOST_ROWS = 500
_LONGEST_LINE = 4_000


class Page(Screen[None]):
    """A page over the database; Escape leads to the one before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back"),
        Binding("slash", "find", "find", key_display="/"),
    ]
    # Takes the keys.
    AUTO_FOCUS = "#body"
    heading: str = ""
    finds = "keeps the rows that have this text"

    class Answered(Message):
        """A question was answered, or could not be."""

        def __init__(self, outcome: Callable[[], None]) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, serving: Serving) -> None:
        super().__init__()
        self.serving = serving
        self.seen = ""
        self._asking: set[duckdb.DuckDBPyConnection] = set()

    def compose(self) -> ComposeResult:
        yield Static(id="head", markup=False)
        yield self.body()
        yield Input(id="find", placeholder=self.finds, compact=True)
        yield Static(id="said", markup=False)
        yield Footer(show_command_palette=False)

    @abstractmethod
    def body(self) -> Widget:
        """What fills the page; its id is `body`."""

    @abstractmethod
    def load(self) -> None:
        """Ask for what the page shows."""

    def on_mount(self) -> None:
        self.query_one("#find").display = False
        self.head(self.heading)
        self.reload()

    def on_screen_resume(self) -> None:
        if self.is_mounted and self.seen and self.seen != self.now():
            self.reload()

    def on_unmount(self) -> None:
        # Nobody waits for these any more.
        for connection in tuple(self._asking):
            connection.interrupt()

    def reload(self) -> None:
        """Ask again, as the database has changed."""
        self.seen = self.now()
        self.load()

    def now(self) -> str:
        """Which state of the database there is; empty while there is none."""
        try:
            return self.serving.identity()
        except PipelineError:
            return ""

    def head(self, text: str) -> None:
        """What the page is about, on its first line."""
        self.query_one("#head", Static).update(Text(printable(text)))

    def say(self, text: str, *, style: str = "") -> None:
        """What is going on, on the last line."""
        self.query_one("#said", Static).update(Text(printable_lines(text), style=style))

    # ---- questions

    def ask(self, question: Callable[[duckdb.DuckDBPyConnection], T], then: Callable[[T], None]) -> None:
        """Ask in a thread; `then` gets the answer in this one, unless another was asked meanwhile."""
        self.say("asking …")
        self.run_worker(partial(self._answer, question, then), thread=True, exclusive=True)

    def _answer(self, question: Callable[[duckdb.DuckDBPyConnection], T], then: Callable[[T], None]) -> None:
        worker = get_current_worker()
        try:
            with self.serving.question() as connection:
                self._asking.add(connection)
                try:
                    outcome = partial(self._show, then, question(connection))
                finally:
                    self._asking.discard(connection)
        except PipelineError as error:
            outcome = partial(self.say, str(error), style="bold red")
        except BaseException as error:
            outcome = partial(self.say, ending(error).text, style="bold red")
        if not worker.is_cancelled:
            self.post_message(self.Answered(outcome))

    def _show(self, then: Callable[[T], None], found: T) -> None:
        self.say("")
        then(found)

    def on_page_answered(self, message: Answered) -> None:
        message.outcome()

    # ---- finding

    def action_find(self) -> None:
        line = self.query_one("#find", Input)
        line.display = True
        line.focus()

    def action_back(self) -> None:
        """Out of the search first, then out of the page."""
        line = self.query_one("#find", Input)
        if line.display:
            line.value = ""
            line.display = False
            self.query_one("#body").focus()
        elif len(self.app.screen_stack) > 2:
            self.app.pop_screen()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "find":
            self.find(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "find":
            self.query_one("#body").focus()

    @abstractmethod
    def find(self, text: str) -> None:
        """Show what was typed behind `/`; all of it when that is empty."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: what it shows, and what it stands for."""

    cells: tuple[str, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `is_right` for numbers."""

    name: str
    is_right: bool = False


class TablePage(Page):
    """A table whose rows lead on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "order", "order")]
    columns: tuple[Column, ...] = ()
    # Names of orders, each with what rows are sorted by, the largest first.
    orders: tuple[tuple[str, Callable[[Any], Any]], ...] = ()
    # What is wider would push all else out of sight.
    widest = 48

    def __init__(self, serving: Serving) -> None:
        super().__init__(serving)
        self.lines: Sequence[Line] = ()
        self.left_out = ""
        self._shown: list[Line] = []
        self._order = 0
        self._text = ""

    def body(self) -> Widget:
        return DataTable[Text](id="body", cursor_type="row", zebra_stripes=True)

    def show(self, lines: Sequence[Line], *, left_out: str = "") -> None:
        """These rows; what is said of those that are not among them."""
        self.lines, self.left_out = lines, left_out
        self._fill()

    def find(self, text: str) -> None:
        self._text = text.lower()
        self._fill()

    def action_order(self) -> None:
        if self.orders:
            self._order = (self._order + 1) % len(self.orders)
            self._fill()

    def open(self, value: Any) -> None:
        """Lead on from a row."""

    def chosen(self) -> Any:
        """What the row under the cursor stands for; None where there is none."""
        table = self.query_one(DataTable)
        return self._shown[table.cursor_row].value if 0 <= table.cursor_row < len(self._shown) else None

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        if 0 <= event.cursor_row < len(self._shown):
            self.open(self._shown[event.cursor_row].value)

    def _fill(self) -> None:
        found = [line for line in self.lines if any(self._text in cell.lower() for cell in line.cells)]
        if self.orders:
            key = self.orders[self._order][1]
            found.sort(key=lambda line: key(line.value), reverse=True)
        self._shown = found[:MOST_ROWS]
        table = self.query_one(DataTable)
        at = table.cursor_row
        table.clear(columns=True)
        cells = [[_cut(cell, self.widest) for cell in line.cells] for line in self._shown]
        heads = [_cut(column.name, self.widest) for column in self.columns]
        for place, (head, column) in enumerate(zip(heads, self.columns, strict=True)):
            width = max(cell_len(row[place]) for row in [heads, *cells])
            table.add_column(_aligned(head, column), width=width)
        for row in cells:
            table.add_row(*map(_aligned, row, self.columns))
        table.move_cursor(row=min(at, len(self._shown) - 1), animate=False)
        self.say(self._counted(len(found)))

    def _counted(self, found: int) -> str:
        said = [f"{found:,} of {len(self.lines):,}" if self._text else f"{len(self.lines):,}"]
        if self.orders:
            said.append(f"by {self.orders[self._order][0]}")
        if found > MOST_ROWS:
            said.append(f"the first {MOST_ROWS:,} are shown; / finds the others")
        if self.left_out:
            said.append(self.left_out)
        return " · ".join(said)


class TextPage(Page):
    """Text to scroll in, of which `/` keeps lines."""

    finds = "keeps the lines that have this text"

    def __init__(self, serving: Serving) -> None:
        super().__init__(serving)
        self._text = ""

    def body(self) -> Widget:
        return VerticalScroll(Static(id="text", markup=False), id="body")

    def show(self, text: str) -> None:
        """This text, in which names may hold anything."""
        self._text = text
        self.find(self.query_one("#find", Input).value)

    def find(self, text: str) -> None:
        lines = [line[:_LONGEST_LINE] for line in self._text.split("\n")]
        kept = [line for line in lines if text.lower() in line.lower()]
        self.query_one("#text", Static).update(Text(printable_lines("\n".join(kept))))


def _cut(text: str, widest: int) -> str:
    shown = printable(text[: 4 * widest])
    return shown if cell_len(shown) <= widest else set_cell_size(shown, widest - 1) + "…"


def _aligned(cell: str, column: Column) -> Text:
    # Text, as a table takes a str for markup.
    return Text(cell, justify="right" if column.is_right else "left", no_wrap=True)
