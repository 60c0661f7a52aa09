"""Every event of execution traces against `go tool trace -d=parsed`: time, kind, thread, proc, goroutine, all details, stacks."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest

from pipeline.formats.gotrace.order import Chunk, ordered
from pipeline.formats.gotrace.window import in_memory
from tests.oracle import toolchain
from tests.oracle.trace_lines import lines

pytestmark = pytest.mark.oracle

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
FIXTURES = sorted(FILES.rglob("*.trace"))
# Programs of Go's own tree that write a trace to their standard output, and the releases they are built with.
PROGRAMS = (
    "annotations",
    "annotations-stress",
    "cgo-callback",
    "cpu-profile",
    "futile-wakeup",
    "gc-stress",
    "gomaxprocs",
    "iter-pull",
    "many-start-stop",
    "stacks",
    "stress",
    "stress-start-stop",
    "wait-on-pipe",
)
# Allocation events, which 1.22 does not have; many generations.
SETTINGS = ("", "traceallocfree=1", "traceadvanceperiod=5000000")
# Millions of lines each, where one more setting shows nothing new.
LARGE = {"cpu-profile": ("",), "gc-stress": ("", "traceadvanceperiod=5000000")}
BUILT = [
    (program, version)
    for version in toolchain.SINCE_1_22
    for program in PROGRAMS
    if (program, version) != ("iter-pull", toolchain.GO_1_22)
]


def compare(path: Path) -> int:
    """Asserts that both say the same, and both or neither of a fault; returns how many lines they say.

    Line by line as they come, for a million events are gigabytes of text.
    """
    command = [str(toolchain.go()), "tool", "trace", "-d=parsed", str(path)]
    environment = toolchain.environment() | {"TZ": "UTC"}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said) as go,
    ):
        assert go.stdout is not None
        printed = (line.decode("utf-8", "replace").rstrip("\n") for line in go.stdout if line != b"\n")
        ours = (part for line in lines(path) for part in line.split("\n") if part)
        place = -1
        for place, (one, other) in enumerate(itertools.zip_longest(ours, printed)):
            if one == "ERROR" and other is None:
                place -= 1
                break
            assert one == other, f"line {place}"
        else:
            one = None
        go.wait()
        said.seek(0)
        fault = said.read().decode("utf-8", "replace").strip()
    assert (one == "ERROR") == bool(fault), fault
    return place + 1


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_fixtures(path: Path) -> None:
    assert compare(path) > 100


def in_go_tree(pattern: str) -> list[Path]:
    toolchain.go()
    return sorted((toolchain.goroot() / "src" / "internal" / "trace" / "testdata").glob(pattern))


@pytest.mark.parametrize(("pattern", "least"), [("tests/*.test", 20), ("fuzz/FuzzReader/*", 12)])
def test_traces_of_gos_own_tests_and_fuzz_corpus(pattern: str, least: int, tmp_path: Path) -> None:
    convert = toolchain.overlay_build("tracetext")
    compared = 0
    for source in in_go_tree(pattern):
        made = tmp_path / f"{source.stem}.trace"
        toolchain.run([convert, source, made])
        if made.read_bytes()[:8] in (b"go 1.11 ", b"go 1.19 ", b"go 1.21 "):
            # Of these a broken one is refused whole: see test_trace_v1.py.
            continue
        try:
            compare(made)
        except AssertionError as error:
            raise AssertionError(f"{source.name}: {error}") from error
        compared += 1

    assert compared >= least


def built_from_go_tree(program: str, version: str, folder: Path) -> Path:
    toolchain.go(version)
    place = "v2/testdata" if version == toolchain.GO_1_22 else "testdata"
    source = toolchain.goroot(version) / "src" / "internal" / "trace" / place / "testprog" / f"{program}.go"
    extra = {"CGO_ENABLED": "1"} if program.startswith("cgo") else {}
    toolchain.run_go(["build", "-o", folder / program, source], version=version, cwd=folder, extra=extra)
    return folder / program


@pytest.mark.parametrize(("program", "version"), BUILT)
def test_programs_of_gos_own_tests(program: str, version: str, tmp_path: Path) -> None:
    if program.startswith("cgo") and not shutil.which("gcc"):
        pytest.skip("there is no C compiler")
    built, written = built_from_go_tree(program, version, tmp_path), tmp_path / f"{program}.trace"
    for settings in LARGE.get(program, SETTINGS):
        with written.open("wb") as out:
            subprocess.run([built], stdout=out, check=True, env={"GODEBUG": settings}, timeout=300)

        assert compare(written) > 10, settings


def test_a_million_events_of_a_real_program(tmp_path: Path) -> None:
    written = tmp_path / "http.trace"
    of_servers = ["-short", "-run=TestServe|TestTransport|TestClient", "-count=4", f"-trace={written}", "net/http"]
    toolchain.run_go(["test", *of_servers], cwd=tmp_path)

    data = np.fromfile(written, np.uint8)
    events = sum(len(part.rows) for part in ordered(in_memory(data), int(bytes(data[5:7]))) if isinstance(part, Chunk))
    assert events > 1_000_000
    assert compare(written) > events
