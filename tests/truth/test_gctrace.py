"""Real logs of every release, held against what the program that wrote them knew of its cycles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.gctrace.logs import lines, read
from tests.truth.runtime_log import check, run_of

FILES = Path(__file__).parents[1] / "fixtures" / "files"
LOGS = sorted((FILES / "collector").rglob("*.log"))
RELEASES = sorted((FILES / "collector").glob("*/build=*"))
SINCE_125 = {"build=go1.25-trim", "build=go1.26-trim", "build=go1.27-trim"}


@pytest.mark.parametrize("path", LOGS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_log_says_what_its_program_knew(path: Path) -> None:
    check(run_of(path))


@pytest.mark.parametrize("folder", RELEASES, ids=lambda folder: folder.name)
def test_every_kind_of_line_is_read_of_every_release(folder: Path) -> None:
    run = run_of(folder / "runtime.log")
    tables = run.found.tables

    assert len(RELEASES) == 6
    assert len(tables["gctrace_pacer"]) == run.truth["num_gc"]
    assert all(row["cycle"] for row in tables["gctrace_pacer"])
    assert [row["is_forced"] for row in tables["scavenge"]].count(True) == 1
    assert {row["package"] for row in tables["inittrace"]} >= {"runtime", "os"}
    assert tables["schedtrace"]
    for row in tables["schedtrace"]:
        assert (row["procs"], len(row["local_queues"])) == (2, 2)
        assert (row["sched_ticks"] is not None) == (folder.name in SINCE_125)
    assert (folder / "scans.log").exists() == (folder.name in SINCE_125)


def test_a_cycle_that_two_minutes_started_is_told_from_all_others() -> None:
    run = run_of(FILES / "collector" / "service=collector" / "build=go1.27-trim" / "idle.log")

    assert [row["cycle"] for row in run.found.tables["gctrace_cycle"] if row["is_periodic"]] == [run.truth["num_gc"]]


@pytest.mark.parametrize("folder", RELEASES, ids=lambda folder: folder.name)
def test_the_start_of_a_process_follows_from_when_its_lines_were_written(folder: Path) -> None:
    run = run_of(folder / "runtime.log")
    cycles = [text for text in run.text.splitlines() if text.startswith("gc ")]
    stamped = [f"{end} {text}" for end, text in zip(run.truth["ends"][::-1], cycles, strict=True)]
    ((started, by),) = read(lines(*stamped)).rows("process", "started_at", "started_by")

    assert by == "stamp"
    assert abs(started / 1e6 - run.started) < 0.05


def test_gctrace_beside_profiles_is_read_too() -> None:
    paths = sorted((FILES / "everykind").rglob("gctrace.txt"))

    assert [len(read(path.read_bytes()).cycles) for path in paths] == [16, 16, 18]
