"""Several writers on one line, and lines that do not go on as they begin."""

from __future__ import annotations

import pytest

from pipeline.formats.gctrace.lines import Line
from pipeline.formats.gctrace.reading import Reading, read_line
from tests.formats.gctrace.logs import END, INIT, SCAN, SCAVENGE, SCHED, START, SWEPT, gc

WHOLE = {
    "cycle": gc(7),
    "scan": SCAN,
    "start": START,
    "end": END,
    "": SWEPT,
    "scavenge": SCAVENGE,
    "sched": SCHED,
    "init": INIT,
    "forced": "GC forced",
}


def reading(text: str, *, is_ended: bool = True) -> list[Reading]:
    return list(read_line(Line(1, text.encode(), is_ended)))


def kinds(text: str, *, is_ended: bool = True) -> list[tuple[str | None, str]]:
    return [(one.told.kind if one.told else None, one.oddity) for one in reading(text, is_ended=is_ended)]


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_line_is_read_and_nothing_is_odd(kind: str) -> None:
    assert kinds(WHOLE[kind]) == [(kind, "")]


@pytest.mark.parametrize("kind", [kind for kind in WHOLE if kind != "forced"])
def test_a_line_cut_off_anywhere_is_unreadable_or_nothing(kind: str) -> None:
    text = WHOLE[kind]
    for end in range(len(text)):
        assert kinds(text[:end], is_ended=False) in ([], [(None, "unreadable_line")])


def test_what_stands_before_and_behind_a_line_is_taken_off() -> None:
    (one,) = reading(f"served 10 requests;{gc(7)}and 11")

    assert one.told is not None
    assert (one.told.cycle, one.oddity, one.is_glued) == (7, "glued_line", True)


def test_the_last_word_counts_though_other_output_came_before_it() -> None:
    (one,) = reading(f"{gc(7)}10 requests (forced)")

    assert one.told is not None
    assert one.told.values[-2] is True


def test_two_lines_that_share_one_are_both_read() -> None:
    short = SCHED.partition(" [")[0]

    assert kinds(f"{short}{gc(7)}") == [("sched", ""), ("cycle", "glued_line")]


def test_a_line_that_another_breaks_in_two_is_unreadable() -> None:
    assert kinds(f"gc 7 @0.700s 1%: 0.10+served\n{gc(8)}".split("\n")[0]) == [(None, "unreadable_line")]
    assert kinds(gc(7).replace("->4->", "->hello->")) == [(None, "unreadable_line")]


def test_a_number_that_64_bits_do_not_hold_is_said_to_be_one() -> None:
    assert kinds(gc(7).replace("3->4", f"{1 << 43}->4")) == [(None, "number_out_of_range")]


@pytest.mark.parametrize(
    "text",
    [
        "why was GC forced here",
        "init containers @ 5 ms",
        "scan: total 5 files",
        "gc 1 ran",
        "msgc 12 @home",
        "SCHED 5ms",
    ],
)
def test_words_that_only_look_alike_are_nothing(text: str) -> None:
    assert kinds(text) == []


def test_an_object_says_what_when_and_of_whom() -> None:
    escaped = gc(7).replace(">", "\\u003e")
    (one,) = reading(f'{{"log":"{escaped}\\n","stream":"stderr","time":"2026-11-28T10:00:00.5Z","pod":"api-1"}}')

    assert one.told is not None
    assert (one.told.kind, one.told.cycle, one.label, one.oddity) == ("cycle", 7, "pod=api-1", "")
    assert (one.stamp.at_us, one.stamp.unit_us) == (1_795_860_000_500_000, 100_000)


def test_an_object_in_an_object_is_opened() -> None:
    (one,) = reading('web-1  | {"log":"{\\"msg\\":\\"' + gc(7) + '\\",\\"pid\\":5}\\n"}')

    assert one.told is not None
    assert (one.told.cycle, one.label) == (7, "web-1 | pid=5")


@pytest.mark.parametrize(
    "text", [f'{{"log":"{gc(7)}\\n","str', f'{{"log":{{"a":["{gc(7)}"]}}}}', f'{{"log":"{gc(7)[:60]}"}}']
)
def test_an_object_that_breaks_off_or_hides_its_text_is_unreadable(text: str) -> None:
    assert [oddity for _, oddity in kinds(text)] == ["unreadable_line"]


def test_an_object_before_a_line_is_other_output() -> None:
    assert kinds(f'{{"level":"info"}}{gc(7)}') == [("cycle", "glued_line")]
