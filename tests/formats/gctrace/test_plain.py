"""Plain lines are read as the line's own reader reads them, and what is not plain is left to it."""

from __future__ import annotations

import json

import pytest

from pipeline.formats.gctrace.lines import lines_of
from pipeline.formats.gctrace.plain import read_plain
from pipeline.formats.gctrace.reading import read_line
from pipeline.kernels.text.processes import CYCLE, END, FORCED, INIT, SCAN, SCAVENGE, SCHED, START, SWEPT
from pipeline.kernels.text.spelled import NONE
from tests.formats.gctrace import logs
from tests.formats.gctrace.logs import OLD, gc, large, lines


def kinds(*texts: str) -> list[int | None]:
    """The kind of each line that is plain; None for one that is not."""
    ((found,),) = ([read_plain(some) for some in lines_of(large(lines(*texts)))],)
    return [
        kind if is_read else None for kind, is_read in zip(found.kind.tolist(), found.is_read.tolist(), strict=True)
    ]


ALL = {
    gc(1): CYCLE,
    "GC forced": FORCED,
    logs.SCAN: SCAN,
    logs.START: START,
    logs.END: END,
    logs.SWEPT: SWEPT,
    logs.SCAVENGE: SCAVENGE,
    logs.SCHED: SCHED,
    logs.INIT: INIT,
}


@pytest.mark.parametrize("before", ["", "web-1 | "])
def test_each_kind_is_plain_with_what_stands_before_it(before: str) -> None:
    assert kinds(*(before + text for text in ALL)) == list(ALL.values())


def test_each_kind_is_plain_in_an_object_and_in_one_in_that() -> None:
    once = [json.dumps({"n": [1, {"a": None}], "log": f"{text}\n", "time": 1_795_860_000.25}) for text in ALL]
    twice = [json.dumps({"message": text, "kubernetes": {"pod": {"name": "a"}}}) for text in once]

    assert kinds(*once) == kinds(*twice) == list(ALL.values())


@pytest.mark.parametrize(
    "text", [gc(7), gc(7, rest=" (forced)"), OLD, gc(7, "9.5").replace("4 MB goal", "17592186044415 MB goal")]
)
def test_a_cycle_has_the_values_that_its_own_reader_finds(text: str) -> None:
    (some,) = lines_of(large(lines(text)))
    (reading,) = read_line(next(some.each()))
    assert reading.told is not None

    fields = [None if one == NONE else one for one in read_plain(some).fields[0].tolist()]

    *values, is_forced, finds_leaks = reading.told.values
    assert [*fields[:3], *fields[4:19]] == values
    assert (fields[19] == 1, fields[3] == 1) == (is_forced, finds_leaks)


@pytest.mark.parametrize(
    "text",
    [
        gc(1, rest=" and more"),
        gc(1) + gc(2),
        gc(1).replace(" P", " Q"),
        f'{{"log": "{gc(1)}}}',
        f'{{"log": ["{gc(1)}"]}}',
        f'{{"log": "{gc(1)}\\n{gc(2)}"}}',
        f'{{"tag": "{gc(1)}"}}',
        f'{{"log": "served, and {gc(1)}"}}',
        f'{{"log": "{gc(1)}", "n": 01}}',
        f'{{"log": "{gc(1)}", "n": NaN}}',
        f'{{"log": "{gc(1)}", "n": tru}}',
        f'{{"log": "\\u0067{gc(1)[1:]}", "n": "{gc(1)}"}}',
        f"\x1b[36mweb |\x1b[0m {gc(1)}",
        f"served, and {gc(1)}",
        f"café | {gc(1)}",
        f"{'x' * 300} | {gc(1)}",
        gc(1).replace("0.10", "0.1000000001"),
        gc(1).replace("3->4", "9999999999999->4"),
        "GC forced by hand",
        logs.SCAN.replace("=6", "=7"),
        "scan: total class L 5 objs",
        "scan: 5 objs",
        "scan: total 1+2+3=6 objs, 4+5=9 spans7 objs",
        logs.START.replace("+1.500000e+000", "+Inf"),
        logs.START.replace("+1.500000e+000", "1e999"),
        logs.END.replace("0.25", "0.25.1"),
        logs.SCHED.partition(" [")[0],
        logs.SCHED.replace("[ 8 9 ]", "[ 8 9 ] [8 9]"),
        logs.INIT.replace("net/http", "net http"),
        logs.INIT.replace("net/http", "nét"),
        logs.SCAVENGE + " (forced) [controller reset]",
    ],
)
def test_a_line_that_is_not_plain_is_left_alone(text: str) -> None:
    assert kinds(text, gc(9)) == [None, CYCLE]


def test_a_last_line_without_a_feed_may_have_been_longer() -> None:
    found = [read_plain(some).is_read.tolist() for some in lines_of(large(lines(gc(1), gc(2))[:-1]))]

    assert found == [[True], [False]]
