"""Logs of the collector program, run now with every release of Go, against what it counts and a second reading."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.oracle import toolchain
from tests.truth.runtime_log import check, run_of

pytestmark = pytest.mark.oracle

# A run takes a second. One of Go 1.22 with all settings stood still for good within a line, its threads waiting for each
# other: the runtime's printing lock.
_MOST_S, _TRIES = 60, 3

PROGRAM = Path(__file__).parents[1] / "fixtures" / "programs" / "collector"


@pytest.fixture(scope="module", params=toolchain.SINCE_1_22)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("collector") / "collector"
    toolchain.run_go(["build", "-trimpath", "-o", built, "."], version=request.param, cwd=PROGRAM)
    return built


@pytest.mark.parametrize("settings", ["gctrace=1", "gctrace=2", "gctrace=1,gcpacertrace=1,scavtrace=1,inittrace=1"])
@pytest.mark.parametrize("procs", [1, 2])
def test_a_run_of_now_says_what_its_program_knew(program: Path, settings: str, procs: int, tmp_path: Path) -> None:
    log = tmp_path / "collector.log"
    environ = {"TZ": "UTC", "GODEBUG": settings, "GOMAXPROCS": str(procs)}
    for _ in range(_TRIES):
        with log.open("w") as file, suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [program, "-out", tmp_path / "collector.log.json"],
                env=environ,
                check=True,
                stderr=file,
                timeout=_MOST_S,
            )
            break
    else:
        pytest.fail(f"it was not done in {_MOST_S} s, {_TRIES} times")

    check(run_of(log))
