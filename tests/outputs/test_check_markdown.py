"""What a gate found, for a comment, read as GitHub reads it."""

from __future__ import annotations

from markdown_it import MarkdownIt

from pipeline.outputs import check_markdown
from tests.outputs.check_rows import MISSING, ROWS


def test_every_row_is_one_of_the_table_and_no_name_is_markup() -> None:
    page = check_markdown.page(ROWS, MISSING, limit=9)

    html = str(MarkdownIt("commonmark").enable("table").render(page))
    assert html.count("<tr>") == 1 + len(ROWS)
    assert html.count("<td>") + html.count('<td style="text-align:right">') == 7 * len(ROWS)
    assert "<b>" not in html
    assert page.startswith("### heapscape check: failed\n\n2 breaches, 1 uncertain, 1 ok.\n")


def test_rows_that_are_left_out_are_counted() -> None:
    assert "\nAnd 3 more.\n" in check_markdown.page(ROWS, {}, limit=1)
    assert check_markdown.page(ROWS[2:], {}, limit=9).startswith("### heapscape check: passed")
