"""A profile as columns."""

from __future__ import annotations

import numpy as np

from pipeline.outputs.pprof.profile import any_in, begins, counted
from tests.outputs.pprof.seen import lines, profile


def test_some_samples_and_some_frames_can_be_kept() -> None:
    made = profile("a b 1", "c 2", "a b c 3")

    assert lines(made.samples_kept(np.array([True, False, True]))) == ["a b 1", "a b c 3"]
    assert lines(made.frames_kept(np.array([False, True, True, True, True, False]))) == ["b 1", "c 2", "a b 3"]


def test_some_lines_of_locations_can_be_kept() -> None:
    made = profile("a|b c 1").locations

    kept = made.lines_kept(np.array([False, True, True]))

    assert kept.offsets.tolist() == [0, 1, 2]
    assert kept.function.tolist() == [1, 2]


def test_label_sets_come_as_samples_use_them() -> None:
    made = profile("a 1 {k=x}", "a 2", "a 3 {k=x}")

    assert [made.label_sets[place].texts for place in made.used_label_sets()] == [{"k": ("x",)}, {}]


def test_runs_may_be_empty() -> None:
    assert begins(np.array([2, 0, 1])).tolist() == [0, 2, 2, 3]
    assert counted(np.array([True, False, True])).tolist() == [0, 1, 1, 2]
    assert any_in(np.array([False, True, False]), np.array([0, 2, 2, 3])).tolist() == [True, False, False]
