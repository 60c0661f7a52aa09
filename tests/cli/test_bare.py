"""Profiles without symbols, asked together with the executable that names them: questions about FILEs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import heapscape
from tests.warehouse.builder import PROGRAM, bare

ASKED = (
    ("top",),
    ("peek", "main"),
    ("growth",),
    ("flame", "--format", "json"),
)


@pytest.mark.parametrize("words", ASKED, ids=lambda words: words[0])
def test_questions_about_files_have_the_names_of_an_executable_among_them(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "program").write_bytes(PROGRAM.content)
    for minute in (1, 2):
        (tmp_path / f"heap-{minute}.pb").write_bytes(bare(minute))

    seen = heapscape(*words, "program", "heap-1.pb", "heap-2.pb")

    assert seen.code == 0, seen.err
    assert "main.main" in seen.out or "main.go" in seen.out
    assert "[program]" not in seen.out
