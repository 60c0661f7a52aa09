"""Lines of source around allocation sites, with what each line holds and what the compiler said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.outputs import wording
from pipeline.source_code import NoSource

Row = Mapping[str, Any]

# Lines before and behind the site's own.
MARGIN: Final = 6
# What puts something on the heap is said first.
_ON_HEAP: Final = frozenset({"moved_to_heap", "escapes"})
# Longer ones are generated, and nobody reads them to their end.
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source.

    live_bytes    at last, of the sites of the line; None where none is
    growth_bytes  the same gained
    verdicts      of the compiler, and whether it puts something on the heap
    """

    number: int
    text: str
    live_bytes: float | None
    growth_bytes: float | None
    verdicts: Sequence[tuple[str, bool]]
    is_site: bool


def excerpt(
    site: Row, *, sites: Sequence[Row], verdicts: Sequence[Row], read: Callable[[str], Sequence[str]]
) -> list[Line]:
    """The lines around a site; none where its source is not at hand.

    sites     all of the series, whose bytes stand at their lines
    verdicts  of the lines, rows of `escape.on_lines`
    """
    if not site["file"] or not site["line"]:
        return []
    file, own = str(site["file"]), int(site["line"])
    try:
        text = read(file)
    except NoSource:
        return []
    if own > len(text):
        # Of another state of the source.
        return []
    first, last = _span(own)
    said: dict[int, list[tuple[str, bool]]] = {}
    for row in verdicts:
        if row["file"] == file and row["kind"] != "inlined_call":
            said.setdefault(row["line"], []).append((row["reason"] or row["message"], row["kind"] in _ON_HEAP))
    held: dict[int, list[Row]] = {}
    for row in sites:
        if row["file"] == file:
            held.setdefault(row["line"], []).append(row)
    return [
        Line(
            number,
            _readable(text[number - 1]),
            _sum(held.get(number), "last_bytes"),
            _sum(held.get(number), "growth_bytes"),
            sorted(said.get(number, ()), key=lambda verdict: not verdict[1]),
            number == own,
        )
        for number in range(first, min(last, len(text)) + 1)
    ]


def _span(line: int) -> tuple[int, int]:
    return max(1, line - MARGIN), line + MARGIN


def _sum(rows: Sequence[Row] | None, column: str) -> float | None:
    return sum(wording.number(row, column) for row in rows) if rows else None


def _readable(text: str) -> str:
    """As pages have it: bytes that are no UTF-8 are replaced, tabs are four columns."""
    whole = text.encode(errors="surrogateescape").decode(errors="replace").expandtabs(4)
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}…"
