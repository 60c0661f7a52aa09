"""Goroutines of every place against what `go tool pprof` counts in the same profile."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pipeline import flow
from tests.oracle import toolchain
from tests.warehouse.builder import LIMITS

pytestmark = pytest.mark.oracle

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
PROFILES = sorted(path for name in ("leaks", "twins", "everykind") for path in (FILES / name).rglob("goroutine*.pb.gz"))
TEXTS = sorted(
    path for name in ("leaks", "twins", "everykind") for path in (FILES / name).rglob("goroutine*.debug1.txt")
)
# A sample of -traces: `  12   runtime.gopark`, its callers below it, and perhaps labels above it.
_SAMPLE = re.compile(r"^ +(\d+)   (.+)$")


@pytest.mark.parametrize("path", [*PROFILES, *TEXTS], ids=lambda path: f"{path.parent.name}-{path.name}")
def test_each_stack_has_as_many_goroutines_as_go_counts(path: Path, tmp_path: Path) -> None:
    theirs = _traces(toolchain.run_pprof(["-traces", path]))

    flow.ingest([str(path)], str(tmp_path / "lake"), labels={}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))
    with flow.open_warehouse(str(tmp_path / "db.duckdb")) as connection:
        found = connection.sql(
            "SELECT last_count, string_agg(frames.function, ';' ORDER BY frames.position) FROM goroutine.growth"
            " JOIN stack.frames AS frames USING (stack_id) WHERE moments = 1 GROUP BY series_id, source, stack_id, last_count"
        ).fetchall()
    ours: Counter[str] = Counter()
    for number, stack in found:
        ours[stack] += number

    assert sum(theirs.values()) > 0
    assert ours.total() == theirs.total()
    # pprof reads the addresses of a text and not its names.
    assert path in TEXTS or ours == theirs


# The runtime tells of leaks since Go 1.26, there as an experiment.
EXPERIMENTS = {toolchain.GO_1_26: "goroutineleakprofile"}
TELLING = (toolchain.GO_1_26, toolchain.GO_1_27)


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_goroutines_that_leak_grow_and_those_that_wait_do_not(version: str, tmp_path: Path) -> None:
    program = toolchain.overlay_build("leaks", version=version, experiment=EXPERIMENTS.get(version, ""))
    (tmp_path / "made").mkdir()
    toolchain.run([program, tmp_path / "made"])

    flow.ingest([str(tmp_path / "made")], str(tmp_path / "lake"), labels={"service": "leaks"}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))
    with flow.open_warehouse(str(tmp_path / "db.duckdb")) as connection:
        found = connection.sql(
            "SELECT function, moments, first_count, last_count, growth, rising_share, leaked FROM goroutine.growth"
            " WHERE kind = 'goroutine' AND function IN ('main.send', 'main.wait') ORDER BY function"
        ).fetchall()

    sent, waited = (9, 0) if version in TELLING else (None, None)
    assert found == [("main.send", 3, 3, 9, 6, 1.0, sent), ("main.wait", 3, 2, 2, 0, 0.0, waited)]


def _traces(text: str) -> Counter[str]:
    """Goroutines by stack, leaf first, of what -traces prints."""
    counts: Counter[str] = Counter()
    for block in re.split(r"^-+\+-+$", text, flags=re.MULTILINE)[1:]:
        lines = block.strip("\n").splitlines()
        at = next((at for at, line in enumerate(lines) if _SAMPLE.match(line)), None)
        if at is None:
            continue
        sample = _SAMPLE.match(lines[at])
        assert sample
        names = [sample[2], *(line.strip() for line in lines[at + 1 :] if line.strip())]
        counts[";".join(name.removesuffix(" (inline)") for name in names)] += int(sample[1])
    return counts
