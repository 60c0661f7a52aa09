"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli import options
from pipeline.errors import UsageError
from tests.cli.seat import DEMO, LAST, heapscape


def test_one_input_may_take_an_eighth_of_the_memory() -> None:
    assert options.limits("1GiB").max_plain_bytes == 128 << 20


@pytest.mark.parametrize("label", ["checkout", "=checkout"])
def test_a_label_without_key_or_value_is_a_usage_error(label: str) -> None:
    seen = heapscape("ingest", DEMO, "--label", label)

    assert seen.code == 2
    assert "service=checkout" in seen.err


@pytest.mark.parametrize("size", ["much", "12", "1 lightyear"])
def test_a_size_that_is_none_is_a_usage_error(size: str) -> None:
    seen = heapscape("load", "--memory", size)

    assert seen.code == 2
    assert "512MB" in seen.err


def test_inputs_named_with_a_question_leave_nothing_behind(tmp_path: Path) -> None:
    with options.opened([str(LAST)], "unused.duckdb", memory="1GiB", threads=None) as connection:
        assert connection.execute("SELECT COUNT(*) FROM profile").fetchall() == [(1,)]

    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_there_is_a_usage_error() -> None:
    with (
        pytest.raises(UsageError, match="heapscape load"),
        options.opened([], "no.duckdb", memory="1GiB", threads=None),
    ):
        pass
