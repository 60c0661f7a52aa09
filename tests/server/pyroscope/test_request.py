"""What a message asks, checked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.errors import UsageError
from pipeline.generated.querier_pb2 import StackTraceSelector
from pipeline.server.pyroscope import request
from pipeline.server.pyroscope.connect import Refusal
from pipeline.warehouse.pyroscope_questions import Matcher, Range

TYPE = "memory:inuse_space:bytes:space:bytes"


def test_a_range_is_optional_only_where_it_is_said_to_be() -> None:
    assert request.during(1, 2) == Range(1, 2)
    assert request.during(0, 0, is_optional=True) is None
    for start, end in ((0, 0), (0, 5), (5, 0), (6, 5), (-1, 5), (1, 1 << 62)):
        with pytest.raises(UsageError, match="not a range of time"):
            request.during(start, end)


def test_a_sixth_part_of_a_type_is_tolerated_and_other_numbers_are_not() -> None:
    assert request.selection(TYPE, "", 1, 2).profile_type == TYPE
    assert request.selection(f"{TYPE}:delta", "{}", 1, 2).profile_type == TYPE
    for wrong in ("", "memory", "a:b", f"{TYPE}:delta:x"):
        with pytest.raises(UsageError, match="name:sample_type:unit"):
            request.selection(wrong, "{}", 1, 2)


def test_what_all_selectors_demand_is_demanded() -> None:
    assert request.matchers(['{a="b"}', '{c!="d"}']) == (Matcher("a", "=", "b"), Matcher("c", "!=", "d"))
    with pytest.raises(UsageError, match="more than 100"):
        request.matchers(['{a="b"}'] * 101)


def test_ids_are_what_they_are_said_to_be() -> None:
    assert request.selection(TYPE, "{}", 1, 2, spans=["00000000000000AB"]).span_ids == ("00000000000000ab",)
    assert request.selection(TYPE, "{}", 1, 2, spans=[]).span_ids == ()
    with pytest.raises(UsageError, match="16 hexadecimal"):
        request.selection(TYPE, "{}", 1, 2, spans=["x"])
    with pytest.raises(UsageError, match="one of them"):
        request.selection(TYPE, "{}", 1, 2, spans=["0" * 16], traces=["0" * 32])


def test_a_filter_that_would_be_ignored_is_refused() -> None:
    stacks = StackTraceSelector()
    stacks.call_site.add().name = "main.main"
    assert request.selection(TYPE, "{}", 1, 2, stacks=stacks).call_site == ("main.main",)

    stacks.frame_filter.SetInParent()
    with pytest.raises(Refusal, match="filters of frames"):
        request.selection(TYPE, "{}", 1, 2, stacks=stacks)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (request.step_ms, {15.0: 15_000, 0.0015: 1}, [0.0, -1.0, 1e300, float("nan"), float("inf")]),
        (request.nodes, {0: 8_192, 7: 7, 1 << 20: 1 << 20}, [-1, (1 << 20) + 1]),
    ],
)
def test_numbers_have_their_limits(check: Callable[[float], int], good: dict[float, int], bad: list[float]) -> None:
    assert {given: check(given) for given in good} == good
    for given in bad:
        with pytest.raises(UsageError, match="not a number"):
            check(given)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1767225600", 1_767_225_600_000),
        ("1767225600123", 1_767_225_600_123),
        ("1767225600123456", 1_767_225_600_123),
        ("1767225600123456789", 1_767_225_600_123),
        ("now", 10**12),
        ("now-2h", 10**12 - 7_200_000),
        ("now-1M", 10**12 - 2_592_000_000),
    ],
)
def test_times_are_taken_in_every_unit_and_from_now(text: str, ms: int) -> None:
    assert request.at_ms(text, now_ms=10**12) == ms


@pytest.mark.parametrize("text", ["", "-5", "now-", "now+1h", "1e9", "9" * 20, "yesterday"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a time"):
        request.at_ms(text, now_ms=0)


def test_a_query_names_its_type_before_the_brace() -> None:
    assert request.typed_query(TYPE + '{service_name="x"}') == TYPE
    with pytest.raises(UsageError, match="begins with no profile type"):
        request.typed_query('{service_name="x"}')
    for wrong in ("-1", "x", "9" * 10):
        with pytest.raises(UsageError, match="not a number"):
            request.whole(wrong)
