from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from tests.outputs.pprof.seen import profile, written


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "main.go").write_text("".join(f"\tmain {number}\n" for number in range(1, 100)))
    (tmp_path / "store.go").write_text("".join(f"\t\tstore <{number}>\n" for number in range(1, 100)))
    return str(tmp_path)


def text(page: str) -> str:
    return unescape(re.sub("<[^>]*>", "", page.partition("<body>")[2]))


def test_a_function_is_shown_line_by_line(source: str) -> None:
    made = profile("leaf@store.go:7 main@main.go:30 1024", "main@main.go:33 2048", time_ns=0)

    lines = text(written(made, "weblist", pattern="^main", source_path=source)).splitlines()

    assert lines[1:6] == [
        "File: server",
        "Build ID: build-1",
        "Type: inuse_spaceTotal: 3kBmainmain.go",
        "",
        "  Total:         2kB        3kB (flat, cum)   100%",
    ]
    assert lines[11] == "     30            .        1kB           \tmain 30 "
    assert lines[14] == "     33          2kB        2kB           \tmain 33 "
    assert lines[19] == "     38            .          .           \tmain 38 "


def test_calls_inlined_at_a_line_are_shown_below_it(source: str) -> None:
    made = profile("leaf@store.go:7|mid@store.go:40|main@main.go:30 1024")

    page = written(made, "weblist", pattern="^main", source_path=source)

    assert "main 30 " in text(page)
    # The outermost first, each further in than the line it stands below.
    assert re.findall(r"( +)(store <\d+>) +(store.go:\d+)", text(page)) == [
        (" " * (43 + 12), "store <40>", "store.go:40"),
        (" " * (42 + 16), "store <7>", "store.go:7"),
    ]
    assert page.count('class="live"') == 1


def test_parts_of_a_function_that_are_far_apart_stand_apart(source: str) -> None:
    made = profile("main@main.go:10 1", "main@main.go:60 2", "other@main.go:64 4")

    lines = text(written(made, "weblist", pattern="main|other", source_path=source)).splitlines()

    assert [line.split("Total:")[1].split("(")[0].split() for line in lines if line.startswith("  Total")] == [
        ["1B", "1B"],
        ["2B", "2B"],
        ["4B", "4B"],
    ]


def test_what_is_behind_the_source_and_what_has_no_line_is_shown_too(source: str) -> None:
    made = profile("main@main.go:200 1", "lost@main.go:0 2")

    shown = text(written(made, "weblist", pattern="main|lost", source_path=source))

    assert "???" in shown
    assert "<instructions with unknown line numbers>" in shown


def test_a_pattern_that_is_a_number_is_an_address(source: str) -> None:
    made = profile("leaf@store.go:7 main@main.go:30 5")

    assert "leafstore.go" in text(
        written(made, "weblist", pattern=hex(int(made.locations.address[0])), source_path=source)
    )
    with pytest.raises(UsageError, match="no matches found for regexp: 0x1"):
        written(made, "weblist", pattern="0x1", source_path=source)


def test_nobodys_name_is_a_mark(source: str) -> None:
    page = written(profile("a</pre><script>x</script>@main.go:3 1"), "weblist", pattern="a", source_path=source)

    assert "<script>" not in page
    assert "a</pre><script>x</script>" in unescape(page)
