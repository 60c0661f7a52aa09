"""What a gate found, as text."""

from __future__ import annotations

import pytest

from pipeline.outputs.check_text import interval, measured, sentence, summary, text
from tests.outputs.check_rows import PAUSE, ROW, ROWS, SITE, SLOPE


def plain(said: str) -> str:
    return said.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_what_fails_has_its_places_below_and_what_is_left_out_is_counted() -> None:
    lines = plain(text([ROW | {"sites": [SITE]}, SLOPE, PAUSE], limit=2)).splitlines()

    assert [line.split("  ")[0] for line in lines[:3]] == ["verdict", "breach", "uncertain"]
    assert lines[1].endswith("+2.0 MiB to +4.0 MiB  --max-growth 1MiB   api · build 1.4")
    assert "+3.5 MiB/h, +84.4 MiB a day  not known" in lines[2]
    assert lines[3:] == ["and 1 more: --limit 3", "", "api · build 1.4: look at", "  +1.0 MiB  app/a b.go:7  x escapes"]


@pytest.mark.parametrize(
    ("more", "figure", "between"),
    [
        ({"unit": "share", "checked": "growth_share", "value": 0.5, "low": 0.25, "high": 0.75}, "+50.0 %", "+25.0 % to +75.0 %"),
        ({"unit": "s", "checked": "headroom_time", "value": 7200.0, "low": 60.0, "high": None}, "2.00 h", "from 1.00 min"),
        ({"unit": "s", "checked": "headroom_time", "value": None, "low": None, "high": None}, "no end in sight", ""),
        ({"checked": "headroom", "value": -1024.0, "low": -1024.0, "high": -1024.0}, "−1.0 KiB", ""),
        ({"unit": "goroutines", "checked": "goroutine_growth", "value": 5.0, "low": 5.0, "high": 5.0}, "+5", ""),
        ({"unit": "goroutines", "checked": "goroutines", "value": 5.0, "low": 5.0, "high": 5.0}, "5", ""),
        ({"checked": "new_escapes", "value": None, "low": None, "high": None}, "cost not known", ""),
    ],
)  # fmt: skip
def test_every_measure_has_its_unit(more: dict[str, object], figure: str, between: str) -> None:
    row = ROW | more

    assert (plain(measured(row)), plain(interval(row))) == (figure, between)


def test_a_sentence_says_what_noise_may_account_for() -> None:
    assert plain(sentence(SLOPE)).endswith(", beyond --max-slope 1MiB/h, but noise may account for that")
    assert sentence(PAUSE).endswith(", within --max-pause 10ms")


def test_verdicts_are_counted() -> None:
    assert summary(ROWS) == "2 breaches, 1 uncertain, 1 ok"
