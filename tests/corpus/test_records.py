"""The verdicts of a text report, by place."""

from __future__ import annotations

from pathlib import Path

from tests.corpus.records import records

REPORT = """# example.com/corpus/box
box/box.go:5:24: moved to heap: v
box/box.go:5:24: can inline Box[go.shape.int]
/goroot/src/fmt/print.go:9:2: &pp{} escapes to heap
../up/up.go:7:1: "a: b" + s escapes to heap
../up/up.go:7:9: s does not escape
../up/up.go:8:1: s escapes to heap in f:
"""


def test_verdicts_that_put_something_on_the_heap_are_found_where_they_stand(tmp_path: Path) -> None:
    report = tmp_path / "escape-m.txt"
    report.write_text(REPORT)

    assert dict(records(report, cwd=Path("/src/program"))) == {
        ("/src/program/box/box.go", 5): [("moved_to_heap", "v")],
        ("/goroot/src/fmt/print.go", 9): [("escapes", "&pp{}")],
        ("/src/up/up.go", 7): [("escapes", '"a: b" + s')],
    }
