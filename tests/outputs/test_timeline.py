"""Tiles as the page reads them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.outputs import timeline


def unpacked(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """As assets/timeline.js reads it."""
    size = int.from_bytes(content[:4], "little")
    found, at = {}, 4 + size
    for name, kind, count in json.loads(content[4 : 4 + size]):
        # A typed array of JavaScript begins where its values are aligned.
        assert at % np.dtype(kind).itemsize == 0
        found[name] = np.frombuffer(content, kind, count, at)
        at += found[name].nbytes
    assert at == len(content)
    return found


def test_arrays_come_back_whatever_their_widths_and_order() -> None:
    arrays = {
        "shares": np.arange(7, dtype=np.uint8),
        "bytes": np.array([[2.0**52, -1.0]]),
        "runs": np.array([-1, 3, 2], np.int32),
        "none": np.array([], np.float32),
    }

    found = unpacked(timeline.packed(arrays))

    assert {name: array.tolist() for name, array in found.items()} == {
        name: array.ravel().tolist() for name, array in arrays.items()
    }


def test_what_there_is_at_all_can_be_seen_and_nothing_is_more_than_all() -> None:
    times = np.array([0, 1, 500, 999, 1000, 2000])

    assert timeline.shares(times, 1000).tolist() == [0, 1, 128, 255, 255, 255]
    assert timeline.shares(np.array([[0, 0], [1, 3]]), np.array([[0], [4]])).tolist() == [[0, 0], [64, 191]]
