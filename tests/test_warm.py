"""Compiling the kernels ahead of the first run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import warm
from pipeline.formats.pprof.wire import parse


def test_the_tiny_profile_is_a_sound_one() -> None:
    parsed = parse([warm._PROFILE])

    assert parsed.refusals == {}
    assert len(parsed.columns.sample) == 1


def test_compiling_leaves_a_stamp_and_is_done_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warm, "cache_folder", lambda: tmp_path / "kernels")

    assert not warm.is_warm()
    assert warm.main() == 0
    assert warm.is_warm()
    assert "once" in capsys.readouterr().err
    assert warm.main() == 0
    assert capsys.readouterr().err == ""
