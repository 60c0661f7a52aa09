"""What a word of SQL may go on as."""

from __future__ import annotations

import pytest

from pipeline.cli.completion import completions
from pipeline.warehouse.catalog import Entry

ENTRIES = (
    Entry("profile", "table", "", ("profile_id", "kind", "taken_at")),
    Entry("heap.series", "view", "", ("series_id", "kind", "growth_bytes")),
    Entry("flame.top", "macro", "", ("function", "flat")),
    Entry("folded", "function", "", ("of_stack",)),
)


def words(before: str, after: str = "") -> list[str]:
    return [text for _, text, _ in completions(before, after, ENTRIES, (".help", ".quit"))]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("FROM he", "", ["heap.series", "HAVING"][:1]),
        ("from HEAP.S", "", ["heap.series"]),
        ("FROM fl", "", ["flame.top("]),
        ("SELECT fol", "", ["folded("]),
        ("SELECT grow", " FROM heap.series", ["growth_bytes"]),
        ("SELECT s.gr", " FROM heap.series AS s", ["s.growth_bytes"]),
        ("SELECT series.k", " FROM heap.series JOIN profile p", ["series.kind"]),
        ("SELECT p.k", " FROM heap.series JOIN profile p", ["p.kind"]),
        ("SELECT fl", " FROM flame.top([1], 'cpu')", ["flat", "flame.top("]),
        ("SELECT x", " FROM heap.series", []),
        ("SELECT ", " FROM heap.series", []),
        ("GROUP", "", ["GROUP BY"]),
        (".h", "", [".help"]),
        (".help heap", "", ["heap.series"]),
        (".schema ", "", ["profile", "heap.series", "flame.top", "folded"]),
    ],
)
def test_a_word_goes_on_as_what_there_is(before: str, after: str, found: list[str]) -> None:
    assert words(before, after) == found


def test_what_is_replaced_begins_where_the_word_does() -> None:
    assert completions("FROM heap.se", "", ENTRIES, ()) == [(-7, "heap.series", "view")]
