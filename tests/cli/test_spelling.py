"""How options are spelled."""

from __future__ import annotations

import pytest

from pipeline.cli import heapscape as group
from pipeline.cli.spelling import spelled
from tests.cli.seat import LAST, heapscape, named


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["-focus=main", "-cum"], ["-focus=main", "-cum"]),
        (["--nodecount=5", "-service", "checkout"], ["-nodecount=5", "--service", "checkout"]),
        (["-focus", "-cum", "x.pb.gz"], ["-focus", "-cum", "x.pb.gz"]),
        (["-cum=true", "-flat=false", "-"], ["-cum", "-"]),
        (["--", "-nope"], ["--", "-nope"]),
    ],
)
def test_options_of_one_dash_are_read_as_of_two(typed: list[str], read: list[str]) -> None:
    assert spelled(named(group, "top"), typed) == read


def test_a_letter_takes_its_value_behind_it() -> None:
    growth, flame = named(group, "growth"), named(group, "flame")

    assert spelled(growth, ["-n20", "-n", "3", "-n=4"]) == ["-n20", "-n", "3", "-n4"]
    assert spelled(flame, ["-o./x.html", "-output=y"]) == ["-o./x.html", "--output=y"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["top", "-focis=json"], "No such option '-focis'. Did you mean -focus"),
        (["top", "-node=5"], "No such option '-node'. Did you mean -nodecount, -nodefraction"),
        (["growth", "-nope"], "No such option '-nope'. "),
        (["growth", "--servce", "x"], "No such option '--servce'. Did you mean --service"),
        (["lake", "verify", "-lak=x"], "No such option '-lak'. Did you mean -lake"),
        (["top", "-qqqq"], "No such option '-qqqq'. See which there are with: heapscape top --help"),
        (["top", "-http=:8080"], "No such option '-http': for what it does in go tool pprof there is heapscape serve."),
        (
            ["top", "-list=Put"],
            "No such option '-list': for what it does in go tool pprof there is heapscape pprof -list.",
        ),
        (["top", "-cum=perhaps"], "Option '-cum' is true or false, and 'perhaps' is neither."),
    ],
)
def test_an_unknown_option_is_named_whole_with_the_nearest_there_is(arguments: list[str], said: str) -> None:
    seen = heapscape(*arguments)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err
    assert f"Usage: heapscape {' '.join(word for word in arguments[:2] if not word.startswith('-'))}" in seen.err


def test_a_flag_that_is_false_is_as_if_it_were_not_there() -> None:
    assert heapscape("top", "-cum=false", LAST).out == heapscape("top", LAST).out
    assert heapscape("top", "-cum=true", LAST).out == heapscape("top", "-cum", LAST).out


def test_help_has_a_letter() -> None:
    assert heapscape("top", "-h").out.startswith("Usage: heapscape top ")
