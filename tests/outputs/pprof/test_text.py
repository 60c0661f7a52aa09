"""-top, -tree and -peek, as text."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from tests.outputs.pprof.seen import profile, written

SAMPLES = ("a|b main 1024", "c main 2048", "main 512")


def test_functions_are_listed_with_their_weights() -> None:
    assert written(profile(*SAMPLES), "top", compact_labels=True) == (
        "Showing nodes accounting for 3584B, 100% of 3584B total\n"
        "      flat  flat%   sum%        cum   cum%\n"
        "     2048B 57.14% 57.14%      2048B 57.14%  c\n"
        "     1024B 28.57% 85.71%      1024B 28.57%  a (inline)\n"
        "      512B 14.29%   100%      3584B   100%  main\n"
        "         0     0%   100%      1024B 28.57%  b\n"
    )


def test_callers_stand_above_and_callees_below() -> None:
    text = written(profile(*SAMPLES), "peek", pattern="^b$", compact_labels=True)

    assert text.splitlines()[-5:] == [
        "----------------------------------------------------------+-------------",
        "                                             1024B   100% |   main",
        "         0     0%     0%      1024B 28.57%                | b",
        "                                             1024B   100% |   a (inline)",
        "----------------------------------------------------------+-------------",
    ]
    assert len(written(profile(*SAMPLES), "tree", compact_labels=True).splitlines()) == 18


def test_a_peek_at_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="no matches found for regexp: zzz"):
        written(profile("a 1"), "peek", pattern="zzz")


def test_a_function_that_is_inlined_here_and_called_there_is_partly_inlined() -> None:
    assert " a (partial-inline)\n" in written(profile("a|b 1", "a c 1"), "top")


def test_a_name_stays_on_its_line() -> None:
    assert "  a\\x1bb\n" in written(profile("a\x1bb 1"), "top")
