"""Rows per sample and sample type against a twin with three loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.sample_rows import sample_rows

VALUES = st.sampled_from((0, 0, 0, 1, -1, 2**63 - 1, -(2**63)))


@st.composite
def profiles(draw: st.DrawFn) -> list[tuple[int, list[list[int]]]]:
    """For each profile how many sample types it has, and its samples' values."""
    made = []
    for _ in range(draw(st.integers(0, 4))):
        n_types = draw(st.integers(0, 4))
        n_samples = draw(st.integers(0, 4)) if n_types else 0
        made.append((n_types, [draw(st.lists(VALUES, min_size=n_types, max_size=n_types)) for _ in range(n_samples)]))
    return made


def twin(given_profiles: list[tuple[int, list[list[int]]]]) -> list[tuple[int, int, int, int, int]]:
    rows, first_sample, first_type = [], 0, 0
    for profile, (n_types, samples) in enumerate(given_profiles):
        for kind in range(n_types):
            for place, values in enumerate(samples):
                if values[kind] or (kind == 0 and not any(values)):
                    rows.append((profile, first_sample + place, place, values[kind], first_type + kind))
        first_sample, first_type = first_sample + len(samples), first_type + n_types
    return rows


def unfold(given_profiles: list[tuple[int, list[list[int]]]]) -> list[tuple[int, ...]]:
    samples = [values for _, of_profile in given_profiles for values in of_profile]
    columns = sample_rows(
        np.cumsum([len(of_profile) for _, of_profile in given_profiles], dtype=np.int64),
        np.cumsum([n_types for n_types, _ in given_profiles], dtype=np.int64),
        np.cumsum([len(values) for values in samples], dtype=np.int64),
        np.array([value for values in samples for value in values], np.int64),
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(profiles())
def test_rows_are_those_of_the_twin(given_profiles: list[tuple[int, list[list[int]]]]) -> None:
    assert unfold(given_profiles) == twin(given_profiles)


def test_zeros_are_left_out_but_a_silent_sample_keeps_its_first() -> None:
    assert unfold([(2, [[0, 5], [0, 0], [7, 0]])]) == [(0, 1, 1, 0, 0), (0, 2, 2, 7, 0), (0, 0, 0, 5, 1)]
