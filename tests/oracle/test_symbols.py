"""Profiles whose symbols were taken out, named by their executable: against the whole profile and `go tool pprof`."""

from __future__ import annotations

import gzip
import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from pipeline import flow
from pipeline.generated import profile_pb2
from tests.oracle import toolchain
from tests.oracle.test_binary import RUNNABLE, Build, _built
from tests.warehouse.builder import LIMITS

pytestmark = pytest.mark.oracle

_STRIPPED = ("-trimpath", "-ldflags=-s -w")
BUILDS = [
    Build(toolchain.NEWEST),
    Build(toolchain.NEWEST, flags=("-buildmode=pie", *_STRIPPED)),
    Build(toolchain.GO_1_24, flags=_STRIPPED),
    Build(toolchain.GO_1_24, flags=("-buildmode=pie",)),
    # No build id: it goes by the file's name.
    Build(toolchain.GO_1_22),
    Build(toolchain.GO_1_22, flags=("-buildmode=pie",)),
]
_FRAMES = """
SELECT location.address, lines.depth, lines.function, lines.package, lines.file, lines.line, function.function_hash
FROM stack._line AS lines
JOIN location USING (location_id)
LEFT JOIN function USING (function_id)
ORDER BY ALL
"""
_FLAT = """
SELECT leaf.outer_function, SUM(value)::BIGINT
FROM sample_value
JOIN stack.leaf AS leaf USING (stack_id)
WHERE sample_type = 'alloc_space'
GROUP BY leaf.outer_function
"""
_ROW = re.compile(r"^ *(\d+)B .*% +\d+B +[\d.]+% +(.*?)(?: \(inline\))?$")


def test_the_builds_are_among_those_that_are_read() -> None:
    assert set(BUILDS) <= set(RUNNABLE)


@cache
def _profiles(build: Build) -> Path:
    """A folder with the program, a heap profile of it, and the same without any symbols."""
    folder = _built(build).parent / "symbols"
    folder.mkdir(exist_ok=True)
    shutil.copy(_built(build), folder / "program")
    toolchain.run([folder / "program", folder / "whole.pb.gz"])
    (folder / "bare.pb.gz").write_bytes(_without_symbols((folder / "whole.pb.gz").read_bytes()))
    return folder


def _without_symbols(content: bytes) -> bytes:
    profile = profile_pb2.Profile()
    profile.ParseFromString(gzip.decompress(content))
    for location in profile.location:
        del location.line[:]
    del profile.function[:]
    for mapping in profile.mapping:
        mapping.has_functions = mapping.has_filenames = mapping.has_line_numbers = mapping.has_inline_frames = False
    return gzip.compress(profile.SerializeToString())


def _asked(folder: Path, profile: str, query: str) -> list[tuple[object, ...]]:
    lake = folder / f"{profile}.lake"
    database = folder / f"{profile}.duckdb"
    if not database.exists():
        flow.ingest([str(folder / "program"), str(folder / profile)], str(lake), labels={}, limits=LIMITS)
        flow.load(str(lake), str(database))
    with flow.open_warehouse(str(database)) as connection:
        return connection.sql(query).fetchall()


@pytest.fixture
def folder(build: Build, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_profiles(build), tmp_path / "given"))


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_without_symbols_every_line_is_as_the_program_itself_told_it(folder: Path) -> None:
    whole, bare = (_asked(folder, name, _FRAMES) for name in ("whole.pb.gz", "bare.pb.gz"))

    assert bare == whole
    assert len(bare) > 80


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_functions_are_those_of_go_tool_pprof_with_the_binary(build: Build, folder: Path) -> None:
    # It knows nothing of inlined functions: what they do counts for the function around them.
    args = ["-top", "-unit=B", "-nodefraction=0", "-nodecount=0", "-sample_index=alloc_space"]
    said = toolchain.run_pprof([*args, folder / "program", folder / "bare.pb.gz"], version=build.version)
    theirs = Counter({found[2]: int(found[1]) for line in said.splitlines() if (found := _ROW.match(line))})
    ours = Counter({str(name): int(str(value)) for name, value in _asked(folder, "bare.pb.gz", _FLAT)})

    assert +theirs == +ours
    assert "main.table" in ours
