from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.formats import FORMATS
from pipeline.formats.goroutines.recognise import dump_in, has_dump, next_header
from pipeline.formats.goroutines.wire import goroutines_of
from tests.builders.dumps import MANY

FIXTURES = Path(__file__).parents[2] / "fixtures" / "files"
# Of every release and kind: dumps that were asked for, and those of panics with all goroutines, one, and the runtime's own.
DUMPS = sorted([*FIXTURES.rglob("goroutine*.debug2.txt"), *FIXTURES.rglob("panic-*.txt")])

ORDINARY = (
    b"",
    b"goroutine 1 [running]:\n",
    b"goroutine 1 [running]:\nsee above\n",
    b"a goroutine 1 [running]:\nmain.f()\n\tmain.go:3 +0x1\n",
    b"goroutine one [running]:\nmain.f()\n\tmain.go:3 +0x1\n",
    b"every goroutine [of it]:\nmain.f()\n\tmain.go:3 +0x1\n",
    b"goroutine profile: total 1\n1 @ 0x1\n",
    b"\0\0" + MANY,
    # Source code, and a line that ends as a place does, with no call above it.
    b"// goroutine 1 [running]:\n// main.main()\n",
    b"goroutine 1 [running]:\n\nlistening on localhost:8080\n",
)


def told(content: bytes | None) -> list[tuple[object, ...]]:
    bodies = [(one, one.body) for one in goroutines_of(content or b"")]
    return [
        (one.dump, one.id, one.header, body.frames, body.elided, body.created_by, body.created_line, one.creator)
        for one, body in bodies
    ]


def test_a_dump_is_recognised_by_this_format_alone_wherever_it_stands() -> None:
    for content in (MANY, b"2026/01/02 started\n" * 20_000 + MANY + b"exit status 2\n", MANY.replace(b"\n", b"\r\n")):
        assert [known.name for known in FORMATS if known.recognise(content)] == ["goroutines"]


@pytest.mark.parametrize("content", ORDINARY)
def test_other_bytes_are_none(content: bytes) -> None:
    assert not has_dump(content)


def test_a_stack_that_could_not_be_had_is_a_goroutine_too() -> None:
    assert has_dump(b"goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\n")


def test_the_next_header_is_looked_for_from_a_place_on() -> None:
    first = next_header(MANY, 0)

    assert first is not None
    second = next_header(MANY, first.end())
    assert second is not None
    assert (first["id"], second["id"]) == (b"1", b"18")


@pytest.mark.parametrize("path", DUMPS, ids=[f"{path.parent.name}-{path.name}" for path in DUMPS])
@pytest.mark.parametrize("before", [b"        ", b" ", b"", b"\t\t"], ids=["blanks", "blank", "nothing", "tabs"])
@pytest.mark.parametrize("log", [b"", b"web-1  | "], ids=["alone", "in a log"])
def test_tabs_that_a_terminal_or_a_log_took_away_make_no_difference(path: Path, before: bytes, log: bytes) -> None:
    content = path.read_bytes()
    changed = re.sub(rb"^\t", before, content, flags=re.MULTILINE)
    assert changed != content

    found = told(dump_in(re.sub(rb"^", log, changed, flags=re.MULTILINE)))

    assert len(found) > 0
    assert found == told(dump_in(content))


def test_a_stack_that_could_not_be_had_is_known_without_its_tab() -> None:
    content = b"goroutine 7 [running]:\n\tgoroutine running on other thread; stack unavailable\n\n" + MANY

    found = goroutines_of(dump_in(content.replace(b"\t", b"    ")) or b"")

    assert [one.body.frames is None for one in found] == [True, *[False] * 4]


def test_a_line_that_ends_like_a_place_again_and_again_is_read_once() -> None:
    # Each of these was once followed to the line's end: a megabyte took minutes.
    content = b"goroutine 1 [running]:\n" + (b"a:1 fp=0x1 " * 5900 + b"\rX\n") * 30

    assert not has_dump(content)
