"""The page of thirty questions to a trace says how long its queries are, and none is much longer than what it is compared with."""

from __future__ import annotations

import re

from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "how-to" / "trace-questions.md"
_QUESTION = re.compile(r"^(\d+)\. .*\? \((\d+), (\d+)\)$", re.MULTILINE)


def test_thirty_questions_are_no_longer_than_1_3_times_those_there() -> None:
    queries = [" ".join(block.text.split()) for block in blocks(PAGE) if block.language == "sql"]
    told = [tuple(map(int, found)) for found in _QUESTION.findall(PAGE.read_text())]

    assert [number for number, _, _ in told] == list(range(1, 31))
    assert [here for _, _, here in told] == [len(query) for query in queries]
    assert [number for number, there, here in told if here > 1.3 * there] == []
