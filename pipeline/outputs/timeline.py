"""A tile of a timeline for `assets/timeline.js`: a length, a JSON header, then one array after the other, little-endian.

Shares of a pixel are bytes, of which what there is at all has at least 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.values import Int64s

SCRIPTS = ("units.js", "timeline.js", "vendor/uPlot.iife.min.js", "app.js")


def packed(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Arrays by name; those of the widest values come first, so that each is aligned."""
    ordered = sorted(arrays.items(), key=lambda item: -item[1].itemsize)
    about = [[name, array.dtype.name, array.size] for name, array in ordered]
    header = json.dumps(about).encode()
    header += b" " * (-(len(header) + 4) % 8)
    return b"".join(
        [len(header).to_bytes(4, "little"), header, *(np.ascontiguousarray(array).tobytes() for _, array in ordered)]
    )


def shares(times: Int64s, whole: Int64s | int) -> npt.NDArray[np.uint8]:
    """Times as parts of 255 of a whole."""
    parts = np.rint(255 * np.clip(times / np.maximum(whole, 1), 0, 1)).astype(np.uint8)
    return np.maximum(parts, (times > 0).astype(np.uint8))
