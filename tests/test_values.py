"""The parcels."""

from __future__ import annotations

import dataclasses
import inspect
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import values
from pipeline.values import Blob, Known, Origin, Source, Strings

PARCELS = [one for _, one in inspect.getmembers(values, inspect.isclass) if one.__module__ == values.__name__]


def test_a_member_stands_behind_its_archive() -> None:
    assert Origin("all.zip", "a/heap.pb").uri == "all.zip!a/heap.pb"
    assert Origin("heap.pb").uri == "heap.pb"


def test_strings_are_counted_by_their_spans() -> None:
    spans = Strings(np.frombuffer(b"mainfoo", np.uint8), np.array([0, 4, 0]), np.array([4, 3, 7]))

    assert len(spans) == 3


@given(st.sets(st.integers(-(2**63), 2**63 - 1)), st.integers(-(2**63), 2**63 - 1))
def test_a_source_is_known_when_it_went_in(held: set[int], wanted: int) -> None:
    known = Known(ingested=np.array(sorted(held), np.int64))

    assert known.has(wanted) == (wanted in held)
    assert all(known.has(one) for one in held)


@pytest.mark.parametrize("parcel", PARCELS, ids=lambda parcel: parcel.__name__)
def test_every_parcel_is_frozen_and_says_what_it_is(parcel: type) -> None:
    assert len(PARCELS) > 10
    assert dataclasses.is_dataclass(parcel)
    assert parcel.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert not (parcel.__doc__ or "").startswith(f"{parcel.__name__}(")


def test_a_parcel_cannot_be_changed() -> None:
    origin = Origin("heap.pb")

    with pytest.raises(dataclasses.FrozenInstanceError):
        origin.path = "other.pb"  # type: ignore[misc]


def test_what_goes_to_another_process_comes_back_the_same() -> None:
    blob = Blob(Source(2**64 - 1, Origin("a.zip", "b", {"service": "shop"}), 3, "0" * 64), b"\x00\xff")

    assert pickle.loads(pickle.dumps(blob)) == blob
