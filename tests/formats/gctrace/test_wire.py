"""The grammar of each line, field by field."""

from __future__ import annotations

import re

import pytest

from pipeline.formats.gctrace.wire import HINTS, OPENING, OutOfRange, Told, parse
from tests.formats.gctrace.logs import END, INIT, OLD, SCAN, SCAVENGE, SCHED, START, SWEPT, gc

MIB = 1 << 20


def told(text: str) -> Told:
    found = parse(text.encode())
    assert found is not None
    return found


def test_a_cycle_has_its_times_in_nanoseconds_and_its_sizes_in_bytes() -> None:
    line = "gc 18 @3.497s 12%: 7.0+56+0.12 ms clock, 14+0.002/2.8/9.2+0.25 ms cpu, 10->11->5 MB, 12 MB goal, 1 MB stacks, 2 MB globals, 4 P"

    assert told(line).values == (
        *(18, 3_497_000_000, 12, 7_000_000, 56_000_000, 120_000, 14_000_000, 2_000, 2_800_000, 9_200_000, 250_000),
        *(10 * MIB, 11 * MIB, 5 * MIB, 12 * MIB, MIB, 2 * MIB, 4, False, False),
    )
    assert (told(line).begin_ns, told(line).end_ns, told(line).cycle) == (3_497_000_000, 3_560_120_000, 18)


def test_before_go_118_there_are_neither_stacks_nor_globals() -> None:
    assert told(OLD).values[-5:] == (None, None, 8, False, False)


def test_a_cycle_says_that_it_was_asked_for_and_that_it_looked_for_leaks() -> None:
    leaks = gc(7, rest=" (forced)").replace("1%:", "1% (checking for goroutine leaks):")

    assert told(leaks).values[-2:] == (True, True)


def test_a_goal_that_nothing_can_reach_is_none() -> None:
    off = gc(7).replace("4 MB goal", "8532210231537 MB goal")

    assert told(off).values[14] is None
    assert told(gc(7).replace("4 MB goal", "17592186044415 MB goal")).values[14] is None
    with pytest.raises(OutOfRange):
        told(gc(7).replace("4 MB goal", "17592186044416 MB goal"))


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (SCAN, (16, 1, 2, 3, 6, 4, 5)),
        (SCAN.replace("class 16B", "total"), (None, 1, 2, 3, 6, 4, 5)),
        (SCAN.replace("16B", "L"), (0, 1, 2, 3, 6, 4, 5)),
        ("scan: total 77 objs", (None, None, None, None, 77, None, None)),
        ("scan: class 16B 77 objs", (16, None, None, None, 77, None, None)),
        (START, (1.5, MIB, 3 * MIB, 4 * MIB, 0, 0.25)),
        (
            START.replace("+1.500000e+000", "2.5e-14").replace("->4", "->8532210231537"),
            (2.5e-14, MIB, 3 * MIB, None, 0, 0.25),
        ),
        (START.replace("+1.500000e+000", "+Inf"), (None, MIB, 3 * MIB, 4 * MIB, 0, 0.25)),
        (END, (49, 25, 10, 20, 30, 40, 50, 60, -70, 0.25)),
        (SWEPT, ()),
        (SCAVENGE, (1024, 2048, 3072, 40, False)),
        (f"{SCAVENGE} [controller reset]", (1024, 2048, 3072, 40, False)),
        (f"{SCAVENGE} (forced)", (1024, 2048, 3072, 40, True)),
        (SCHED, (1_003_000_000, 2, 1, 5, 0, 1, 3, 7, [8, 9], [10, 11])),
        (SCHED.replace("[ 8 9 ] schedticks=[ 10 11 ]", "[8 9]"), (1_003_000_000, 2, 1, 5, 0, 1, 3, 7, [8, 9], None)),
        (SCHED.replace(" needspinning=1", ""), (1_003_000_000, 2, 1, 5, 0, None, 3, 7, [8, 9], [10, 11])),
        (SCHED.replace("[ 8 9 ]", "[ 8 "), (1_003_000_000, 2, 1, 5, 0, 1, 3, 7, None, None)),
        (SCHED.partition(" [")[0] + " gcwaiting=false", (1_003_000_000, 2, 1, 5, 0, 1, 3, 7, None, None)),
        (INIT, ("net/http", 1_200_000, 30_000, 448, 9)),
        ("GC forced", ()),
    ],
)
def test_a_line_is_its_fields(line: str, values: tuple[object, ...]) -> None:
    assert told(line).values == values


@pytest.mark.parametrize(
    "line", [SCAN.replace("=6", "=7"), SCAN.replace("=9", "=8"), SCAN.partition(",")[0], SCHED.partition(" [")[0]]
)
def test_what_does_not_add_up_or_may_go_on_is_no_line(line: str) -> None:
    assert parse(line.encode()) is None


@pytest.mark.parametrize("line", [gc(7), SCAN, SCAVENGE, SCHED, INIT, START, END])
def test_a_number_beyond_64_bits_is_out_of_range(line: str) -> None:
    numbers = [
        found
        for found in re.finditer(r"(?<=[ =>+])(?<!e\+)\d+(?= |B |MB|\+|->)", line)
        if not line.startswith("gc 7 @", found.start() - 3)
    ]

    assert numbers
    for found in numbers:
        with pytest.raises(OutOfRange):
            parse((line[: found.start()] + "9" * 30 + line[found.end() :]).encode())


@pytest.mark.parametrize("line", [gc(7), OLD, SCAN, SCAVENGE, SCHED, INIT, START, END, SWEPT, "GC forced"])
def test_what_finds_lines_quickly_finds_each_of_them(line: str) -> None:
    opening = OPENING.match(line.encode())

    assert opening is not None
    words = [opening[0][place : place + 4] for place in range(len(opening[0]) - 3)]
    assert any(one[:3] == word[:3] and one[3] & mask == word[3] for one in words for word, mask in HINTS)
