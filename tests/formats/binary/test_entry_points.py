"""The list of entry points: its kinds are those that the schema tells of, and what never allocates is none of them."""

from __future__ import annotations

import re

from pipeline.formats.binary.calls import _LEA
from pipeline.formats.binary.entry_points import ENTRY_POINTS, NEVER, NO_TYPE, RUNTIME
from pipeline.schema import tables


def test_every_kind_is_told_of_in_the_schema() -> None:
    (doc,) = (column.doc for column in tables()["call_site"].columns if column.name == "kind")
    kinds = {one.kind for one in ENTRY_POINTS.values()} | {RUNTIME}

    assert {kind for kind in kinds if not re.search(rf"\b{kind}\b", doc)} == set()
    assert len(kinds) == 13


def test_what_never_allocates_is_no_entry_point() -> None:
    assert [name for name in ENTRY_POINTS if re.match(NEVER, name)] == []
    assert re.match(NEVER, "runtime.morestack_noctxt")
    assert not re.match(NEVER, "runtime.chanrecv1")


def test_every_argument_that_is_a_type_has_a_register() -> None:
    assert {one.type_argument for one in ENTRY_POINTS.values()} == {NO_TYPE, *_LEA}


def test_what_need_not_be_cleared_is_filled_at_once() -> None:
    assert ENTRY_POINTS["runtime.mallocgc"].uncleared_kind == "make"
    assert ENTRY_POINTS["runtime.mallocgcSmallNoScanSC7"].kind == "new"
    assert {one.uncleared_kind for one in ENTRY_POINTS.values()} == {"", "make"}
