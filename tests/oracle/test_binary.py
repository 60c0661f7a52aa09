"""Our reading of executables against Go's own tools, and against what real profiles say of the same program."""

from __future__ import annotations

import gzip
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.formats.binary.entry_points import ENTRY_POINTS
from pipeline.formats.pprof.decode import decode
from pipeline.values import Symbols
from tests.builders.profile import blob
from tests.formats.binary.reading import Read, read
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

SOURCE = toolchain.PROGRAMS / "allocates" / "main.go"
_CALL = re.compile(r"\s*\S+\s+0x([0-9a-f]+)\s+([0-9a-f]+)\s+CALL (\S+)\(SB\)")
_STRIPPED = ("-trimpath", "-ldflags=-s -w")


@dataclass(frozen=True, slots=True)
class Build:
    """One way to build the program."""

    version: str
    system: str = "linux"
    architecture: str = "amd64"
    flags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.version, self.system, self.architecture, *self.flags])


RUNNABLE = [
    *(Build(version) for version in toolchain.SINCE_1_22),
    *(Build(version, flags=("-buildmode=pie",)) for version in toolchain.VERSIONS),
    *(Build(version, flags=_STRIPPED) for version in toolchain.VERSIONS),
    Build(toolchain.NEWEST, flags=("-buildmode=pie", *_STRIPPED)),
]
CROSS = [
    Build(version, system, architecture)
    for version in (toolchain.GO_1_22, toolchain.NEWEST)
    for system in ("linux", "darwin", "windows")
    for architecture in ("amd64", "arm64")
    if (system, architecture) != ("linux", "amd64")
]
NAMED = [build for build in [*RUNNABLE, *CROSS] if not build.flags]
BARE = [
    Build(build.version, build.system, build.architecture, _STRIPPED)
    for build in CROSS
    if build.version == toolchain.NEWEST
]


@cache
def _built(build: Build) -> Path:
    """The program, built once for all tests of this process."""
    folder = toolchain.CACHE / "programs" / "allocates" / str(build).replace(" ", "_").replace("=", "-")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SOURCE, folder / "main.go")
    (folder / "go.mod").write_text("module example.com/allocates\n\ngo 1.22\n")
    extra = {"GOOS": build.system, "GOARCH": build.architecture}
    toolchain.run_go(["build", *build.flags, "-o", "program", "."], version=build.version, cwd=folder, extra=extra)
    return folder / "program"


@cache
def _read(build: Build) -> Read:
    found = read(_built(build).read_bytes())
    assert (found.refusal, found.notes) == ("", [])
    return found


@pytest.mark.parametrize("build", NAMED, ids=str)
def test_every_call_of_an_entry_point_is_found_and_no_other(build: Build) -> None:
    (file,) = _read(build).rows("binary_file")
    rows = _read(build).rows("call_site")
    ours = {row["address"] + file["base_address"] + 1: row["entry_point"] for row in rows}
    theirs = {}
    for line in toolchain.run_go(["tool", "objdump", _built(build)], version=build.version).splitlines():
        if found := _CALL.match(line):
            theirs[int(found[1], 16) + len(found[2]) // 2] = found[3].removesuffix(".abi0").removeprefix("runtime.")

    assert {(behind, name, theirs.get(behind)) for behind, name in ours.items() if theirs.get(behind) != name} == set()
    # Inside the runtime only calls of those are kept that ask for memory.
    asked = {name.removeprefix("runtime.") for name in ENTRY_POINTS}
    missing = {(hex(behind), name) for behind, name in theirs.items() if name in asked and behind not in ours}
    assert missing == set()
    assert len(ours) > 1_000


@pytest.mark.parametrize("build", NAMED, ids=str)
def test_functions_are_those_of_the_symbol_table(build: Build) -> None:
    (file,) = _read(build).rows("binary_file")
    ours = {row["address"] + file["base_address"]: row["name"] for row in _read(build).rows("binary_function")}
    ours = {address: _plain(name) for address, name in ours.items()}
    theirs: dict[int, set[str]] = {}
    for line in toolchain.run_go(["tool", "nm", "-type", _built(build)], version=build.version).splitlines():
        # What is defined elsewhere has no address.
        if found := re.match(r"\s*([0-9a-f]+) [tT] (.*)", line):
            theirs.setdefault(int(found[1], 16), set()).add(_plain(found[2]))

    # Both directions, but for what is only a label: the linker's own, and the C runtime's on Windows.
    assert {(hex(at), name) for at, name in ours.items() if name not in theirs.get(at, {name})} == set()
    known = {
        at for at, names in theirs.items() if any("." in name and not name.startswith(("_", "go:")) for name in names)
    }
    labels = {"runtime.text", "runtime.etext", "go.buildid", "local.moduledata", "runtime.rodata"}
    lost = {name for at in known - ours.keys() for name in theirs[at]} - labels
    assert {name for name in lost if "." in name} == set()
    assert len(ours.keys() & theirs.keys()) > 1_000


def _plain(name: str) -> str:
    """A name without what symbol tables of some systems and releases add to it or spell otherwise."""
    return name.removesuffix(".abi0").replace("·", ".").lstrip("_")


@pytest.mark.parametrize("build", [*RUNNABLE, *CROSS, *BARE], ids=str)
def test_build_information_is_what_go_version_prints(build: Build) -> None:
    (file,) = _read(build).rows("binary_file")
    lines = toolchain.run_go(["version", "-m", _built(build)], version=build.version).splitlines()
    told = [line.strip().split("\t") for line in lines[1:]]

    assert lines[0].endswith(f": {file['go_version']}")
    assert file["main_package"] == next(words[1] for words in told if words[0] == "path")
    assert file["main_module"] == next(words[1] for words in told if words[0] == "mod")
    assert dict(file["settings"]) == {
        name: value.strip('"') for words in told if words[0] == "build" for name, _, value in [words[1].partition("=")]
    }
    id_of = toolchain.run_go(["tool", "buildid", _built(build)], version=build.version)
    assert file["go_build_id"] == id_of.strip()
    assert (file["architecture"], file["is_stripped"]) == (build.architecture, "-ldflags=-s -w" in build.flags)


@pytest.mark.parametrize("build", BARE, ids=str)
def test_a_stripped_program_has_the_same_calls(build: Build) -> None:
    whole = Build(build.version, build.system, build.architecture)

    assert _meanings(build) == _meanings(whole)


def _meanings(build: Build) -> list[tuple[Any, ...]]:
    names = ("kind", "entry_point", "type_name", "type_size_bytes")
    return [tuple(row[name] for name in names) for row in _read(build).rows("call_site")]


@pytest.mark.parametrize("build", RUNNABLE, ids=str)
def test_every_leaf_of_a_real_profile_is_a_call_of_its_kind(build: Build, tmp_path: Path) -> None:
    toolchain.run([_built(build), tmp_path / "heap.pb.gz"])
    (decoded,) = decode([blob(gzip.decompress((tmp_path / "heap.pb.gz").read_bytes()))])
    symbols = decoded.symbols
    assert symbols is not None
    (file,) = _read(build).rows("binary_file")
    kinds = {row["address"]: row["kind"] for row in _read(build).rows("call_site")}
    lines = ["", *SOURCE.read_text().splitlines()]

    wrong, seen = [], set()
    for leaf in _leaves(symbols):
        assert _build_id(symbols, leaf.mapping) == (file["build_id"] or "")
        kind = kinds.get(leaf.address)
        line = lines[leaf.line] if leaf.file.endswith("main.go") else ""
        wanted = line.partition("//= ")[2].split()
        # Where one function of the runtime is inlined in another, the leaf is no call but the mark of where that was.
        is_mark = kind is None and Path(leaf.file).parent.name == "runtime"
        if not is_mark and (kind is None or (wanted and kind not in wanted)):
            wrong.append((leaf, kind, wanted))
        seen.add(kind)

    assert wrong == []
    assert {"new", "make", "append", "map", "map_growth", "channel", "concatenation", "conversion", "boxing"} <= seen


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a sample was allocated, innermost."""

    mapping: int
    address: int
    function: str
    file: str
    line: int


def _leaves(symbols: Symbols) -> list[Leaf]:
    leaves = []
    for at in np.unique(symbols.stack_locations[symbols.stack_offsets[:-1]]).tolist():
        mapping = int(symbols.location_mapping[at])
        address = int(symbols.location_address[at]) - int(symbols.mapping_start[mapping])
        line = int(symbols.location_line_offsets[at])
        function = int(symbols.line_function[line])
        name, file = (
            _text(symbols, int(texts[function])) for texts in (symbols.function_name_text, symbols.function_file_text)
        )
        offset = int(symbols.mapping_file_offset[mapping])
        leaves.append(Leaf(mapping, address + offset, name, file, int(symbols.line_line[line])))
    assert len(leaves) > 50
    return leaves


def _build_id(symbols: Symbols, mapping: int) -> str:
    return _text(symbols, int(symbols.mapping_build_id_text[mapping]))


def _text(symbols: Symbols, number: int) -> str:
    if number < 0:
        return ""
    start, length = int(symbols.strings.starts[number]), int(symbols.strings.lengths[number])
    return symbols.strings.data[start : start + length].tobytes().decode()
