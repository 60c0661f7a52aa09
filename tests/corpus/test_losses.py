"""What the compiler's JSON log has lost, as its headers and the text report tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.corpus.losses import is_lost, lost, package_of

REPORT = """# a.com/list
list/list.go:9:6: can inline New[go.shape.int]
# a.com/cmd
./list.go:4:7: &thing{} escapes to heap
list/list.go:9:6: can inline New[go.shape.int]
list/other.go:9:6: can inline Other[go.shape.int]
"""


def test_of_namesakes_all_but_the_one_in_the_log_are_lost(tmp_path: Path) -> None:
    report, log = tmp_path / "escape-m.txt", tmp_path / "json"
    report.write_text(REPORT)
    _logged(log / "a.com%2Flist" / "list.json", package="a.com/list", file="/src/list/list.go")
    _logged(log / "main" / "list.json", package="main", file="/src/list/list.go")
    _logged(log / "main" / "other.json", package="main", file="/src/list/other.go")

    assert lost(report, log, cwd=Path("/src")) == {("main", "/src/list.go")}


@pytest.mark.parametrize(
    ("function", "file", "expected"),
    [
        ("main.f", "/src/list.go", True),
        ("a.com/list.f", "/src/list.go", False),
        ("main.f", "/src/list/list.go", False),
        # Another package may be the one that instantiates it.
        ("a.com/list.New[go.shape.int]", "/src/list.go", True),
    ],
)
def test_a_location_is_lost_with_its_outermost_file(function: str, file: str, expected: bool) -> None:
    lines = (("a.com/inner.g", "/src/inner.go", 3), (function, file, 4))

    assert is_lost(lines, frozenset({("main", "/src/list.go")})) == expected


@pytest.mark.parametrize(
    ("function", "package"),
    [
        ("main.main", "main"),
        ("a.com/b/c.(*T).f.func1", "a.com/b/c"),
        ("gopkg.in/yaml%2ev3.f", "gopkg.in/yaml.v3"),
        ("a.com/b.(*T[go.shape.struct { X c.com/d.E }]).f", "a.com/b"),
    ],
)
def test_a_function_is_of_a_package_as_reports_spell_it(function: str, package: str) -> None:
    assert package_of(function) == package


def _logged(part: Path, *, package: str, file: str) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_text(json.dumps({"version": 0, "package": package, "file": file}) + "\n")
