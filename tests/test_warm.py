"""Compiling the kernels ahead of the first run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import warm
from pipeline.formats import gotrace
from pipeline.formats.pprof.wire import parse
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Origin, Source
from tests.builders import trace_v1

REPOSITORY = Path(__file__).parents[1]
FILES = REPOSITORY / "tests" / "fixtures" / "files"
# Prints each kernel, and the types it is called with, that had to be compiled behind the compiling.
NEW = """
import sys
from importlib import import_module
from pkgutil import iter_modules

from numba.core.dispatcher import Dispatcher

from pipeline import flow, kernels, warm
from pipeline.inputs.limits import Limits

modules = [import_module(f"pipeline.kernels.{one.name}") for one in iter_modules(kernels.__path__)]
known = {
    f"{function.__module__}.{name}": function
    for module in modules
    for name, function in vars(module).items()
    if isinstance(function, Dispatcher)
}
stats = lambda which: {
    f"{name} {signature}"
    for name, function in known.items()
    for signature in getattr(function.stats, which)
}

warm.compile_kernels(sys.argv[1].split(","))
receipt = flow.ingest(sys.argv[2:], "lake", labels={}, limits=Limits(1 << 30, 1000, 1000, 5))
flow.load("lake", "h.duckdb")
print(len(stats("cache_hits")) > 8, sum(receipt.ingested.values()) > 10)
print(*sorted(stats("cache_misses")), sep="\\n")
"""


def test_the_tiny_profile_is_a_sound_one() -> None:
    parsed = parse([warm._PROFILE])

    assert parsed.refusals == {}
    assert len(parsed.columns.sample) == 2


def test_the_tiny_trace_is_a_sound_one_with_a_row_for_every_table() -> None:
    blob = Blob(Source(1, Origin("tiny.trace"), len(warm._TRACE), ""), warm._TRACE)
    filled: set[str] = set()

    for decoded in gotrace.FORMAT.decode([blob]):
        assert (dict(decoded.refusals), list(decoded.notes)) == ({}, [])
        filled |= {name for name, table in build_tables(decoded, [blob]).items() if table.num_rows}

    assert set(gotrace.FORMAT.fills) - filled == set()


def test_the_old_trace_is_a_sound_one() -> None:
    assert warm._OLD_TRACE == trace_v1.RICH


@pytest.mark.parametrize(
    ("kinds", "read"),
    [
        (warm.EVERYTHING, [FILES, "old.trace"]),
        (warm.PROFILES, [FILES / "checkout" / "service=checkout" / "build=1.4.2"]),
    ],
)
def test_nothing_is_left_to_be_compiled_in_a_run_whatever_it_reads(
    tmp_path: Path, kinds: tuple[str, ...], read: list[Path | str]
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


def test_compiling_leaves_a_stamp_of_each_share_and_is_done_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warm, "cache_folder", lambda: tmp_path / "kernels")

    assert warm.missing(warm.EVERYTHING) == list(warm.EVERYTHING)
    warm.compile_missing()
    assert warm.missing(warm.EVERYTHING) == ["trace", "old trace"]
    assert "for profiles for this machine, once" in capsys.readouterr().err
    warm.compile_missing()
    assert capsys.readouterr().err == ""
