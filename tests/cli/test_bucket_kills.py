"""Commands on a lake in a bucket, killed between any two writes: the next run completes what they began."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.builders.s3 import BUCKET, Server, put
from tests.cli.seat import DEMO_HEAPS, MEMORY, REPORT, command, environment, heapscape
from tests.cli.test_buckets import loaded

pytestmark = [pytest.mark.xdist_group("s3-kills"), pytest.mark.remote]

# At how many of its writes each command is killed, and what it does.
KILLS = 4
_HEAPS = sorted(DEMO_HEAPS.iterdir())
COMMANDS: Mapping[str, Sequence[str | Path]] = {
    "ingest": ("ingest", *_HEAPS[3:6], REPORT, "--memory", MEMORY),
    "compact": ("lake", "compact"),
    "expire": ("lake", "expire", "--older-than", "1s"),
    "vacuum": ("lake", "vacuum", "--older-than", "0"),
}


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A lake of three batches, compacted once for something to vacuum, and one batch more for something to compact."""
    for heap in _HEAPS[:2]:
        assert heapscape("ingest", heap, "--lake", "start").code == 0
    assert heapscape("lake", "compact", "--lake", "start").code == 0
    assert heapscape("ingest", _HEAPS[2], "--lake", "start").code == 0
    return tmp_path / "start"


def _writes(s3: Server, since: int, below: str) -> list[str]:
    ways = ("PUT ", "DELETE ", "HELD ")
    # A removal of many names none in its path.
    return [
        line
        for line in s3.requests()[since:]
        if line.startswith("POST ") or (line.startswith(ways) and f"/bucket/{below}" in line)
    ]


def _held(s3: Server, since: int) -> int:
    return sum(line.startswith("HELD ") for line in s3.requests()[since:])


def _killed(s3: Server, words: Sequence[str | Path], lake: str, *, after: int) -> bool:
    """Whether the command was still at work behind so many writes; it is killed there, and the next write is never done."""
    since = len(s3.requests())
    with (
        s3.holding(lake, after=after),
        subprocess.Popen(
            command(*words, "--lake", f"{BUCKET}/{lake}"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
        ) as running,
    ):
        while running.poll() is None and not _held(s3, since):
            time.sleep(0.005)
        is_at_work = running.poll() is None
        running.kill()
    return is_at_work


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_killed_between_two_writes_is_completed_by_the_next(s3: Server, start: Path, name: str) -> None:
    words = COMMANDS[name]
    put(start, f"kills/{name}/whole")
    since = len(s3.requests())
    assert heapscape(*words, "--lake", f"{BUCKET}/kills/{name}/whole").code == 0
    writes = len(_writes(s3, since, f"kills/{name}/whole"))
    undisturbed = loaded(f"{BUCKET}/kills/{name}/whole", "whole.duckdb")
    assert writes

    for after in sorted(random.Random(name).sample(range(writes), min(KILLS, writes))):
        lake = f"kills/{name}/{after}"
        put(start, lake)
        assert _killed(s3, words, f"{lake}/", after=after), after

        assert heapscape("lake", "verify", "--lake", f"{BUCKET}/{lake}").code == 0, after
        assert heapscape(*words, "--lake", f"{BUCKET}/{lake}").code == 0, after
        assert heapscape("lake", "verify", "--lake", f"{BUCKET}/{lake}").code == 0, after
        assert loaded(f"{BUCKET}/{lake}", f"{after}.duckdb") == undisturbed, after


def test_two_writers_that_are_both_ready_to_commit_lose_and_double_nothing(s3: Server, tmp_path: Path) -> None:
    assert heapscape("ingest", *_HEAPS[:4], "--lake", "one").code == 0
    lake, since = "kills/two", len(s3.requests())
    writers = []
    # The log of batches is where one of two is outrun: both have written their files and read that it is empty.
    with s3.holding(f"{lake}/batch/", after=0):
        for heaps in (_HEAPS[:3], _HEAPS[1:4]):
            words = command("ingest", *heaps, "--lake", f"{BUCKET}/{lake}")
            writers.append(
                subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment())
            )
        deadline = time.monotonic() + 120
        while _held(s3, since) < len(writers) and time.monotonic() < deadline:
            assert [one.poll() for one in writers] == [None, None]
            time.sleep(0.005)
    said = [one.communicate(timeout=300)[1] for one in writers]

    assert [one.returncode for one in writers] == [0, 0], said
    assert heapscape("lake", "verify", "--lake", f"{BUCKET}/{lake}").code == 0
    assert loaded(f"{BUCKET}/{lake}", "two.duckdb") == loaded("one", "one.duckdb")
