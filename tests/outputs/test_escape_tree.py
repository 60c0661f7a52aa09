"""A tree of verdicts as text."""

from __future__ import annotations

from typing import Any

from pipeline.outputs.escape_tree import text

MIB = 1 << 20


def node(level: int, value: int, label: str, *, file: str | None = None) -> dict[str, Any]:
    return {"level": level, "value": value * MIB, "label": label, "file": file, "line": 7}


TREE = [
    node(0, 1000, "root"),
    node(1, 100, "app/b"),
    node(2, 100, "x at b.go:1"),
    node(3, 100, "assign: y := x", file="/src/b.go"),
    node(4, 60, "return: y", file="C:\\src\\b.go"),
    node(4, 40, "store: *z = y"),
    node(1, 4, "app/tiny"),
    node(1, 896, "app/a"),
]


def said(rows: list[dict[str, Any]], *, limit: int = 20) -> list[str]:
    return text(rows, title="live", limit=limit).replace("\xa0", " ").splitlines()


def test_the_heaviest_comes_first_and_a_step_that_carries_all_has_no_weight_of_its_own() -> None:
    assert said(TREE) == [
        "1000.0 MiB  100.0 %  live",
        " 896.0 MiB   89.6 %    app/a",
        " 100.0 MiB   10.0 %    app/b",
        " 100.0 MiB   10.0 %      x at b.go:1",
        "                           → assign: y := x · b.go:7",
        "  60.0 MiB    6.0 %          → return: y · b.go:7",
        "  40.0 MiB    4.0 %          → store: *z = y",
    ]


def test_a_long_flow_is_no_wider_than_a_short_one() -> None:
    rows = [node(0, 9, "root"), *(node(level, 9, f"n{level}") for level in range(1, 2_000))]

    lines = said(rows, limit=5_000)

    assert len(lines) == 2_000
    assert max(map(len, lines)) < 50


def test_lines_beyond_the_limit_are_counted_without_steps() -> None:
    assert said(TREE, limit=4)[-1] == "and 2 more; print them with -n"


def test_a_part_of_a_tree_has_its_own_root() -> None:
    assert said(TREE[1:6])[:2] == [" 100.0 MiB  100.0 %  live", " 100.0 MiB  100.0 %    x at b.go:1"]


def test_names_cannot_forge_lines() -> None:
    lines = said(
        [node(0, 9, "root"), node(1, 9, "a\nFORGED"), node(2, 9, "b\x1b[2J"), node(3, 9, "c", file="d\nFORGED")]
    )

    assert len(lines) == 4
    assert "\x1b" not in "".join(lines)
