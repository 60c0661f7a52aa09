"""Goroutines of one series as text: places, and the stacks of those that leak."""

from __future__ import annotations

from typing import Any

from pipeline.outputs.goroutine_growth import text

ROW: dict[str, Any] = {
    "series_id": 7,
    "source": "dump",
    "kind": "goroutine",
    "service": "api",
    "instance": "a",
    "build": None,
    "state": "chan send",
    "created_by": "main.serve",
    "created_file": "/src/main.go",
    "created_line": 9,
    "root_function": "main.handle",
    "function": "main.send",
    "file": "C:\\src\\send.go",
    "line": 5,
    "moments": 3,
    "first_count": 1,
    "last_count": 1_200,
    "growth": 1_199,
    "slope_per_s": 0.01,
    "longest_wait_ns": 120_000_000_000,
    "leaked": None,
    "stack": [
        {"function": "runtime.gopark", "file": "/go/proc.go", "line": 1},
        {"function": "main.send", "file": "/src/send.go", "line": 5},
        *[{"function": "main.deep", "file": "/src/deep.go", "line": 6}] * 40,
        {"function": "main.handle", "file": None, "line": None},
    ],
}
STEADY = ROW | {"function": "main.work", "growth": 0, "first_count": 1_200, "slope_per_s": 0.0}


def said(*rows: dict[str, Any], limit: int = 5, all_stacks: bool = False) -> list[str]:
    return text(rows, limit=limit, all_stacks=all_stacks).replace("\xa0", " ").splitlines()


def test_what_became_more_has_its_stack_without_the_runtime_and_what_did_not_has_none() -> None:
    assert said(ROW, STEADY) == [
        "api · instance a · 3 dumps: 2,400 goroutines, 1,201 at first",
        "",
        "goroutines  growth  an hour    waited  state      function             created by",
        "     1,200  +1,199    +36.0  2.00 min  chan send  main.send send.go:5  main.serve main.go:9",
        "    main.send send.go:5",
        "    main.deep deep.go:6 ×40",
        "    main.handle",
        "     1,200       0        0  2.00 min  chan send  main.work send.go:5  main.serve main.go:9",
    ]


def test_columns_of_which_nothing_is_told_are_left_out() -> None:
    profile = ROW | {
        "source": "protobuf",
        "state": None,
        "created_by": None,
        "slope_per_s": None,
        "longest_wait_ns": None,
        "stack": [],
    }

    assert said(profile)[2:] == ["goroutines  growth  function", "     1,200  +1,199  main.send send.go:5"]


def test_what_the_runtime_found_is_told_and_0_is_no_silence() -> None:
    assert said(ROW | {"leaked": 0})[0].endswith("at first, 0 leaked as the runtime found")
    assert "leaked" not in said(ROW)[0]


def test_a_single_moment_has_the_stacks_of_all() -> None:
    one = STEADY | {"source": "system", "moments": 1}

    assert said(one)[0] == "api · instance a · 1 system dump: 1,200 goroutines"
    assert said(one)[4] == "    main.send send.go:5"


def test_a_stack_is_cut_unless_all_of_it_is_asked_for() -> None:
    long = ROW | {"stack": [{"function": f"main.f{n}", "file": None, "line": None} for n in range(10)]}

    assert said(long)[-1] == "    and 2 more frames"
    assert said(long, all_stacks=True)[-1] == "    main.f9"


def test_lines_beyond_the_limit_are_counted_and_what_came_and_went_is_not_told() -> None:
    gone = ROW | {"first_count": 0, "last_count": 0, "growth": 0}

    assert said(ROW, STEADY, gone, limit=1)[-1] == "and 1 place with 1,200 goroutines"


def test_names_cannot_forge_lines() -> None:
    forged = ROW | {"service": "a\nFORGED", "function": "x\x1b[2J\nFORGED", "state": "s\nFORGED"}
    forged["stack"] = [{"function": "y\nFORGED", "file": "z\nFORGED.go", "line": 1}]

    assert [line for line in said(forged) if line.startswith("FORGED")] == []
    assert "\x1b" not in text([forged], limit=1)
