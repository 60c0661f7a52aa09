"""Compiling the kernels ahead of the first run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import warm
from pipeline.formats import gotrace, recognise
from pipeline.formats.pprof.wire import parse
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Origin, Source
from tests.builders import trace_v1
from tests.builders.tiny import TINY
from tests.cli.seat import heapscape

REPOSITORY = Path(__file__).parents[1]
FILES = REPOSITORY / "tests" / "fixtures" / "files"
# Prints each kernel that had to be compiled behind the compiling, and the types it was called with.
NEW = """
import sys

from pipeline import flow, kernels, warm
from pipeline.inputs.limits import Limits
from pipeline.kernels import native

warm.compile_kernels(sys.argv[1].split(","))
found, compiled = [], set()
load = native.load


def watched(path):
    function = load(path)
    found.append(path)
    if function is None:
        compiled.add(path.name)
    return function


native.load = watched
receipt = flow.ingest(sys.argv[2:], "lake", labels={}, limits=Limits(1 << 30, 1000, 1000, 5))
flow.load("lake", "h.duckdb")
print(len(found) > 8, sum(receipt.ingested.values()) > 10)
print(*sorted(compiled), sep="\\n")
"""


def test_the_inputs_are_what_the_builders_make() -> None:
    assert {path.name: path.read_bytes() for path in warm.TINY.iterdir()} == TINY


def test_the_tiny_profile_is_a_sound_one() -> None:
    parsed = parse([TINY["profile.pb"]])

    assert parsed.refusals == {}
    assert len(parsed.columns.sample) == 2


def test_the_tiny_trace_is_a_sound_one_with_a_row_for_every_table() -> None:
    content = TINY["new.trace"]
    blob = Blob(Source(1, Origin("tiny.trace"), len(content), ""), content)
    filled: set[str] = set()

    for decoded in gotrace.FORMAT.decode([blob]):
        assert (dict(decoded.refusals), list(decoded.notes)) == ({}, [])
        filled |= {name for name, table in build_tables(decoded, [blob]).items() if table.num_rows}

    assert set(gotrace.FORMAT.fills) - filled == set()


@pytest.mark.parametrize(
    ("kinds", "read"),
    [
        (sorted(warm.EVERYTHING), [FILES, "old.trace"]),
        (["pprof", "escape"], [FILES / "checkout" / "service=checkout" / "build=1.4.2"]),
    ],
)
def test_nothing_is_left_to_be_compiled_in_a_run_whatever_it_reads(
    tmp_path: Path, kinds: list[str], read: list[Path | str]
) -> None:
    (tmp_path / "old.trace").write_bytes(trace_v1.RICH)

    done = subprocess.run(
        [sys.executable, "-c", NEW, ",".join(kinds), *read],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )

    assert done.stdout == "True True\n\n", done.stderr


def test_each_kind_of_input_that_has_kernels_is_known_to_be_one() -> None:
    blobs = {kind: TINY[name] for kind, (_, name) in warm._KINDS.items()}

    for kind, content in blobs.items():
        found = recognise(Blob(Source(1, Origin("tiny"), len(content), ""), content))
        assert f"{found.name} {found.variant(content)}".strip() == kind


def test_compiling_leaves_a_stamp_of_each_kind_and_is_done_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warm, "cache_folder", lambda: tmp_path / "kernels")

    warm.compile_missing({"pprof", "memstats"})
    assert set(warm.missing(warm.EVERYTHING)) == warm.EVERYTHING - {"pprof", "escape"}
    assert "compiling the kernels for profiles, once on this machine" in capsys.readouterr().err
    warm.compile_missing({"pprof", "escape"})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [["ingest", "--lake", "lake"], ["gc"]])
def test_the_first_input_of_a_kind_is_compiled_for_with_a_word_and_for_no_other_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    stamps = tmp_path / "kernels"
    monkeypatch.setattr(warm, "cache_folder", lambda: stamps)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.trace").write_bytes(trace_v1.RICH)

    first = heapscape(*command, tmp_path / "old.trace")
    again = heapscape(*command, tmp_path / "old.trace")

    said = "compiling the kernels for traces of Go 1.21 and before, once on this machine: up to a minute\ncompiled in"
    assert first.err.startswith(said)
    assert "compil" not in again.err
    assert [path.name for path in stamps.glob("*.warm")] == ["gotrace-v1.warm"]
