"""An account is kept of what is unpacked, for each member and for the archive around it."""

from __future__ import annotations

import re

import pytest

from pipeline.cli.options import limits
from pipeline.inputs.limits import Budget, LimitError, Limits

_LIMITS = Limits(max_plain_bytes=1_000, max_ratio=10, max_members=3, max_depth=2)
_HARMLESS = 4 << 20


def test_a_ratio_means_nothing_below_4_mib() -> None:
    budget = Budget(1, _LIMITS)

    budget.spend(_HARMLESS)

    with pytest.raises(LimitError, match="1 bytes to 4,194,305, more than 10 times"):
        budget.spend(1)


def test_above_that_it_is_the_ratio_that_counts() -> None:
    budget = Budget(1 << 20, _LIMITS)

    budget.spend(10 << 20)

    with pytest.raises(LimitError):
        budget.spend(1)


def test_members_spend_what_their_archive_has() -> None:
    archive = Budget(1_000, _LIMITS)
    Budget(1 << 20, _LIMITS, parent=archive).spend(3 << 20)
    second = Budget(1 << 20, _LIMITS, parent=archive)

    with pytest.raises(LimitError) as reached:
        second.spend(3 << 20)

    assert reached.value.budget is archive


def test_one_source_has_at_most_so_many_plain_bytes() -> None:
    budget = Budget(1, _LIMITS)

    budget.check_plain(1_000)

    with pytest.raises(LimitError, match="1,001 plain bytes, more than the 1,000 that fit"):
        budget.check_plain(1_001)


def test_one_archive_has_at_most_so_many_members() -> None:
    budget = Budget(1, _LIMITS)

    budget.check_members(3)

    with pytest.raises(LimitError, match="member 4: an archive may have 3;"):
        budget.check_members(4)


@pytest.mark.parametrize("size", [1, 128 << 20, (128 << 20) + 1, 235_000_000, 5 << 30])
def test_what_is_too_large_names_a_memory_with_which_it_is_not(size: int) -> None:
    low = Limits(max_plain_bytes=0, max_ratio=1, max_members=1, max_depth=1)

    with pytest.raises(LimitError, match="give --memory ") as told:
        Budget(1, low).check_plain(size)

    named = re.search(r"--memory (\d+GiB)", str(told.value))
    assert named
    Budget(1, limits(named[1])).check_plain(size)
