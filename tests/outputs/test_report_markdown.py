"""The report for a ticket, read as GitHub reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pyarrow as pa
import pytest
from markdown_it import MarkdownIt

from pipeline.outputs import report_markdown
from pipeline.values import Result
from tests.outputs.report_data import report_data, without_rows

EVIL = [
    "a|b",
    "a\\|b",
    "`a`|`` b",
    "</code><img src=x onerror=alert(1)>",
    "@everyone #1 [x](javascript:alert(1)) ![x](http://example.com/)",
    "*a* _b_ __c__ ~~d~~ ***",
    "a\n\n# FORGED\n| x | y |",
    "\x1b[31m\u202e",
    " leading and trailing ",
    "```\n<script>alert(1)</script>",
    "&lt;&#124;&amp;",
    "_",
    "a\\",
    "<!--",
    "$x$ :smile: https://example.com",
]


def rendered(text: str) -> str:
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))


def test_it_is_short_enough_for_a_comment(golden: Callable[[str, str], None]) -> None:
    text = report_markdown.page(report_data(), site_limit=2)

    golden("report.md", text)
    # What GitHub takes.
    assert len(text) < 65_536


@pytest.mark.parametrize("evil", EVIL)
def test_a_name_is_the_text_of_one_code_span_wherever_it_stands(evil: str) -> None:
    wanted = report_markdown.printable(evil)

    in_text = rendered(f"before {report_markdown.code(evil)} after")
    in_table = rendered(f"| a | b |\n| --- | --- |\n| {report_markdown.code(evil)} | last |")

    # Whatever else stands in the answer is ours.
    (span,) = re.findall(r"<code>(.*?)</code>", in_text, flags=re.DOTALL)
    assert unescape(span) == wanted
    assert set(re.findall(r"<(\w+)", in_text)) == {"p", "code"}
    cells = re.findall(r"<td>(.*?)</td>", in_table, flags=re.DOTALL)
    assert [unescape(cell) for cell in cells] == [
        f"<code>{wanted}</code>" if not re.search("[<>&]", wanted) else unescape(f"<code>{span}</code>"),
        "last",
    ]


def test_a_name_that_nobody_reads_to_its_end_is_cut() -> None:
    assert report_markdown.code("x" * 500) == f"`{'x' * 159}…`"
    assert report_markdown.code("") == ""


@pytest.mark.parametrize("evil", EVIL)
def test_names_of_a_report_make_no_markup(evil: str) -> None:
    data = report_data()
    table = data.growth.table
    for name in ("file", "reason", "function"):
        table = table.set_column(table.schema.get_field_index(name), name, pa.array([evil] * table.num_rows))
    series = data.series.table
    for name in ("service", "instance", "build"):
        series = series.set_column(series.schema.get_field_index(name), name, pa.array([evil] * series.num_rows))
    hostile = replace(data, growth=Result("g", (), table), series=Result("s", (), series))

    html = rendered(report_markdown.page(hostile))

    ours = {"h3", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"<(\w+)", html)) <= ours
    assert html.count("<h3>") == html.count("<table>") == 2
    assert not re.search(r"@(?!everyone #1|&)", re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL))
    assert "FORGED" not in re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)


def test_links_lead_to_the_server_that_is_named() -> None:
    html = rendered(report_markdown.page(report_data(), server="http://localhost:8787/x/"))

    assert re.findall('href="(.*?)"', html)[:2] == [
        "http://localhost:8787/x/growth?series=161",
        "http://localhost:8787/x/flame?series=161",
    ]


@pytest.mark.parametrize("server", ["http://h/) [x](javascript:1", "http://h/<b>", 'http://h/" onclick="x'])
def test_an_address_ends_no_link(server: str) -> None:
    html = rendered(report_markdown.page(report_data(), server=server))

    assert len(re.findall('<a href="http://h/', html)) == 4
    assert "javascript:1" not in re.sub('href=".*?"', "", html)
    assert "<b>" not in html
    assert "onclick" not in re.sub('href=".*?"', "", html)


def test_of_a_database_that_is_gone_no_command_asks_more() -> None:
    assert "heapscape growth --series 161" in report_markdown.page(report_data())
    assert "--series" not in report_markdown.page(report_data(), is_kept=False)


def test_nothing_is_a_sentence() -> None:
    assert report_markdown.page(without_rows(report_data())).startswith("No service has two heap profiles with a time")
