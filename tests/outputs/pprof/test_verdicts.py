from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.outputs.pprof.report import Report
from pipeline.outputs.pprof.source import Routine, routines
from pipeline.outputs.pprof.verdicts import Verdicts, all_lines, annotated, owner_name, table, verdicts_of
from pipeline.source_code import NoSource
from tests.outputs.pprof.seen import prepared, profile

ONE, TWO = ("shop", "1.0"), ("shop", "1.1")


def row(line: int, message: str, *, owner: tuple[str | None, str | None] = ONE, **more: Any) -> dict[str, Any]:
    plain = {"file": "store.go", "column": 2, "kind": "escapes", "expression": "x", "reason": None}
    return {**plain, "service": owner[0], "build": owner[1], "line": line, "message": message, **more}


def read(path: str) -> Sequence[str]:
    if path != "store.go":
        raise NoSource(f"no {path}")
    return ["func put() {", "\tx := make([]byte, n)", "}"]


def listed(*samples: str) -> tuple[Report, list[Routine]]:
    report = prepared(profile(*samples), report="list", pattern="put")
    return report, routines(report, read=read)


def body(
    rows: Sequence[dict[str, Any]], *, owners: Sequence[tuple[str | None, str | None]] = (ONE,), why: bool = False
) -> list[str]:
    report, found = listed("put@store.go:2 1024")
    verdicts = verdicts_of(report, rows, owners=owners)
    return annotated(report, found, verdicts, is_explained=why).splitlines()[3:]


def test_verdicts_stand_beside_the_line() -> None:
    assert body([row(2, "make([]byte, n) escapes to heap"), row(2, "x moved", column=1)]) == [
        "         .          .      1:func put() {",
        "       1kB        1kB      2:   x := make([]byte, n)  │ x moved",
        "                                                      │ make([]byte, n) escapes to heap",
        "         .          .      3:}",
    ]


def test_with_several_builds_a_verdict_says_whose_it_is() -> None:
    rows = [row(2, "a"), row(2, "a", owner=TWO), row(2, "b", owner=TWO, column=9)]

    assert [line.split("│ ")[1] for line in body(rows, owners=(ONE, TWO)) if "│" in line] == ["a", "shop build 1.1: b"]
    assert "│ b" in "\n".join(body(rows[2:], owners=(TWO,)))


def test_why_something_is_on_the_heap_is_said_when_asked() -> None:
    rows = [row(2, "x escapes", reason="x escapes: too large"), row(2, "s stays", column=5)]

    assert [line.split("│ ")[1] for line in body(rows, why=True) if "│" in line] == ["x escapes: too large", "s stays"]


def test_without_source_lines_with_a_verdict_are_listed_too() -> None:
    report, (routine,) = listed("put@other.go:12 8")
    verdicts = verdicts_of(report, [row(9, "a", file="other.go"), row(99, "b", file="other.go")], owners=[ONE])

    assert [(line.number, line.cum, line.text) for line in all_lines(routine, verdicts)] == [
        (9, 0, None),
        (12, 8, None),
    ]
    assert annotated(report, [routine], verdicts, is_explained=False).splitlines()[3:] == [
        " Error: no other.go",
        "         .          .      9:  │ a",
        "        8B         8B     12:",
    ]


def test_lines_that_the_source_at_hand_is_too_short_for_are_listed() -> None:
    _, (routine,) = listed("put@store.go:2 8", "put@store.go:7 4")

    lines = all_lines(routine, Verdicts({}, ()))

    assert [line.number for line in lines] == [1, 2, 3, 7]


def test_files_are_named_as_the_options_make_them() -> None:
    report = prepared(profile("put@/ci/app/store.go:2 8"), report="list", pattern="put", trim_path="/ci")

    assert list(verdicts_of(report, [row(2, "a", file="/ci/app/store.go")], owners=[ONE]).lines) == [
        ("app/store.go", 2)
    ]


def test_a_table_has_a_row_a_line() -> None:
    report, found = listed("put@store.go:2 1024")

    rows = table(report, found, verdicts_of(report, [row(2, "a")], owners=[ONE])).table.to_pylist()

    assert [one["line"] for one in rows] == [1, 2, 3]
    assert rows[1] == {
        "function": "put",
        "file": "store.go",
        "line": 2,
        "flat": 1024,
        "cum": 1024,
        "source": "\tx := make([]byte, n)",
        "verdicts": [
            {"service": "shop", "build": "1.0", "kind": "escapes", "expression": "x", "message": "a", "reason": None, "column": 2}
        ],
    }  # fmt: skip


def test_owners_have_names() -> None:
    names = [owner_name(one) for one in (ONE, (None, "1"), ("shop", None), (None, None))]

    assert names == ["shop build 1.0", "build 1", "shop", "without a build"]


def test_a_verdict_is_one_line_that_a_terminal_shows() -> None:
    assert "│ a\\x1b\\nb" in "\n".join(body([row(2, "a\x1b\nb")]))
