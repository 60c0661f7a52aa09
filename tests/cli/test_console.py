"""Where output goes."""

from __future__ import annotations

import pytest

from pipeline.cli import console


def test_what_is_said_about_the_work_is_no_part_of_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    console.say("two inputs [bold]refused[/bold]")

    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", "two inputs [bold]refused[/bold]\n")


def test_only_the_first_refusals_are_named_and_the_others_counted(capsys: pytest.CaptureFixture[str]) -> None:
    console.say_refusals([(f"file-{number}", "broken") for number in range(8)], again=" --db ours")

    said = capsys.readouterr().err.splitlines()
    assert said[0] == "  refused: file-0: broken"
    assert len(said) == 6
    assert said[-1].startswith("  and 3 more: ")
    assert said[-1].endswith(" --db ours")


def test_no_bar_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("decoding", 3) as advance:
        advance(3)

    assert capsys.readouterr().err == ""
