"""Every event of execution traces against `go tool trace -d=parsed`: time, kind, thread, proc, goroutine, all details, stacks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.oracle import toolchain
from tests.oracle.trace_lines import lines

pytestmark = pytest.mark.oracle

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
FIXTURES = sorted(FILES.rglob("*.trace"))
# Programs of Go's own tree that write a trace to their standard output, and the releases they are built with.
PROGRAMS = ("annotations", "cpu-profile", "futile-wakeup", "gc-stress", "gomaxprocs", "many-start-stop", "stacks")
RELEASES = (toolchain.GO_1_22, toolchain.GO_1_24, toolchain.GO_1_25, toolchain.GO_1_27)


def theirs(path: Path) -> tuple[list[str], str]:
    """The lines that Go prints without the empty ones, and what it says of a fault."""
    command = [str(toolchain.go()), "tool", "trace", "-d=parsed", str(path)]
    done = subprocess.run(command, env=toolchain.environment() | {"TZ": "UTC"}, capture_output=True, check=False)
    text = done.stdout.decode("utf-8", "replace")
    return [line for line in text.split("\n") if line], done.stderr.decode("utf-8", "replace")


def compare(path: Path) -> int:
    """Asserts that both say the same, and both or neither of a fault; returns how many lines they say."""
    printed, fault = theirs(path)
    ours = [part for line in lines(path) for part in line.split("\n") if part]
    broken = ours[-1:] == ["ERROR"]

    if broken:
        ours.pop()
    for place, (one, other) in enumerate(zip(ours, printed, strict=False)):
        assert one == other, f"line {place}"
    assert len(ours) == len(printed)
    assert broken == bool(fault.strip()), fault
    return len(ours)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_fixtures(path: Path) -> None:
    assert compare(path) > 100


def _in_go_tree(pattern: str) -> list[Path]:
    toolchain.go()
    return sorted((toolchain.goroot() / "src" / "internal" / "trace" / "testdata").glob(pattern))


@pytest.mark.parametrize(("pattern", "least"), [("tests/*.test", 20), ("fuzz/FuzzReader/*", 12)])
def test_traces_of_gos_own_tests_and_fuzz_corpus(pattern: str, least: int, tmp_path: Path) -> None:
    convert = toolchain.overlay_build("tracetext")
    compared = 0
    for source in _in_go_tree(pattern):
        made = tmp_path / f"{source.stem}.trace"
        toolchain.run([convert, source, made])
        if made.read_bytes()[:8] in (b"go 1.11 ", b"go 1.19 ", b"go 1.21 "):
            continue
        try:
            compare(made)
        except AssertionError as error:
            raise AssertionError(f"{source.name}: {error}") from error
        compared += 1

    assert compared >= least


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_of_gos_own_tests(program: str, version: str, tmp_path: Path) -> None:
    toolchain.go(version)
    source = toolchain.goroot(version) / "src" / "internal" / "trace" / "testdata" / "testprog" / f"{program}.go"
    if not source.exists():
        source = toolchain.goroot(version) / "src/internal/trace/v2/testdata/testprog" / f"{program}.go"
    built, written = tmp_path / program, tmp_path / f"{program}.trace"
    toolchain.run_go(["build", "-o", built, source], version=version, cwd=tmp_path)
    for settings in ("", "traceallocfree=1"):
        with written.open("wb") as out:
            subprocess.run([built], stdout=out, check=True, env={"GODEBUG": settings}, timeout=60)

        assert compare(written) > 10
