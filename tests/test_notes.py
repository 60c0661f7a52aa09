"""The catalogue of oddities."""

from __future__ import annotations

import re

from pipeline.notes import NOTE_KINDS
from tests.cli.seat import REPOSITORY

CODE = "\n".join(
    path.read_text(encoding="utf-8") for path in (REPOSITORY / "pipeline").rglob("*.py") if path.name != "notes.py"
)


def test_every_severity_is_one_of_three() -> None:
    assert {note.severity for note in NOTE_KINDS.values()} <= {"info", "loss", "error"}


def test_every_kind_has_advice_of_its_own() -> None:
    advice = [note.advice for note in NOTE_KINDS.values()]

    assert len(set(advice)) == len(advice) > 10
    assert all(re.fullmatch(r"[A-Z].*[.\w]", text) for text in advice)


def test_every_kind_is_noted_somewhere() -> None:
    unused = [kind for kind in NOTE_KINDS if not re.search(rf"\b{kind}\b", CODE)]

    assert unused == []


def test_every_kind_that_is_noted_is_declared() -> None:
    noted = re.findall(r'Note\([^,()]+(?:\[[^\]]*\])?, "(\w+)"', CODE)

    assert set(noted) <= NOTE_KINDS.keys()
