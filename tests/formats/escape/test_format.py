"""The format as the corridor sees it: its tables, real reports in every spelling, and no input that breaks it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.escape import FORMAT
from pipeline.schema import tables
from pipeline.values import Blob, Origin, Source
from tests.formats.escape.reading import Read, diagnostic, log, read

FILES = Path(__file__).parents[2] / "fixtures" / "files"
BUILDS = sorted(folder.parent for folder in FILES.glob("*/*/*/report=m"))
# In crowded the log has one file for the table.go of two folders, and names a make as the inlined function does.
LOST_IN_LOG = ("table.go", "&wide{}")
AS_WRITTEN = {"make([]byte, 3000)": "make([]byte, size)"}
OURS = {"source_hash", "escape_site_hash", "service", "build", "labels"}

SMALL = {
    "m": "# example.com/p\n./a.go:5:6: can inline f\n./a.go:7:9: inlining call to g\n./a.go:5:8: leaking param: p to result ~r0 level=1\n"
    "./a.go:6:2: moved to heap: ä\n./a.go:7:3: &T{} escapes to heap\n",
    "m2": "# example.com/p\r\n./a.go:6:2: ä escapes to heap in f:\r\n./a.go:6:2:   flow: ~r0 ← &ä:\r\n"
    "./a.go:6:2:     from &ä (address-of) at ./a.go:7:9\r\n./a.go:6:2: moved to heap: ä\r\n",
    "build -json": '{"ImportPath":"p","Action":"build-output","Output":"# p\\n./a.go:6:2: moved to heap: ä\\n"}\n',
    "json": log(
        diagnostic(
            "escape", "5:2", "ä escapes to heap", [("9:9", "inlineLoc"), ("6:9", "escflow:    flow: ~r0 ← &ä:")]
        ),
        diagnostic("leak", "5:2", "parameter p leaks to ~r0 with derefs=0"),
    ).decode(),
}


def test_every_filled_table_has_its_declared_columns() -> None:
    (decoded,) = FORMAT.decode([_blob(SMALL["m2"].encode())])

    assert set(decoded.columns) == set(FORMAT.fills)
    for name, columns in decoded.columns.items():
        declared = {field.name: field for field in tables()[name].schema if field.name not in OURS}
        index = "site_index" if name in {"escape_step", "escape_inline"} else "blob_index"
        assert set(columns) == {*declared, index}
        for column, values in columns.items():
            assert isinstance(values, pa.Array)
            assert values.type == (pa.int64() if column == index else declared[column].type)
            assert values.null_count == 0 or declared[column].nullable


@pytest.mark.parametrize("spelling", SMALL)
def test_a_report_cut_anywhere_is_rows_or_notes(spelling: str) -> None:
    content = SMALL[spelling].encode()
    whole = _sites(read(content))

    found = read(*(content[:end] for end in range(len(content))))

    strange = {row["blob_index"] for row in found.tables["escape_site"] if _site(row) not in whole}
    assert strange <= {blob_index for blob_index, _, _ in found.notes}
    reported = {row["blob_index"] for row in found.tables["escape_report"]}
    assert reported | found.refusals.keys() == set(range(len(content)))


LINES = st.one_of(
    st.sampled_from([line for content in SMALL.values() for line in content.splitlines()]),
    st.builds("{}: {}".format, st.sampled_from(["./a.go:1:1", "a:1", "", "x: a.go:3:1"]), st.text(max_size=20)),
    st.text(max_size=30),
    st.builds(
        "./a.go:1:1: {}{}{}".format,
        st.text(max_size=5),
        st.sampled_from([" escapes to heap", " does not escape", " escapes to heap in "]),
        st.sampled_from(["", ":", "f:"]),
    ),
)


@given(st.lists(st.lists(LINES, max_size=12).map("\n".join), max_size=4))
def test_mixed_lines_never_break_the_reading(contents: list[str]) -> None:
    found = read(*(content.encode("utf-8", "surrogatepass") for content in contents))

    sites = found.tables["escape_site"]
    assert {row["blob_index"] for row in sites} <= set(range(len(contents)))
    assert {row["site_index"] for row in found.tables["escape_step"]} <= set(range(len(sites)))
    assert found.refusals.keys() | {row["blob_index"] for row in found.tables["escape_report"]} == set(
        range(len(contents))
    )
    assert not found.refusals.keys() & {row["blob_index"] for row in sites}


@cache
def alone() -> list[int]:
    return [row["line"] for row in read(SMALL["m"]).tables["escape_site"]]


@given(st.sampled_from(sorted(SMALL)), st.integers(0, 999), st.binary(max_size=8))
def test_bytes_changed_anywhere_never_break_the_reading(spelling: str, at: int, put: bytes) -> None:
    content = SMALL[spelling].encode()
    at %= len(content)

    found = read(content[:at] + put + content[at + len(put) :], SMALL["m"])

    # Whatever came of it, the report beside it is as it is alone.
    assert [row["line"] for row in found.tables["escape_site"] if row["blob_index"] == 1] == alone()
    assert 1 not in found.refusals


def test_builds_are_there_to_be_read() -> None:
    assert len(BUILDS) >= 12


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"{build.parents[1].name}, {build.name}")
def test_every_spelling_of_a_build_reports_the_same_allocations(build: Path) -> None:
    m, m2, json = (_real(build, spelling) for spelling in ("m", "m2", "json"))

    # The closure the compiler makes for `go f(x)` is allocated; -m alone does not say so.
    assert {site for site in _allocations(m2) - _allocations(m) if site[-1] != "func literal"} == set()
    assert _allocations(m) <= _allocations(m2)
    assert _allocations(json) == {site for site in _allocations(m2) if (site[1], site[-1]) != LOST_IN_LOG}
    assert len(_allocations(m)) > 10


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"{build.parents[1].name}, {build.name}")
def test_every_line_of_a_real_report_is_understood(build: Path) -> None:
    for spelling in ("m", "m2", "json"):
        found = _real(build, spelling)

        assert {kind for _, kind, _ in found.notes} <= {"duplicate_verdict", "explanation_without_verdict"}
        assert found.refusals == {}


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"{build.parents[1].name}, {build.name}")
def test_every_allocation_of_a_real_report_is_explained(build: Path) -> None:
    for spelling in ("m2", "json"):
        found = _real(build, spelling)

        explained = {row["site_index"] for row in found.tables["escape_step"]}
        unexplained = [
            (row["line"], row["expression"])
            for index, row in enumerate(found.tables["escape_site"])
            if row["kind"] in ("moved_to_heap", "escapes") and index not in explained
        ]
        assert unexplained == []


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"{build.parents[1].name}, {build.name}")
def test_both_explaining_spellings_take_the_same_steps(build: Path) -> None:
    m2, json = _real(build, "m2"), _real(build, "json")

    assert {step for step in _steps(m2) if (step[1], step[5]) != LOST_IN_LOG} == _steps(json)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"{build.parents[1].name}, {build.name}")
def test_the_log_tells_of_parameters_what_the_text_does(build: Path) -> None:
    text, json = (_leaks(_real(build, spelling)) for spelling in ("m2", "json"))

    assert text <= json
    # What only the log tells are generic shapes, of which the compiler prints no verdict.
    assert len(json - text) <= sum(
        count for _, kind, count in _real(build, "m2").notes if kind == "explanation_without_verdict"
    )


def _real(build: Path, spelling: str) -> Read:
    files = sorted(path for path in (build / f"report={spelling}").rglob("*") if path.is_file())
    assert files
    contents = [path.read_bytes() for path in files]
    assert all(FORMAT.recognise(content) for content in contents)
    return read(*contents)


def _named(found: Read) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Sites under names that every spelling shares: the program's own package is `main` in the log only."""
    program = re.compile(r"example\.com/(?:checkout|crowded|everykind|lifecycle|shapes)$")
    return [
        (
            (
                program.sub("main", row["package"]),
                *(Path(row["file"]).name, row["line"], row["column"], row["kind"]),
                AS_WRITTEN.get(row["expression"], row["expression"]),
            ),
            row,
        )
        for row in found.tables["escape_site"]
    ]


def _allocations(found: Read) -> set[tuple[Any, ...]]:
    return {name for name, row in _named(found) if row["kind"] in ("moved_to_heap", "escapes")}


def _leaks(found: Read) -> set[tuple[Any, ...]]:
    return {(*name, row["level"], row["result"]) for name, row in _named(found) if row["kind"].startswith("leaking")}


def _steps(found: Read) -> set[tuple[Any, ...]]:
    sites = [name for name, _ in _named(found)]
    return {
        (
            *sites[row["site_index"]],
            *(row[column] for column in ("step", "flow_from", "flow_to", "expression", "operation")),
        )
        for row in found.tables["escape_step"]
        if sites[row["site_index"]][4] in ("moved_to_heap", "escapes")
    }


def _sites(found: Read) -> set[tuple[Any, ...]]:
    return {_site(row) for row in found.tables["escape_site"]}


def _site(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("package", "file", "line", "column", "kind", "expression"))


def _blob(content: bytes) -> Blob:
    return Blob(Source(0, Origin("report"), len(content), ""), content)
