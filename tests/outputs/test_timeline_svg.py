"""The timeline of a trace as a picture."""

from __future__ import annotations

import re

import numpy as np

from pipeline.outputs.timeline_svg import Figure, picture


def figure(lanes: list[list[list[int]]]) -> Figure:
    """Of 20 ns in columns of 8."""
    none = np.zeros((1, 4, 1), np.int64)
    procs = np.zeros((1, 4, 3), np.int64)
    return Figure(20, 8, ["GC marking"], none, ["proc 0"], procs, ["1 main.main"], np.array(lanes))


def test_a_goroutine_is_in_the_colours_of_its_states_as_long_as_it_was_in_them() -> None:
    drawn = picture(figure([[[8, 0, 0, 0], [4, 0, 0, 4], [0, 0, 4, 0], [0, 0, 0, 0]]]), title="t", subtitle="s")

    assert drawn is not None
    heights = {
        f"state{state}": [float(height) for path in re.findall(rf'<path class="state{state}" d="([^"]+)"', drawn) for height in re.findall(r"v-([\d.]+)", path)]
        for state in range(4)
    }  # fmt: skip
    assert heights == {"state0": [16, 8], "state1": [], "state2": [8], "state3": [8]}
    assert ".state0 { fill: #2e8b57; }" in drawn
    assert "20\u00a0ns" in drawn


def test_where_nothing_is_known_there_is_no_picture() -> None:
    assert picture(figure([[[0] * 4] * 4]), title="t", subtitle="") is None
