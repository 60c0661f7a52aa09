"""Templates: what files say is text, everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

from pipeline.outputs import web

TEMPLATES = sorted((Path(web.__file__).parent / "templates").glob("*.html"))
COMMON = {"navigation": [("/", "Overview")], "here": "/", "scripts": ["app.js"]}


def test_text_is_escaped_and_marks_of_direction_are_spelled_out() -> None:
    page = web.render("message.html", title="<b>", message="\u202e<script>alert(1)</script>", **COMMON)

    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\\u202e" in page


def test_what_a_template_is_not_given_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="message"):
        web.render("message.html", title="t", **COMMON)


def test_data_of_a_chart_cannot_end_its_element() -> None:
    live = {"unit": "bytes", "time": False, "x": [0], "series": [["</script><b>", [1]]]}
    values = {"query": "", "names": [], "error": "", "columns": [("x", True)], "answer": [], "is_cut": False}

    page = web.render("sql.html", **values, as_chart=True, chart_data=live, **COMMON)

    assert "</script><b>" not in page
    assert "\\u003c/script\\u003e\\u003cb\\u003e" in page


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_that_something_is_safe(path: Path) -> None:
    source = path.read_text()

    assert not re.search(r"\|\s*safe\b|autoescape", source)
    # What is run is of our assets: by their address, or in the one file that has a policy for it.
    ours = r" src=|>\{\{ script \}\}</script>" if path.name == "file.html" else " src="
    assert not re.search(rf"\son\w+\s*=|<script(?! type=.(?:application/json|text/plain)|{ours})", source)
