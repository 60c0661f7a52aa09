"""A flame graph in the letters of a terminal, the root on top: what it is without colours too."""

from __future__ import annotations

import colorsys
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from pipeline.outputs.flame_tree import FlameTree, Rectangles, flame_tree
from pipeline.outputs.units import readable, share, signed
from pipeline.outputs.wording import short_name
from pipeline.text import printable
from pipeline.values import Result

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

TEXT: Final = "#1b1f24"
FAINT: Final = "#9aa3af"
FOUND: Final = "#ffd24d"
CHOSEN: Final = "#ffffff"
# A name that is cut shorter says nothing.
_LEAST_NAME: Final = 3
# Of a growth's colours, the hue of what became more and of what became less.
_MORE, _LESS = 18, 212

# What a terminal under `docker exec` has, and how saturated a colour is that is one of them.
_SIXTEEN: Final = ("bright_red", "bright_yellow", "bright_green", "bright_cyan", "bright_blue", "bright_magenta")
_PALE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What boxes are drawn with.

    edge   where one begins
    rest   what fills it behind its name where there are no colours
    faint  boxes that are narrower than a letter
    cut    stands for what of a name has no room
    """

    edge: str
    rest: str
    faint: str
    cut: str


UNICODE: Final = Glyphs("│", "─", "·", "…")
ASCII: Final = Glyphs("|", "-", ".", "~")


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters of one row: of a node, or -1 of none.

    background  a colour as `#rrggbb`, empty for the terminal's own
    """

    text: str
    node: int = -1
    background: str = ""
    is_faint: bool = False


def text(rows: Result, console: Console, *, title: str, unit: str, sample_type: str) -> Text:
    """A whole graph: a line about it, the boxes, and a line on what is left out.

    rows     as flame.tree or flame.diff has them
    console  as wide as it is; as high only where it is a terminal
    """
    from rich.text import Text

    if not rows.table.num_rows or not (tree := flame_tree(rows)).width[0]:
        return Text("There is nothing to draw: no stack has a value other than zero.\n")
    levels = tree.depth(0) + 1
    # The line above, the one below, and the prompt.
    columns, lines = console.size
    shown = max(1, min(levels, lines - 3)) if console.is_terminal else levels
    found = tree.rectangles(focus=0, columns=columns, top=0, rows=shown)
    is_plain = console.no_color or console.color_system is None
    has_sixteen = console.color_system in ("standard", "windows")
    glyphs = ASCII if console.options.ascii_only else UNICODE
    drawn = Text(no_wrap=True)
    unit = printable(unit)
    about = f" · {printable(sample_type)} · {_amount(tree, 0, unit)}"
    drawn.append(_cut(fitted(printable(title), columns - cell_len(about), glyphs) + about, columns, glyphs) + "\n")
    for pieces in drawn_rows(tree, found, rows=shown, columns=columns, unit=unit, glyphs=glyphs, is_plain=is_plain):
        for piece in pieces:
            # What fills the row behind its last box would be copied with it.
            if piece.node < 0 and piece is pieces[-1]:
                break
            drawn.append(piece.text, "" if is_plain else style(piece, has_sixteen=has_sixteen))
        if is_plain:
            drawn.rstrip()
        drawn.append("\n")
    if said := _left_out(levels - shown, found):
        more = f"{said}; all of it: heapscape flame -o flame.html"
        drawn.append((more if len(more) <= columns else _cut(said, columns, glyphs)) + "\n")
    return drawn


def style(piece: Piece, *, has_sixteen: bool = False) -> str:
    """How rich spells the colours of a piece; for a terminal of sixteen colours by hue, as all light ones are next to white."""
    if piece.background and has_sixteen:
        return f"black on {_of_sixteen(piece.background)}"
    if piece.background:
        return f"{TEXT} on {piece.background}"
    return FAINT if piece.is_faint else ""


def drawn_rows(
    tree: FlameTree,
    found: Rectangles,
    *,
    rows: int,
    columns: int,
    unit: str,
    glyphs: Glyphs = UNICODE,
    is_plain: bool = False,
    chosen: int = -1,
    marked: Container[int] = (),
) -> Iterator[list[Piece]]:
    """Each row as pieces, which fill the columns.

    chosen  the node that is drawn as such
    marked  nodes that a search found
    """
    unit = printable(unit)
    row, left, right = found.row.tolist(), found.left.tolist(), found.right.tolist()
    node, faint = found.node.tolist(), found.is_faint.tolist()
    by_row: list[list[int]] = [[] for _ in range(rows)]
    for place, at in enumerate(row):
        by_row[at].append(place)
    for places in by_row:
        pieces, column = [], 0
        for place in places:
            if left[place] > column:
                pieces.append(Piece(" " * (left[place] - column)))
            column = right[place]
            width = column - left[place]
            if faint[place] and node[place] != chosen and node[place] not in marked:
                pieces.append(Piece(glyphs.faint * width, node[place], is_faint=True))
                continue
            colour = CHOSEN if node[place] == chosen else FOUND if node[place] in marked else _colour(tree, node[place])
            filler = glyphs.rest if is_plain else " "
            pieces.append(
                Piece(_labelled(tree, node[place], width, unit=unit, glyphs=glyphs, filler=filler), node[place], colour)
            )
        if column < columns:
            pieces.append(Piece(" " * (columns - column)))
        yield pieces


def facts(tree: FlameTree, node: int, *, unit: str) -> str:
    """What a node is, in a line: its whole name, values, shares and place."""
    root = int(tree.value[0])
    if tree.is_diff:
        before, after = int(tree.before[node]), int(tree.value[node])
        values = [
            f"{readable(before, unit=unit)} → {readable(after, unit=unit)}",
            signed(after - before, unit=unit),
        ]
    else:
        total, own = int(tree.value[node]), int(tree.self[node])
        values = [
            f"total {readable(total, unit=unit)}{f', {share(total / root)}' if root else ''}",
            f"self {readable(own, unit=unit)}{f', {share(own / root)}' if root else ''}",
        ]
    file, line = tree.text(node, "file"), tree.text(node, "line")
    place = f"{file}:{line}" if file and line else file
    return printable(" · ".join(part for part in (tree.text(node, "label"), *values, place) if part))


# ---- names and colours


def fitted(name: str, room: int, glyphs: Glyphs = UNICODE) -> str:
    """A name that is cut from the left where it is too long: its end tells it from others."""
    return name if cell_len(name) <= room else _tail(name, room, glyphs)


def _labelled(tree: FlameTree, node: int, width: int, *, unit: str, glyphs: Glyphs, filler: str) -> str:
    """An edge, the name and the value as far as there is room, and the rest."""
    label, room = tree.text(node, "label"), width - 1
    # A name can be a megabyte long.
    name, short = (printable(part[-2 * width :]) for part in (label, short_name(label)))
    amount, part = _amount(tree, node, unit), _part(tree, node)
    figures = f"{part} {amount}" if part else amount
    whole = (f"{name} {figures}",) if len(label) <= room else ()
    for told in (*whole, f"{short} {figures}", f"{short} {part or amount}", short):
        if cell_len(told) <= room:
            break
    else:
        told = fitted(short, room, glyphs)
    if told and cell_len(told) < room:
        told += " "
    return glyphs.edge + told + filler * (room - cell_len(told))


def _tail(name: str, room: int, glyphs: Glyphs) -> str:
    """The end of a name, which tells it from others; nothing where there is no room for any of it."""
    if room < _LEAST_NAME:
        return ""
    kept = name[-room:]
    while cell_len(kept) > room - 1:
        kept = kept[1:]
    return glyphs.cut + kept


def _amount(tree: FlameTree, node: int, unit: str) -> str:
    after = int(tree.value[node])
    return signed(after - int(tree.before[node]), unit=unit) if tree.is_diff else readable(after, unit=unit)


def _part(tree: FlameTree, node: int) -> str:
    """The share of all; of a comparison there is none."""
    return "" if tree.is_diff or not tree.value[0] else share(int(tree.value[node]) / int(tree.value[0]))


def _colour(tree: FlameTree, node: int) -> str:
    if tree.is_diff:
        before, after = int(tree.before[node]), int(tree.value[node])
        larger = max(abs(before), abs(after))
        return _of_change((after - before) / larger if larger else 0.0)
    if tree.value[node] < 0:
        return _of_change(-1.0)
    label = tree.text(node, "label")
    return _of_package(tree.text(node, "package") or _package(tree.text(node, "function") or label), label)


def _of_change(ratio: float) -> str:
    """From -1, vanished, to 1, new."""
    strength = min(1.0, abs(ratio))
    return _hsl(_MORE if ratio > 0 else _LESS, 8 + 76 * strength, 88 - 18 * strength)


@cache
def _of_package(package: str, label: str) -> str:
    """Go's own packages are pale, so that the eye lands on the program's."""
    is_pale = not package or (package != "main" and "." not in package.split("/")[0])
    return _hsl(_hash(package) % 360, 18 if is_pale else 68, (84 if is_pale else 76) + 2.5 * (_hash(label) % 3))


def _of_sixteen(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    return _SIXTEEN[round(hue * 6) % 6] if saturation > _PALE else "white"


def _hsl(hue: float, saturation: float, lightness: float) -> str:
    parts = colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _hash(text: str) -> int:
    """FNV-1a of the UTF-16 units, as the script of the page has it."""
    found = 2166136261
    encoded = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(encoded[::2], encoded[1::2], strict=True):
        found = ((found ^ (low | high << 8)) * 16777619) & 0xFFFFFFFF
    return found


def _package(function: str) -> str:
    slash = function.rfind("/") + 1
    dot = function.find(".", slash)
    return "" if dot < 0 else function[:dot]


# ---- what is left out


def _left_out(levels: int, found: Rectangles) -> str:
    narrow = found.hidden + int(found.is_faint.sum())
    said: Sequence[str] = [
        *([f"{levels:,} {'level' if levels == 1 else 'levels'} below"] if levels else []),
        *([f"{narrow:,} {'box' if narrow == 1 else 'boxes'} narrower than a letter"] if narrow else []),
    ]
    return f"left out: {' and '.join(said)}" if said else ""


def _cut(line: str, columns: int, glyphs: Glyphs) -> str:
    return line if cell_len(line) <= columns else set_cell_size(line, columns - 1) + glyphs.cut
