"""Ids and string numbers of one file become rows, with `decode` in front as it has no other caller."""

from __future__ import annotations

import pytest

from pipeline.formats.pprof.wire import parse
from tests.builders.profile import message, profile


def test_sparse_ids_in_any_order_become_rows() -> None:
    made = message("main.grow main.main 100", "main.main 5")
    top = 2**63 + 5
    made.location[0].id, made.location[1].id = top, 3
    made.sample[0].location_id[:] = [top, 3]
    made.sample[1].location_id[:] = [3]

    parsed = parse([made.SerializeToString()])

    assert parsed.refusals == {}
    assert parsed.columns.location_ref.tolist() == [0, 1, 1]


def test_rows_of_the_second_file_count_on_from_the_first() -> None:
    parsed = parse([profile("a b 1"), profile("c 2")])

    assert parsed.columns.location_ref.tolist() == [0, 1, 2]
    assert parsed.columns.line[:, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("wanted", [0, 9, 2**64 - 1])
def test_a_location_that_is_not_there_is_named(wanted: int) -> None:
    made = message("main.main 5")
    made.sample[0].location_id[:] = [wanted]

    parsed = parse([made.SerializeToString()])

    assert f"location {wanted} does not exist; the file has 1" in parsed.refusals[0]
