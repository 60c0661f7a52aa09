"""The lake after real kills, races and full disks; the scenarios themselves are in processes.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def outcome(scenario: str, lake: Path) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.lake.processes", scenario, str(lake)]
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    return dict(json.loads(run.stdout))


def test_a_kill_before_any_call_leaves_a_sound_lake_and_a_repeat_completes_it(tmp_path: Path) -> None:
    told = outcome("killed_before_every_call", tmp_path)

    # Eight data files are opened and renamed, their folders synced, one batch and nine tables are committed to: fewer
    # calls would mean that the hook no longer sees them.
    assert told["killed"] > 50


def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    told = outcome("killed_at_random_briefly", tmp_path)

    assert told["killed"] >= 3


@pytest.mark.slow
def test_so_do_60_of_them(tmp_path: Path) -> None:
    told = outcome("killed_at_random", tmp_path)

    assert told["killed"] >= 5


def test_two_writers_at_once_both_succeed_and_shared_sources_go_in_once(tmp_path: Path) -> None:
    told = outcome("two_at_once", tmp_path)

    assert told == {"outrun": 10}


def test_a_disk_that_takes_no_more_refuses_the_batch_and_leaves_nothing(tmp_path: Path) -> None:
    told = outcome("starved", tmp_path)

    assert told == {"refused": told["tries"], "tries": 32, "entry_refused": True, "left": 0}
