"""What a gate found, as Markdown for the comment of a pull request; what files say stands in code spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.outputs.check_text import NAMES, Row, interval, measured, places, short_place, subject, summary
from pipeline.outputs.report_markdown import code

_MARKS: Final = {"breach": "❌ breach", "uncertain": "❔ uncertain", "ok": "✅ ok"}


def page(rows: Sequence[Row], missing: Mapping[str, str], *, limit: int) -> str:
    """A verdict, and a table of checks, those that fail first.

    missing  why something could not be checked, by option
    limit    rows of the table; those that are left out are counted
    """
    has_failed = any(row["verdict"] == "breach" for row in rows)
    lines = [
        f"### heapscape check: {'failed' if has_failed else 'passed'}",
        "",
        f"{summary(rows)}.",
        "",
        "| verdict | check | measured | 95 % interval | threshold | of | look at |",
        "| --- | --- | ---: | ---: | --- | --- | --- |",
        *map(_row, rows[:limit]),
        "",
    ]
    if rows[limit:]:
        lines += [f"And {len(rows) - limit:,} more.", ""]
    for option, why in missing.items():
        lines += [f"Not checked: {code(option)}: {code(why)}", ""]
    return "\n".join(lines)


def _row(row: Row) -> str:
    looked = [f"{code(short_place(place))}{_why(place)}" for place in places(row)]
    cells = (
        _MARKS[row["verdict"]],
        NAMES[row["checked"]],
        measured(row),
        interval(row),
        code(row["option"]),
        code(subject(row)),
        "<br>".join(looked if row["verdict"] != "ok" else looked[:1]),
    )
    return f"| {' | '.join(cells)} |"


def _why(place: Row) -> str:
    return f" {code(place['reason'])}" if place.get("reason") else ""
