from __future__ import annotations

import numpy as np
import pytest

from pipeline.formats.pprof import room
from pipeline.formats.pprof.room import keep, room_for


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_kept", {})


def test_memory_that_nothing_holds_is_used_again() -> None:
    rows = room_for("value", (1000,))
    place = rows.ctypes.data
    keep({"value": rows[:10]})
    del rows

    assert room_for("value", (900,)).ctypes.data == place


def test_memory_that_something_holds_is_left_to_it() -> None:
    held = room_for("value", (1000,))
    held[:] = 7
    keep({"value": held[:10]})
    held = held[990:]

    room_for("value", (1000,))[:] = 8

    assert held.tolist() == [7] * 10


def test_a_larger_group_has_memory_of_its_own_and_its_shape() -> None:
    keep({"sample": room_for("sample", (10, 4))})

    larger = room_for("sample", (1000, 4))
    larger[:] = 1

    assert larger.shape == (1000, 4)
    assert larger.dtype == np.int64


def test_addresses_that_were_never_written_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_MOST_ROOM_BYTES", 8000)

    keep({"value": room_for("value", (1000,))[:1]})
    assert not room._kept

    keep({"value": room_for("value", (800,))[:1]})
    assert set(room._kept) == {"value"}


def test_what_a_large_file_needed_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_MOST_KEPT_BYTES", 800)

    keep({"value": room_for("value", (1000,))[:61], "label": room_for("label", (10, 4))[:10]})
    assert not room._kept

    keep({"value": room_for("value", (1000,))[:60], "label": room_for("label", (10, 4))[:9]})
    assert set(room._kept) == {"value", "label"}
