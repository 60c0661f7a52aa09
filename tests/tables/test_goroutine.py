"""Goroutines of dumps: each with its source, its place there and its stack."""

from __future__ import annotations

from dataclasses import replace

from pipeline.formats.goroutines.decode import decode
from pipeline.tables.build import build_tables
from tests.builders.dumps import MANY
from tests.builders.profile import blob

UNAVAILABLE = b"goroutine 5 [running]:\n\tgoroutine running on other thread; stack unavailable\n"


def test_positions_begin_anew_in_each_source_and_stacks_are_those_of_the_samples() -> None:
    blobs = [blob(MANY), blob(UNAVAILABLE)]
    blobs[1] = replace(blobs[1], source=replace(blobs[1].source, source_hash=99))
    (decoded,) = decode(blobs)

    tables = build_tables(decoded, blobs)

    found = tables["goroutine_dump"].to_pylist()
    assert [(row["source_hash"] == 99, row["position"], row["goroutine"]) for row in found] == [
        (False, 0, 1),
        (False, 1, 18),
        (False, 2, 19),
        (False, 3, 20),
        (True, 0, 5),
    ]
    assert [row["stack_hash"] for row in found[:4]] == [
        tables["sample"]["stack_hash"].to_pylist()[place] for place in (0, 1, 1, 2)
    ]
    assert found[4]["stack_hash"] is None
    assert tables["profile"]["kind"].to_pylist() == ["goroutine", "goroutine"]
