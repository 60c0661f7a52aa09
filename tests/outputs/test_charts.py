"""The charts that pages, reports and pictures share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from pipeline.outputs import charts
from pipeline.values import Result
from tests.outputs.builder import result

START = datetime(2026, 11, 23, 21, 14, tzinfo=UTC)
PARTS = ("objects", "unused", "free", "stack", "metadata", "other")


def profiles(*sizes: int, seconds: int = 60) -> list[dict[str, object]]:
    return [{"taken_s": 1000.0 + seconds * place, "inuse_bytes": size} for place, size in enumerate(sizes)]


def site(line: int, *history: int) -> dict[str, object]:
    return {"file": "a/shop/store.go", "line": line, "growth_bytes": history[-1] - history[0], "history": list(history)}


def moments(*used: int, times: list[datetime | None]) -> Result:
    columns: dict[str, object] = {
        "taken_at": pa.array(times, pa.timestamp("us", "UTC")),
        "taken_s": [None if at is None else at.timestamp() for at in times],
        "position": list(range(len(used))),
        "used_bytes": list(used),
        **{f"{part}_bytes": [size // 6 for size in used] for part in PARTS},
        "goal_bytes": pa.array([None] * len(used), pa.int64()),
        "limit_bytes": [100] * len(used),
    }
    return result("memory over time", columns)


def test_the_live_heap_is_drawn_with_the_sites_that_grew_most() -> None:
    drawn = charts.live_heap(profiles(10, 20, 40), [site(1, 1, 2, 9), site(2, 0, 0, 3), site(3, 5, 5, 4)])

    assert drawn == {
        "unit": "bytes",
        "time": True,
        "across": "UTC",
        "x": [1000.0, 1060.0, 1120.0],
        "series": [
            ("live heap", [10.0, 20.0, 40.0]),
            ("shop/store.go:1", [1.0, 2.0, 9.0]),
            ("shop/store.go:2", [0.0, 0.0, 3.0]),
        ],
        "kind": "line",
    }


def test_below_a_heap_that_is_far_larger_the_sites_that_grew_are_told_apart() -> None:
    gib, mib = 1 << 30, 1 << 20
    heaps = profiles(4 * gib + mib, 4 * gib, 4 * gib + 400 * mib)

    far = charts.live_heap(heaps, [site(1, 0, mib, 36 * mib)])
    near = charts.live_heap(heaps, [site(1, 0, mib, 300 * mib)])

    assert far is not None
    assert near is not None
    assert far["series"][0] == ("live heap less 4.0\u00a0GiB", [mib, 0, 400 * mib])
    assert near["series"][0] == ("live heap", [4 * gib + mib, 4 * gib, 4 * gib + 400 * mib])
    # The same as without.
    assert far["series"][1] == ("shop/store.go:1", [0, mib, 36 * mib])


def test_a_history_of_other_profiles_is_not_laid_over_the_live_heap() -> None:
    drawn = charts.live_heap(profiles(10, 20, 40), [site(1, 1, 2)])

    assert drawn is not None
    assert [name for name, _ in drawn["series"]] == ["live heap"]


def test_profiles_without_a_time_stand_by_their_place() -> None:
    drawn = charts.live_heap(profiles(10, 20, seconds=0), [])

    assert drawn is not None
    assert (drawn["time"], drawn["x"], drawn["across"]) == (False, [1, 2], "profile")


def test_a_single_profile_is_no_chart() -> None:
    assert charts.live_heap(profiles(10), []) is None


def test_memory_is_lines_over_time_without_what_is_never_told() -> None:
    (one,) = charts.memory(moments(60, 120, times=[START, START + timedelta(minutes=1)]))

    assert one.drawn["x"] == [START.timestamp(), START.timestamp() + 60]
    assert [name for name, _ in one.drawn["series"]] == ["used", *PARTS, "limit"]


def test_of_a_single_moment_the_parts_stand_side_by_side() -> None:
    (one,) = charts.memory(moments(60, times=[START]))

    assert (one.drawn["kind"], one.drawn.get("labels")) == ("bars", list(PARTS))
    assert one.drawn["series"] == [("memory", [10.0] * 6)]


def test_moments_without_a_time_are_not_mixed_with_others() -> None:
    (one,) = charts.memory(moments(60, 120, 180, times=[START, None, None]))

    assert one.drawn["x"] == [1, 2]
    assert one.drawn["series"][0] == ("used", [120, 180])


def test_nothing_of_a_collector_is_no_chart() -> None:
    nothing = result("cycles", {"cycle": [], "heap_bytes": [], "goal_bytes": []})
    paused = result("pauses", {"pause_index": [1], "pause_ns": [7]})

    assert [one.name for one in charts.collector(nothing, paused)] == ["pauses"]


def test_there_are_no_more_bars_than_a_picture_has_room_for() -> None:
    drawn = charts.bars([(f"n{place}", {"at first": place, "at last": 9}) for place in range(50)], unit="count")

    assert len(drawn.get("labels", ())) == len(drawn["x"]) == len(drawn["series"][1][1]) == 20
    assert [name for name, _ in drawn["series"]] == ["at first", "at last"]
