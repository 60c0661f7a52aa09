"""The text form that tests write traces in says the same as the bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.gotrace.order import Chunk, ordered
from pipeline.formats.gotrace.window import in_memory
from tests.builders.trace import BLOCKED, trace
from tests.builders.trace_text import TraceTextError, quoted, to_binary, to_text, unquoted

FILES = Path(__file__).resolve().parents[2] / "fixtures" / "files" / "tracer"

TEXT = """\
Trace Go1.26
EventBatch gen=1 m=18446744073709551615 time=1 size=16
Sync
Frequency freq=1000000000
ClockSnapshot dt=0 mono=5 sec=1700000000 nsec=0
EventBatch gen=1 m=18446744073709551615 time=1 size=14
Strings
String id=1
	data="main.f"
String id=2
	data="\\x00"
EventBatch gen=1 m=18446744073709551615 time=1 size=8
Stacks
Stack id=1 nframes=1
	pc=100 func=1 file=2 line=7
ExperimentalBatch exp=1 gen=1 m=7 time=3
	data="\\x00\\xff"
EventBatch gen=1 m=7 time=100 size=4
ProcStatus dt=1 p=0 pstatus=1
EndOfGeneration
"""


def events(content: bytes) -> list[list[int]]:
    found = ordered(in_memory(content), int(content[5:7]))
    return [row for part in found if isinstance(part, Chunk) for row in part.rows.tolist()]


def test_a_text_becomes_bytes_and_the_same_text_again() -> None:
    assert to_text(to_binary(TEXT)) == TEXT


def test_batches_without_a_size_are_as_large_as_their_events() -> None:
    sizeless = "\n".join(line.partition(" size=")[0] for line in TEXT.split("\n"))

    assert to_binary(sizeless) == to_binary(TEXT)


def test_comments_and_empty_lines_say_nothing_but_data_may_hold_both_signs() -> None:
    commented = TEXT.replace("Sync\n", "# the clock\n\nSync # here\n")

    assert to_binary(commented) == to_binary(TEXT)
    assert b"a#b" in to_binary(TEXT.replace("main.f", "a#b"))


@pytest.mark.parametrize("version", [22, 23, 25, 26])
def test_what_the_builder_writes_has_a_text(version: int) -> None:
    content = trace(version, BLOCKED)

    text = to_text(content)

    assert f"Trace Go1.{version}\n" in text
    assert "GoBlock dt=1 reason_string=3 stack=1\n" in text
    assert to_binary(text) == content


@pytest.mark.parametrize("path", sorted(FILES.rglob("plain.trace")), ids=lambda path: path.parent.name)
def test_a_real_file_has_the_same_events_after_its_text(path: Path) -> None:
    content = path.read_bytes()

    # The runtime pads the sizes of batches, so the bytes differ.
    again = to_binary(to_text(content))

    assert len(events(again)) > 100
    assert events(again) == events(content)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 0: found ''"),
        ("Trace Go1.26\nGoFly dt=1", "line 2: 'GoFly dt=1'"),
        ("Trace Go1.26\n\nGoStop dt=1", "line 3: .* its arguments are"),
        ("Trace Go1.26\nStack id=1 nframes=2\npc=1 func=1 file=1 line=1", "line 2"),
        ("Trace Go1.26\nString id=1\ndata=none", "line 2: .* a text in quotes"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(TraceTextError, match=says):
        to_binary(text)


def test_every_cut_is_a_shorter_text_or_is_refused_as_one() -> None:
    content = to_binary(TEXT)

    said = [text_or_fault(content[:end]) for end in range(16, len(content))]

    assert [one for one in said if not TEXT.startswith(one) and "is cut off" not in one] == []
    assert {one.splitlines()[-1] for one in said} >= {"Sync", "Strings", "ProcStatus dt=1 p=0 pstatus=1"}


def text_or_fault(content: bytes) -> str:
    try:
        return to_text(content)
    except TraceTextError as error:
        return str(error)


@given(st.binary())
def test_any_bytes_can_be_quoted(data: bytes) -> None:
    assert quoted(data).isprintable()
    assert unquoted(quoted(data)) == data


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", '"plain"'),
        (b'"\\\n\t', '"\\"\\\\\\n\\t"'),
        (b"\x00\x7f\xff", '"\\x00\\x7f\\xff"'),
        ("é\u200b\U000e0001".encode(), '"é\\u200b\\U000e0001"'),
    ],
)
def test_quotes_are_gos(data: bytes, text: str) -> None:
    assert quoted(data) == text
    assert unquoted(text) == data
