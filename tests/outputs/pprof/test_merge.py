"""Profiles added up and held against each other."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.outputs.pprof.merge import against, combined, rounded, whole
from tests.outputs.pprof.seen import lines, profile


def test_samples_alike_are_added_up_where_the_first_was() -> None:
    made = combined([profile("a b 1", "c 2", "a b 3 {k=v}"), profile("a b 4", "d 5")])

    assert lines(made) == ["a b 5", "c 2", "a b 3", "d 5"]
    assert made.locations.id.tolist() == [1, 2, 3, 4]


def test_binaries_that_were_loaded_elsewhere_are_one() -> None:
    made = combined([profile("a 1"), profile("a 2", loaded_at=0x900000)])

    assert lines(made) == ["a 3"]
    assert len(made.mappings) == 1


def test_a_single_profile_stays_as_it_is() -> None:
    made = profile("a 1", "a 0")

    assert combined([made]) is made


def test_a_base_is_taken_off_and_what_is_left_without_value_goes() -> None:
    made = against(profile("a 5", "b 2"), profile("a 2", "b 2"), is_diff=False, is_normalized=False)

    assert lines(made) == ["a 3"]


def test_a_diff_base_keeps_apart() -> None:
    made = against(profile("a 5"), profile("a 2"), is_diff=True, is_normalized=False)

    assert lines(made) == ["a 5", "a -2"]
    assert [made.label_sets[place].is_of_base for place in made.label_set] == [False, True]


def test_a_profile_is_scaled_to_its_base() -> None:
    made = against(profile("a 10", "b 30"), profile("c 20"), is_diff=False, is_normalized=True)

    assert lines(made) == ["a 5", "b 15", "c -20"]


def test_units_become_the_finest() -> None:
    made = combined([profile("a 1", types=["time/ms"]), profile("a 1", types=["time/us"])])

    assert lines(made) == ["a 1001"]
    assert made.sample_types == (("time", "us"),)


def test_types_that_one_lacks_go_for_all() -> None:
    made = combined([profile("a 1 2", types=["x/count", "y/count"]), profile("a 3", types=["y/count"])])

    assert lines(made) == ["a 5"]


@pytest.mark.parametrize(
    ("types", "said"),
    [
        (["y/count"], "profiles have empty common sample type list; name profiles of one kind"),
        (["x/ms"], "sample types: incompatible types: {x count 0 0} {x ms 0 0}"),
    ],
)
def test_what_has_no_sum_is_refused(types: list[str], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        combined([profile("a 1", types=["x/count"]), profile("a 1", types=types)])

    assert str(raised.value) == said


def test_halves_are_rounded_away_from_zero() -> None:
    assert rounded(np.array([0.5, -0.5, 1.4, 0.49999999999999994])).tolist() == [1, -1, 1, 0]
    assert whole(np.array([1.9, -1.9, 1e300])).tolist() == [1, -1, -(2**63)]
