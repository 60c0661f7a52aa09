"""From a profile and what is asked of it to what a report is written of."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.outputs.pprof.report import Kind, prepare, quotient, sample_index
from pipeline.outputs.pprof.settings import Settings
from tests.outputs.pprof.seen import lines, prepared, profile


def told(made: Any, **settings: Any) -> list[str]:
    said: list[str] = []
    prepare(made, Settings(**settings), kind=Kind("top"), told=said.append)
    return said


def test_filters_that_match_nothing_are_named_in_the_order_they_are_applied() -> None:
    names = ("focus", "ignore", "hide", "show", "show_from", "tagfocus", "tagignore", "tagshow", "taghide")

    said = told(profile("a 1 {k=v}"), tagroot="x", tagleaf="y", **dict.fromkeys(names, "zzz"))

    spelled = "TagRoot TagLeaf Focus Ignore Hide Show ShowFrom TagFocus TagIgnore TagShow TagHide"
    assert said == [f"{name} expression matched no samples" for name in spelled.split()]


def test_units_that_are_passed_over_are_named() -> None:
    assert told(profile("a 1 {t=1ms}", "a 1 {t=2us}")) == ["For tag t used unit ms, also encountered unit(s) us"]


def test_the_total_is_of_all_samples_unless_shares_are_relative() -> None:
    made = profile("a 1", "b -2")

    assert prepared(made, focus="a").total == 3
    assert prepared(made, focus="^a$", hide="b", relative_percentages=True).total == 1


def test_filters_see_whole_names_and_reports_what_is_kept_of_them() -> None:
    report = prepared(profile("a@x.go:1 b 1"), focus="x.go", prune_from="^b$")

    assert lines(report.profile) == ["b 1"]
    assert report.filters == ("focus=x.go",)


@pytest.mark.parametrize(
    ("asked", "place"),
    [("", 2), ("alloc", 0), ("1", 1), ("inuse_space", 1), ("inuse", 2)],
)
def test_a_sample_type_goes_by_name_number_or_what_is_default(asked: str, place: int) -> None:
    assert sample_index(profile("a 1 2 3", types=["alloc/b", "space/b", "inuse/b"]), asked) == place


def test_the_default_type_is_the_profiles_own() -> None:
    assert sample_index(profile("a 1 2", types=["x/b", "y/b"], default_type="x"), "") == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sample_index": "cpu"}, 'sample_index "cpu" must be one of: [inuse_space]'),
        ({"sample_index": "7"}, "sample_index 7 is outside the range [0..0]"),
        ({"sample_index": "-1"}, "sample_index -1 is outside the range [0..0]"),
        ({"divide_by": 0.0}, "zero divisor specified"),
        ({"focus": "["}, "parsing focus regexp: error parsing regexp: missing closing ]: `[`"),
        ({"hide": "a**"}, "parsing hide regexp: error parsing regexp: invalid nested repetition operator: `**`"),
        ({"tagfocus": "k=("}, "parsing tagfocus regexp: error parsing regexp: missing closing ): `(`"),
        (
            {"prune_from": "*"},
            "parsing prune_from regexp: error parsing regexp: missing argument to repetition operator: `*`",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_pprofs_words(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        prepared(profile("a 1"), **settings)

    assert str(raised.value) == said


def test_a_kind_overrides_what_is_asked() -> None:
    settings = Settings(granularity="lines", nodefraction=0.2)

    assert Kind("tree").overridden(settings).nodecount == 80
    assert Kind("raw", is_trimmed=False, granularity="addresses").overridden(settings) == Settings(
        granularity="addresses", nodecount=0, nodefraction=0.0, edgefraction=0.0
    )


def test_values_are_divided_as_they_are_written() -> None:
    assert prepared(profile("a 1"), divide_by=2.0).written(4096, "minimum") == "2kB"
    assert [quotient(7, 2), quotient(-7, 2), quotient(7, -2)] == [3, -3, -3]
