"""Kills at random moments of ingest, load, compact and expire, alone and two at once; the rounds themselves are in kills.py."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.seat import REPOSITORY, environment

# HEAPSCAPE_ is the user's own: tests run without it.
SEED = int(os.environ.get("KILLS_SEED") or random.SystemRandom().randrange(1 << 31))


def killed(where: str, folder: Path, *, rounds: int, seed: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.cli.kills", where, folder, "--rounds", rounds, "--seed", seed]
    run = subprocess.run(
        list(map(str, words)), cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"python {' '.join(map(str, words[1:]))}\n{run.stderr[-4000:]}"
    return dict(json.loads(run.stdout))


def test_commands_killed_alone_leave_a_sound_lake_and_one_more_run_the_rows_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    told = killed("disk", tmp_path, rounds=4, seed=1)

    assert sum(told["killed"].values()) >= 2


@pytest.mark.remote
def test_so_they_do_in_a_bucket(tmp_path: Path) -> None:
    told = killed("bucket", tmp_path, rounds=6, seed=SEED)

    assert told["killed"]


@pytest.mark.slow
@pytest.mark.parametrize(("where", "rounds"), [("disk", 140), ("bucket", 60)])
def test_so_do_200_alone_and_two_at_once(tmp_path: Path, where: str, rounds: int) -> None:
    told = killed(where, tmp_path, rounds=rounds, seed=SEED)

    # The share of a command's time at which it is killed is uniform; a machine may be busier or idler than when it was measured.
    assert sum(told["killed"].values()) > rounds / 2, told
