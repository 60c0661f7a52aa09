"""Which way a log goes, and logs that go back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.formats.gctrace.lines import candidates
from pipeline.formats.gctrace.newest_first import is_newest_first
from tests.formats.gctrace.logs import Read, gc, large, lines, read, read_blobs

LOG = Path(__file__).parents[2] / "fixtures/files/collector/service=collector/build=go1.27-trim/runtime.log"


def goes_back(*texts: str) -> bool:
    return is_newest_first(candidates(lines(*texts)))


def stamped(*cycles: int, at: int = 0, step: int = 1) -> list[str]:
    return [f"2026-11-28T10:00:{at + step * place:02d}Z {gc(cycle)}" for place, cycle in enumerate(cycles)]


@pytest.mark.parametrize(
    ("texts", "is_so"),
    [
        ([gc(9), gc(8), "served", gc(7), gc(6)], True),
        ([gc(9), gc(8), gc(7)], False),
        ([gc(9), gc(8), gc(7), gc(6), gc(7), gc(8)], False),
        ([gc(1, "0.900"), gc(1, "0.800"), gc(1, "0.700"), gc(1, "0.600")], False),
        ([f"web-{cycle % 2} | {gc(cycle)}" for cycle in range(19, 9, -1)], True),
        (stamped(3, 2, 1, at=9, step=-1), True),
        # A process that was started anew, told from its end.
        (stamped(2, 1, 7, 6, 5, at=9, step=-1), True),
        (stamped(9, 8, 7, 6, 5), False),
        (stamped(9, 8, 7, 6, at=9, step=0), True),
        (stamped(5, 6, 7, at=9, step=-1), False),
        ([], False),
    ],
)
def test_a_log_goes_back_if_its_cycles_do_and_its_stamps_do_not_go_on(texts: list[str], is_so: bool) -> None:
    assert goes_back(*texts) is is_so


@pytest.mark.parametrize("of", [read, lambda content: read_blobs([large(content)])], ids=["held", "not held"])
def test_a_log_that_goes_back_has_the_rows_of_the_one_that_goes_on(of: Callable[[bytes], Read]) -> None:
    texts = [f"web-{owner} | {text}" for text in LOG.read_text().splitlines() for owner in range(3)]
    turned = of(lines(*reversed(texts)))

    # A row of the pacer's is of the first of its lines.
    keys = {"line": None}
    for name, rows in read(lines(*texts)).tables.items():
        assert [row | keys for row in turned.tables[name]] == [row | keys for row in rows]
    assert turned.rows("gctrace_cycle", "line") == [
        (len(texts) + 1 - line,) for (line,) in read(lines(*texts)).rows("gctrace_cycle", "line")
    ]
    assert turned.kinds == {"log_newest_first": 1}


def test_what_breaks_off_keeps_what_came_before() -> None:
    found = read_blobs([large(lines(*(gc(cycle) for cycle in (9, 8, 7, 6))), is_cut_off=True)])

    assert found.cycles == [(0, 6), (0, 7), (0, 8), (0, 9)]
    assert found.kinds == {"log_newest_first": 1, "log_cut_off": 1}
