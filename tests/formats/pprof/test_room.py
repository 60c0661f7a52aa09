from __future__ import annotations

import numpy as np
import pytest

from pipeline.formats.pprof import room
from pipeline.formats.pprof.room import keep, numbers


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_kept", {})


def test_memory_that_nothing_holds_is_used_again() -> None:
    rows = numbers("value", (1000,))
    place = rows.ctypes.data
    keep({"value": rows[:10]})
    del rows

    assert numbers("value", (900,)).ctypes.data == place


def test_memory_that_something_holds_is_left_to_it() -> None:
    held = numbers("value", (1000,))
    held[:] = 7
    keep({"value": held[:10]})
    held = held[990:]

    numbers("value", (1000,))[:] = 8

    assert held.tolist() == [7] * 10


def test_a_larger_group_has_memory_of_its_own_and_its_shape() -> None:
    keep({"sample": numbers("sample", (10, 4))})

    larger = numbers("sample", (1000, 4))
    larger[:] = 1

    assert larger.shape == (1000, 4)
    assert larger.dtype == np.int64


def test_what_a_large_file_needed_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_MOST_KEPT_BYTES", 800)

    keep({"value": numbers("value", (1000,))[:61], "label": numbers("label", (10, 4))[:10]})
    assert not room._kept

    keep({"value": numbers("value", (1000,))[:60], "label": numbers("label", (10, 4))[:9]})
    assert set(room._kept) == {"value", "label"}
