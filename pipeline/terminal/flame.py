"""A flame graph to move and zoom in: an icicle, the root on top."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from pipeline.errors import QueryError, UsageError
from pipeline.outputs import icicle, wording
from pipeline.outputs.flame_tree import FlameTree, flame_tree
from pipeline.outputs.units import readable, share
from pipeline.outputs.wording import short_name
from pipeline.terminal.page import Page
from pipeline.text import printable
from pipeline.values import Result
from pipeline.warehouse import questions, server_questions

if TYPE_CHECKING:
    import duckdb

    from pipeline.warehouse.serving import Serving

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """The rows of a flame graph, what they count, and what else could be counted."""

    rows: Result
    sample_type: str
    unit: str
    sample_types: tuple[str, ...]


# Asked with the sample type that is wanted, empty for the one that goes without saying.
GraphOf = Callable[["duckdb.DuckDBPyConnection", str], Graph]


def series_now(connection: duckdb.DuckDBPyConnection, series: Row) -> Row:
    """A series as the database has it now; raises QueryError when its number is another's, as in one that was made anew."""
    for found in wording.rows_of(server_questions.profiled_series(connection)):
        if _identity(found) == _identity(series):
            return found
    raise QueryError("this series is no longer in the database")


def _identity(series: Row) -> tuple[object, ...]:
    return series["series_id"], series["kind"], wording.series_name(series)


def of_series(series: Row) -> GraphOf:
    """The last profile of a series."""

    def asked(connection: duckdb.DuckDBPyConnection, wanted: str) -> Graph:
        selection = questions.Selection(series=str(series_now(connection, series)["series_id"]))
        last = questions.profiles(connection, selection).table.to_pylist()[-1]
        types = questions.sample_types(connection, [last["profile_id"]]).table.to_pylist()
        units = {one["sample_type"]: one["unit"] for one in types}
        if not units:
            raise QueryError("the last profile of this series counts nothing")
        default = last["default_sample_type"]
        for chosen in (wanted, default, "inuse_space", list(units)[-1]):
            if chosen in units:
                break
        rows = questions.tree(connection, [last["profile_id"]], chosen)
        return Graph(rows, chosen, units[chosen], tuple(units))

    return asked


def of_growth(series: Row, *, place: tuple[str, int] | None = None) -> GraphOf:
    """The last heap profile of a series against its first; of the stacks that allocate at a file and line alone."""

    def asked(connection: duckdb.DuckDBPyConnection, wanted: str) -> Graph:
        series_id = series_now(connection, series)["series_id"]
        (found,) = questions.series(connection, questions.Selection(series=str(series_id))).table.to_pylist()
        stacks = questions.site_stacks(connection, series_id, *place).table["stack_id"].to_pylist() if place else None
        ends = [found["first_profile_id"]], [found["last_profile_id"]]
        types = ("inuse_space", "inuse_objects")
        chosen = wanted if wanted in types else types[0]
        rows = questions.diff(connection, *ends, chosen, stacks=stacks)
        return Graph(rows, chosen, "bytes" if chosen == types[0] else "count", types)

    return asked


class Flame(Widget, can_focus=True):
    """The boxes: one is chosen, one fills the width."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move('up')", "move", show=False),
        Binding("down", "move('down')", "move", show=False),
        Binding("left", "move('left')", "move", show=False),
        Binding("right", "move('right')", "move", show=False),
        Binding("enter", "zoom", "zoom in"),
        Binding("backspace", "out", "out"),
        Binding("home", "home", "all", show=False),
    ]
    DEFAULT_CSS = "Flame { height: 1fr; }"

    class Moved(Message):
        """Another node is chosen, or fills the width."""

    def __init__(self) -> None:
        super().__init__(id="body")
        self.graph: FlameTree | None = None
        self.unit = ""
        self.node = self.chosen = self.top = 0
        self.marked: frozenset[int] = frozenset()
        self._pieces: list[list[icicle.Piece]] = []
        self._drawn: tuple[object, ...] = ()

    def show(self, tree: FlameTree | None, unit: str) -> None:
        """Another graph; who was chosen, and who filled the width, are so again if they are in it."""
        kept = [self._names(node) for node in (self.node, self.chosen)]
        self.graph, self.unit, self.top, self.marked = tree, unit, 0, frozenset()
        self.node, self.chosen = (self._at(names) for names in kept)
        self._changed()

    def select(self, node: int) -> None:
        """Choose a node, and have it in sight."""
        if self.graph is None:
            return
        self.chosen = node
        if not self.node <= node < self.graph.end[self.node]:
            self.node, self.top = 0, 0
        self._changed()

    def action_move(self, way: str) -> None:
        tree, node = self.graph, self.chosen
        if tree is None:
            return
        above = int(tree.parent[node])
        if way == "down":
            self.select(max(tree.children(node), key=lambda child: tree.width[child], default=node))
        elif node == self.node:
            return
        elif way == "up":
            self.select(above)
        else:
            beside = tree.children(above)
            place = beside.index(node) + (1 if way == "right" else -1)
            self.select(beside[min(max(place, 0), len(beside) - 1)])

    def action_zoom(self) -> None:
        self.node, self.top = self.chosen, 0
        self._changed()

    def action_out(self) -> None:
        if self.graph is not None and self.node:
            self.node = self.chosen = int(self.graph.parent[self.node])
            self.top = 0
            self._changed()

    def action_home(self) -> None:
        self.node = self.chosen = self.top = 0
        self._changed()

    def on_click(self, event: Click) -> None:
        self._draw()
        pieces = self._pieces[event.y] if event.y < len(self._pieces) else []
        column = 0
        for piece in pieces:
            column += Segment(piece.text).cell_length
            if event.x < column:
                if piece.node >= 0:
                    self.select(piece.node)
                    self.action_zoom()
                return

    def render_line(self, y: int) -> Strip:
        self._draw()
        if y >= len(self._pieces):
            return Strip.blank(self.size.width)
        has_sixteen = self.app.console.color_system in ("standard", "windows")
        styles = (Style.parse(icicle.style(piece, has_sixteen=has_sixteen)) for piece in self._pieces[y])
        return Strip([Segment(piece.text, style) for piece, style in zip(self._pieces[y], styles, strict=True)])

    def on_resize(self) -> None:
        self._changed()

    def _changed(self) -> None:
        if self.graph is not None and self.size.height:
            row = int(self.graph.level[self.chosen] - self.graph.level[self.node])
            # With a row of those below in sight.
            lowest = min(row + 1, self.graph.depth(self.node)) - self.size.height + 1
            self.top = max(0, min(max(self.top, lowest), row))
        self.refresh()
        self.post_message(self.Moved())

    def _draw(self) -> None:
        columns, rows = self.size
        state = (self.graph, self.node, self.chosen, self.top, self.marked, columns, rows)
        if self._drawn == state:
            return
        self._drawn, self._pieces = state, []
        if self.graph is not None:
            found = self.graph.rectangles(focus=self.node, columns=columns, top=self.top, rows=rows)
            self._pieces = list(
                icicle.drawn_rows(
                    self.graph,
                    found,
                    rows=rows,
                    columns=columns,
                    unit=self.unit,
                    chosen=self.chosen,
                    marked=self.marked,
                )
            )

    def _names(self, node: int) -> list[str]:
        return [self.graph.text(one, "label") for one in self.graph.path(node)] if self.graph else []

    def _at(self, names: list[str]) -> int:
        """The node that these names lead to, as far as they do."""
        node = 0
        for name in names[1:] if self.graph else []:
            assert self.graph is not None
            node, before = (
                next((one for one in self.graph.children(node) if self.graph.text(one, "label") == name), node),
                node,
            )
            if node == before:
                break
        return node


class FlamePage(Page):
    """A flame graph, what its chosen node is, and where one is in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next", "next found", show=False),
        Binding("t", "type", "sample type"),
    ]
    finds = "a regular expression on the names of functions"

    def __init__(self, serving: Serving, name: str, graph_of: GraphOf) -> None:
        super().__init__(serving)
        self.heading = name
        self._graph_of = graph_of
        self._graph: Graph | None = None
        self._wanted = ""
        self._pattern = ""

    def body(self) -> Widget:
        return Flame()

    @property
    def flame(self) -> Flame:
        """The boxes."""
        return self.query_one(Flame)

    def load(self) -> None:
        wanted = self._wanted

        def asked(connection: duckdb.DuckDBPyConnection) -> tuple[Graph, FlameTree | None]:
            graph = self._graph_of(connection, wanted)
            return graph, flame_tree(graph.rows) if graph.rows.table.num_rows else None

        self.ask(asked, self._drawn)

    def _drawn(self, found: tuple[Graph, FlameTree | None]) -> None:
        self._graph, tree = found
        self.flame.show(tree if tree is not None and tree.width[0] else None, self._graph.unit)
        if self._pattern:
            self.find(self._pattern)

    def on_flame_moved(self) -> None:
        flame = self.flame
        if self._graph is None:
            return
        if flame.graph is None:
            self.head(f"{self.heading} · {self._graph.sample_type}")
            self.say("there is nothing to draw: no stack has a value other than zero")
            return
        path = [short_name(flame.graph.text(node, "label")) for node in flame.graph.path(flame.node)[1:]]
        crumbs = printable(" › ".join([f"{self.heading} · {self._graph.sample_type}", *path]))
        # Where one is stands at the end.
        self.head(icicle.fitted(crumbs, self.size.width - 2))
        self.say(icicle.facts(flame.graph, flame.chosen, unit=flame.unit))

    def action_type(self) -> None:
        if self._graph is not None:
            types = self._graph.sample_types
            self._wanted = types[(types.index(self._graph.sample_type) + 1) % len(types)]
            self.load()

    def find(self, text: str) -> None:
        flame, self._pattern = self.flame, text
        if flame.graph is None:
            return
        try:
            found = flame.graph.matching(text) if text else None
        except UsageError as error:
            self.say(str(error), style="bold red")
            return
        flame.marked = frozenset(found.tolist()) if found is not None else frozenset()
        flame.refresh()
        if found is not None:
            held, root = flame.graph.held_by(found), int(flame.graph.value[0])
            part = f", {share(held / root)}" if root else ""
            boxes = f"{len(found):,} {'box' if len(found) == 1 else 'boxes'}"
            self.say(f"{boxes}, {readable(held, unit=flame.unit)}{part} · n for the next")

    def action_next(self) -> None:
        flame = self.flame
        if flame.marked:
            order = sorted(flame.marked)
            flame.select(next((node for node in order if node > flame.chosen), order[0]))
