"""Compiling the kernels ahead of the first run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import warm
from pipeline.formats import gotrace
from pipeline.formats.pprof.wire import parse
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Origin, Source


def test_the_tiny_profile_is_a_sound_one() -> None:
    parsed = parse([warm._PROFILE])

    assert parsed.refusals == {}
    assert len(parsed.columns.sample) == 1


def test_the_tiny_trace_is_a_sound_one_with_a_row_for_every_table() -> None:
    blob = Blob(Source(1, Origin("tiny.trace"), len(warm._TRACE), ""), warm._TRACE)
    filled: set[str] = set()

    for decoded in gotrace.FORMAT.decode([blob]):
        assert (dict(decoded.refusals), list(decoded.notes)) == ({}, [])
        filled |= {name for name, table in build_tables(decoded, [blob]).items() if table.num_rows}

    assert set(gotrace.FORMAT.fills) - filled == set()


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
