from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.warehouse.serving import Serving
from tests.terminal.seat import browse


def test_an_answer_stands_below_the_question(demo: Path) -> None:
    seen = browse(demo, "S", "type:SELECT COUNT(*) AS profiles FROM profile", "enter")

    assert seen[1].startswith("SELECT COUNT(*) AS profiles FROM profile")
    assert seen[2].split() == ["profiles"]
    assert seen[3].split() == ["13"]


def test_another_question_is_asked_behind_the_same_key(demo: Path) -> None:
    seen = browse(demo, "S", "type:SELECT 1 AS a", "enter", "S", "type:23", "enter")

    assert seen[2].split() == ["a23"]


def test_a_long_answer_says_so(demo: Path) -> None:
    seen = "\n".join(browse(demo, "S", "type:FROM range(1000000)", "enter"))

    assert "500 · there are more than 10,000" in seen


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("DELETE FROM profile", "DELETE"),
        ("FROM nothing", "nothing"),
        ("SELEC", "SELEC"),
        ("FROM '/etc/passwd'", "passwd"),
        ("SET threads = 9", "SET"),
    ],
)
def test_what_does_more_than_read_is_refused_in_a_sentence(demo: Path, query: str, told: str) -> None:
    seen = browse(demo, "S", f"type:{query}", "enter")

    assert seen[2].split() == []
    assert told in "\n".join(seen[3:])
    assert "13" in browse(demo, "S", f"type:{query}", "enter", "home", *["delete"] * 30, "type:SELECT 13", "enter")[3]


def test_a_question_that_has_no_end_is_ended(demo: Path) -> None:
    serving = Serving(str(demo), threads=1, limit_s=0.3)

    seen = browse(
        demo, "S", "type:SELECT COUNT(*) FROM range(1000000000000) WHERE hash(range) = 5", "enter", serving=serving
    )

    assert "the question took more than 0.3 s and was ended" in "\n".join(seen)
