"""Places in the arrays of execution traces."""

from __future__ import annotations

import itertools

from pipeline.kernels.trace import columns as c


def test_headers_of_tables_do_not_overlap_the_numbers_or_each_other() -> None:
    headers = [c.GS, c.PS, c.MS, c.REGIONS, c.TASKS, c.STOPS, c.CURSORS, c.HEAP, c.TEXTS, c.STACKS_BY_ID, c.ROWS]

    assert headers[0] > c.FAULT_EXPECTED
    assert all(later - earlier == c.HEADER > c.MASK for earlier, later in itertools.pairwise(headers))
    assert headers[-1] + c.HEADER == c.NUMBERS


def test_rows_are_as_wide_as_their_columns_need() -> None:
    assert c.OPENED_TEXT < c.EVENT == 16
    assert c.G_STOPS < c.G
    assert c.P_SWEEP_STACK < c.P
    assert c.C_POSITION < c.CURSOR
