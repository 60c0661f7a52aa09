"""`escape.level` against what programs of every Go really allocate, and how many GC cycles that sets off."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

PROGRAM = toolchain.PROGRAMS / "levels" / "main.go"
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
RELEASES = pytest.mark.parametrize("version", toolchain.SINCE_1_22)
# A function's verdict, and by whether its small and its large run allocate.
VERDICTS = {
    "stays": "&pair{...}",
    "constant": "make([]byte, 32)",
    "certain": "&pair{...}",
    "sized": "make([]byte, n)",
    "joined": "text[:n] + text[:1]",
    "mapped": "make(map[int]int)",
    "copied": "([]byte)(text[:n])",
    "fromBytes": "string(bytes[:n])",
    "grown": "append",
}
MEANING = {(False, False): "stays", (True, True): "certain", (False, True): "conditional"}


def built(version: str, folder: Path) -> Path:
    """The program, and its report beside it."""
    (folder / "main.go").write_text(PROGRAM.read_text())
    (folder / "go.mod").write_text("module example.com/levels\n\ngo 1.22\n")
    command = [str(toolchain.go(version)), "build", "-gcflags=-m=2", "-o", "levels", "."]
    done = subprocess.run(
        command, cwd=folder, env=toolchain.environment(version), check=True, capture_output=True, text=True
    )
    (folder / "report.txt").write_text(done.stderr)
    return folder / "levels"


def levels(folder: Path, *inputs: Path) -> list[dict[str, Any]]:
    """The view over these files."""
    labels = {"service": "levels", "build": "1"}
    flow.ingest([str(path) for path in inputs], str(folder / "lake"), labels=labels, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "some.duckdb"))
    with flow.open_warehouse(str(folder / "some.duckdb")) as connection:
        return connection.sql("FROM escape.level").to_arrow_table().to_pylist()


@RELEASES
def test_what_stays_never_allocates_and_what_is_conditional_does_when_it_is_large(version: str, tmp_path: Path) -> None:
    lines = toolchain.run([built(version, tmp_path)]).splitlines()
    measured = {name: (float(small) > 0, float(large) > 0) for _, name, small, large in map(str.split, lines)}

    rows = levels(tmp_path, tmp_path / "report.txt")

    source = (tmp_path / "main.go").read_text().splitlines()
    for name, expression in VERDICTS.items():
        begin = next(number for number, line in enumerate(source, start=1) if line.startswith(f"func {name}("))
        end = source.index("}", begin - 1) if not source[begin - 1].endswith("}") else begin
        found = [row for row in rows if row["expression"] == expression and begin <= row["line"] <= end]
        if name == "grown" and not found:
            # Nobody reported it before Go 1.25.
            assert version < "1.25"
            continue
        assert {row["certainty"] for row in found} == {MEANING[measured[name]]}, name
    constants = [row for row in rows if row["expression"] == '"cycles"']
    assert {row["certainty"] for row in constants} == {"static"}


@RELEASES
def test_cycles_fall_by_the_share_that_the_view_says_when_it_stays_on_the_stack(version: str, tmp_path: Path) -> None:
    program = built(version, tmp_path)
    # Of some fifty cycles one more or less is two hundredths; on a busy machine cycles begin late, and three fell.
    said = [toolchain.run([program, tmp_path]).split() for _ in range(4)]
    with_it, without = (sum(int(one[place]) for one in said) for place in (1, 2))

    rows = levels(tmp_path, *(tmp_path / name for name in ("report.txt", "heap-0.pb.gz", "heap-1.pb.gz")))

    (saved,) = [row["saved_gc_share"] for row in rows if row["expression"] == "&[1024]byte{}" and row["series_id"]]
    assert with_it > 120
    assert saved == pytest.approx(1 - without / with_it, abs=0.08)


@RELEASES
def test_what_would_stay_if_it_were_small_costs_what_it_allocates_when_it_is_not(version: str, tmp_path: Path) -> None:
    toolchain.run([built(version, tmp_path), tmp_path])

    rows = levels(tmp_path, *(tmp_path / name for name in ("report.txt", "heap-1.pb.gz", "heap-2.pb.gz")))

    (made,) = [
        row
        for row in rows
        if row["expression"] == "make([]byte, n)" and row["line"] == _line_of("sized") and row["series_id"]
    ]
    assert made["certainty"] == ("certain" if version < "1.25" else "conditional")
    # Between the two profiles 200,000 slots of 1,024 bytes beside two million times 1,040, a few hundred of them sampled.
    assert made["saved_gc_share"] == pytest.approx(0.09, rel=0.25)


def _line_of(function: str) -> int:
    """Where a function of one line stands."""
    lines = PROGRAM.read_text().splitlines()
    return next(at for at, line in enumerate(lines, start=1) if line.startswith(f"func {function}("))
