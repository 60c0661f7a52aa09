"""A report in sections says what it says whole."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CutOff, DecodeError
from pipeline.formats.escape.decode import decode
from pipeline.formats.escape.sections import LOG, TEXT, Sizes, sections, whole_lines
from pipeline.values import Blob, Large, Origin, Source
from tests.formats.escape.reading import HEADER, Read, diagnostic, read

FILES = Path(__file__).parents[2] / "fixtures" / "files"
REPORTS = sorted(FILES.rglob("escape-m*.txt"))
LOGS = sorted(FILES.rglob("escape-json/*/*.json"))
# Where a report is cut has nothing to do with the Go that wrote it: one of each program is cut in many places, all of them slowly.
ONE_BUILD = {"build=1.4.2", "build=go1.27"}
EACH_REPORT = [
    pytest.param(path, id=str(path.relative_to(FILES)), marks=() if ONE_BUILD & set(path.parts) else pytest.mark.slow)
    for path in REPORTS
]
WHOLE = Sizes(enough_bytes=1 << 30)
PLACE = ("file", "line", "column")


def told(found: Read) -> dict[str, Any]:
    """All rows, with sites in the place of their numbers, whatever order they are in."""
    sites = [json.dumps(row, sort_keys=True) for row in found.tables["escape_site"]]
    of_sites: dict[str, Any] = {
        name: Counter(
            json.dumps({**row, "site_index": sites[row["site_index"]]}, sort_keys=True) for row in found.tables[name]
        )
        for name in ("escape_step", "escape_inline")
    }
    plain = {
        name: Counter(json.dumps(row, sort_keys=True) for row in found.tables[name])
        for name in ("escape_report", "escape_package", "inlined_call")
    }
    notes: Counter[tuple[int, str]] = Counter()
    for blob, kind, count in found.notes:
        notes[blob, kind] += count
    return {"escape_site": Counter(sites), **of_sites, **plain, "notes": notes, "refusals": found.refusals}


@cache
def told_whole(*paths: Path) -> dict[str, Any]:
    """What is told of reports that are read whole, which each place to cut them is held against."""
    return told(read(*(path.read_bytes() for path in paths), sizes=WHOLE))


@pytest.mark.parametrize("enough_bytes", [300, 5_000, 40_000])
@pytest.mark.parametrize("path", EACH_REPORT)
def test_text_in_sections_of_whole_packages_says_what_it_says_whole(path: Path, enough_bytes: int) -> None:
    content = path.read_bytes()

    found = read(content, sizes=Sizes(enough_bytes=enough_bytes))

    assert told(found) == told_whole(path)


@pytest.mark.parametrize("most_bytes", [10_000, 20_000])
@pytest.mark.parametrize("path", EACH_REPORT)
def test_packages_that_are_too_large_are_cut_between_verdicts_and_explanations(path: Path, most_bytes: int) -> None:
    content = path.read_bytes()
    whole = told_whole(path)

    found = told(read(content, sizes=Sizes(enough_bytes=300, most_bytes=most_bytes)))

    assert set(found["escape_site"]) == set(whole["escape_site"])
    assert set(found["escape_step"]) == set(whole["escape_step"])
    assert found["escape_package"] == whole["escape_package"]
    assert set(found["inlined_call"]) == set(whole["inlined_call"])


@pytest.mark.parametrize(
    "path", sorted(FILES.glob("*/*/build=go1.27-trim/report=m2/*")), ids=lambda path: path.parts[-5]
)
def test_where_there_is_no_good_place_no_explanation_is_cut_in_two(path: Path) -> None:
    content = path.read_bytes()
    whole = told_whole(path)

    found = read(content, sizes=Sizes(enough_bytes=300, most_bytes=1_000))

    assert "malformed_line" not in {kind for _, kind, _ in found.notes}
    assert {_site(row) for row in found.tables["escape_site"]} == {
        _site(json.loads(row)) for row in whole["escape_site"]
    }


VERDICTS = [
    *("x escapes to heap", "x does not escape", "x does not escape, mutate, or call", "moved to heap: x"),
    *("leaking param: x to result ~r0 level=1", "leaking param content: x", "zero-copy string->[]byte conversion"),
]
HEADS = ["x escapes to heap in F:", "x escapes to heap:", "parameter x leaks to {heap} with derefs=0:"]
OTHERS = ["  flow: {heap} \u2190 &x:", "x is asked for:", "    from x (spill) at a.go:2:2", "inlining call to F", ""]


@given(
    st.lists(st.tuples(st.sampled_from([*VERDICTS, *HEADS, *OTHERS]), st.sampled_from(["\n", "\r\n"])), max_size=9),
    st.integers(0, 60),
)
def test_a_batch_begins_with_the_last_explanation_below_a_verdict(lines: list[tuple[str, str]], start: int) -> None:
    contents = [f"a.go:1:1: {message}{end}".encode() for message, end in lines]
    begins = [sum(map(len, contents[:row])) for row in range(len(contents))]
    expected = [
        begins[row]
        for row in range(1, len(lines))
        if lines[row][0] in HEADS and lines[row - 1][0] in VERDICTS and begins[row - 1] > start
    ]

    assert TEXT.fair(bytearray(b"".join(contents)), start) == (expected[-1] if expected else 0)


@pytest.mark.parametrize("enough_bytes", [300, 5_000])
@pytest.mark.parametrize(
    "logs",
    [
        pytest.param([path for path in LOGS if ONE_BUILD & set(path.parts)], id="of one build"),
        pytest.param([path for path in LOGS if not ONE_BUILD & set(path.parts)], id="others", marks=pytest.mark.slow),
    ],
)
def test_logs_in_sections_say_what_they_say_whole(logs: list[Path], enough_bytes: int) -> None:
    contents = [path.read_bytes() for path in logs]

    assert len(contents) > 50

    found = read(*contents, sizes=Sizes(enough_bytes=enough_bytes))

    assert told(found) == told_whole(*logs)


@pytest.mark.parametrize("enough_bytes", [300, 5_000])
def test_go_build_json_in_sections_says_what_it_says_whole(enough_bytes: int) -> None:
    blocks = (FILES / "checkout/service=checkout/build=1.4.2/escape-m2.txt").read_text().split("# ")[1:]
    events = [
        {"ImportPath": block.partition("\n")[0], "Action": "build-output", "Output": "# " + block} for block in blocks
    ]
    content = "".join(json.dumps(event) + "\n" for event in events).encode()

    found = read(content, sizes=Sizes(enough_bytes=enough_bytes))

    assert told(found) == told(read(content, sizes=WHOLE))
    assert len(found.tables["escape_site"]) > 50


@pytest.mark.parametrize("spelling", [TEXT, LOG])
def test_sections_are_all_lines_in_order_with_the_header_in_force(spelling: Any) -> None:
    header = "# p" if spelling is TEXT else json.dumps(HEADER)
    lines = [header] + [diagnostic("escape", f"{i + 1}:1", "x escapes to heap") for i in range(100)]
    content = "".join(f"{line}\n" for line in lines).encode()

    found = list(sections([content[:900], content[900:]], spelling=spelling, sizes=Sizes(400, 800)))

    assert len(found) > 1
    assert all(section.content.startswith(header.encode() + b"\n") for section in found)
    below = [line for section in found for line in section.content.decode().splitlines()[1:]]
    assert below == lines[1:]
    assert [section.lines_above for section in found[1:]] == [
        lines.index(section.content.decode().splitlines()[1]) - 1 for section in found[1:]
    ]


def test_a_line_that_cannot_be_held_is_refused_with_the_memory_that_helps() -> None:
    with pytest.raises(DecodeError, match=r"more than 1,048,576 bytes.*give --memory 16MiB"):
        list(whole_lines([b"x" * (1 << 19)] * 4, most_bytes=1 << 20))


def test_whole_lines_are_the_same_bytes() -> None:
    assert list(whole_lines([b"a", b"b\nc", b"\n", b"d"], most_bytes=10)) == [b"ab\n", b"c\n", b"d"]


def test_bytes_that_break_off_are_refused_before_rows_and_raise_behind_them() -> None:
    block = b"# p\n" + b"./a.go:1:1: moved to heap: x\n" * 4

    early = list(decode([_breaking(block)], sizes=Sizes(enough_bytes=1_000)))

    assert [decoded.refusals for decoded in early] == [{0: "broken"}]
    with pytest.raises(CutOff, match="broken"):
        list(decode([_breaking(block * 20)], sizes=Sizes(enough_bytes=1_000)))


def _breaking(content: bytes) -> Blob:
    def read_on() -> Any:
        parts = iter([content])

        def some(size: int) -> bytes:
            for part in parts:
                return part
            raise CutOff("broken")

        return some

    large = Large(len(content), most_held_bytes=1 << 20, open=read_on)
    return Blob(Source(0, Origin("report"), len(content), ""), content, large)


def _site(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("package", *PLACE, "kind", "expression", "result"))
