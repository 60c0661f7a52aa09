"""Every setting, declared once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config
from pipeline.config import Setting, size_bytes

SETTINGS = [value for value in vars(config).values() if isinstance(value, Setting)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1GiB", 1 << 30),
        ("512MB", 512_000_000),
        ("1.5 kib", 1536),
        ("0B", 0),
        (" 20 MiB ", 20 << 20),
        ("7b", 7),
        ("2TB", 2 * 10**12),
    ],
)
def test_sizes_are_read_as_duckdb_writes_them(text: str, expected: int) -> None:
    assert size_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "5", "GiB", "5zz", "-1GiB", "1e9B", "1.2.3MB", "five MB", "٣MB", "1iB", "1.MB"])
def test_anything_else_is_an_error_that_shows_how(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a size; write it like 512MB or 2GiB"):
        size_bytes(text)


@given(st.integers(0, 2**40), st.sampled_from(["B", "KB", "KiB", "MB", "MiB", "GB", "GiB"]))
def test_case_and_blanks_do_not_matter(number: int, unit: str) -> None:
    assert size_bytes(f"{number}{unit}") == size_bytes(f" {number} {unit.lower()} ")


def test_every_setting_has_an_environment_variable_of_its_name_and_a_help() -> None:
    assert {setting.name for setting in SETTINGS} == {"lake", "db", "memory", "threads", "jobs", "scheduler"}
    for setting in SETTINGS:
        assert setting.environment == f"HEAPSCAPE_{setting.name.upper()}"
        assert setting.help.endswith(".")


def test_the_default_memory_is_a_size() -> None:
    assert size_bytes(str(config.MEMORY.default)) == 1 << 30


def test_a_setting_of_numba_that_changes_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in config.numba_settings():
        monkeypatch.delenv(name)
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "0")
    assert config.numba_settings() == {}
    assert not config.is_checking_bounds()
    assert config.is_compiling()

    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert config.numba_settings() == {"NUMBA_BOUNDSCHECK": "1", "NUMBA_DISABLE_JIT": "1"}
    assert config.is_checking_bounds()
    assert not config.is_compiling()


@pytest.mark.parametrize(("said", "is_wanted"), [("", False), ("0", False), ("false", False), ("No", False), ("1", True), ("yes", True)])  # fmt: skip
def test_a_traceback_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, said: str, is_wanted: bool
) -> None:
    monkeypatch.setenv(config.TRACEBACK, said)

    assert config.wants_traceback() == is_wanted
