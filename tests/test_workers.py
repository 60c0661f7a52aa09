"""Worker processes, and how they end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from multiprocessing import active_children
from pathlib import Path

import pytest

from pipeline.workers import workers
from tests.cli.seat import MEMORY, command, commits, environment, many_profiles

# Prints the ids of the workers and leaves them at work for minutes, one of them holding the interpreter all the time.
STARTED = """
import os, re, sys, time
from pipeline.workers import workers

sys.platform = os.environ["PLATFORM"]

def tell():
    # In one piece: print may write the end of the line by itself, after another's number.
    os.write(1, b"%d\\n" % os.getpid())

def work(what):
    tell()
    time.sleep(600) if what else re.match("(a+)+$", "a" * 50 + "b")

if __name__ == "__main__":
    tell()
    with workers(2) as executor:
        list(executor.map(work, map(int, os.environ["WORK"])))
"""


def double(number: int) -> int:
    return 2 * number


def test_one_job_is_this_process() -> None:
    with workers(1) as executor:
        assert executor is None


def failing() -> None:
    """Start two workers on something long, and fail."""
    with workers(2) as executor:
        assert executor is not None
        assert executor.submit(double, 1).result() == 2
        for _ in range(9):
            executor.submit(time.sleep, 300)
        raise KeyboardInterrupt


def test_a_block_that_fails_leaves_no_worker_whatever_it_does() -> None:
    with pytest.raises(KeyboardInterrupt):
        failing()

    assert active_children() == []


@pytest.mark.parametrize(
    ("platform", "work"),
    [
        pytest.param(
            "linux", "00", marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends them so")
        ),
        ("elsewhere", "11"),
    ],
)
def test_workers_end_when_who_started_them_is_killed(tmp_path: Path, platform: str, work: str) -> None:
    (tmp_path / "started.py").write_text(STARTED)
    running = subprocess.Popen(
        [sys.executable, "started.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        env=environment(PLATFORM=platform, WORK=work),
    )
    assert running.stdout
    ids = {int(running.stdout.readline()) for _ in range(3)}
    assert len(ids) == 3

    os.kill(running.pid, signal.SIGKILL)

    # Every process that is left holds the pipe open.
    rest, _ = running.communicate(timeout=60)
    assert (rest, running.returncode) == (b"", -signal.SIGKILL)


@pytest.mark.parametrize(
    ("jobs", "sent", "code"),
    [
        (1, signal.SIGTERM, 143),
        (2, signal.SIGTERM, 143),
        pytest.param(1, signal.SIGINT, 130, marks=pytest.mark.slow),
        pytest.param(2, signal.SIGINT, 130, marks=pytest.mark.slow),
    ],
)
def test_a_signal_ends_a_run_and_its_workers_and_what_was_committed_stays(
    tmp_path: Path, jobs: int, sent: signal.Signals, code: int
) -> None:
    inputs, lake = many_profiles(tmp_path, 600), tmp_path / "lake"
    running = subprocess.Popen(
        command("ingest", inputs, "--lake", lake, "--memory", MEMORY, "--jobs", str(jobs)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    while running.poll() is None and commits(lake) < 2:
        time.sleep(0.002)

    running.send_signal(sent)

    answer, complaint = running.communicate(timeout=60)
    assert (running.returncode, answer) == (code, b"")
    assert complaint.decode().strip() == "heapscape: interrupted; what was committed stays"
    assert commits(lake) >= 2


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_more_signals_change_nothing(tmp_path: Path, jobs: int) -> None:
    inputs, lake = many_profiles(tmp_path, 150), tmp_path / "lake"
    running = subprocess.Popen(
        command("ingest", inputs, "--lake", lake, "--memory", MEMORY, "--jobs", str(jobs)),
        stderr=subprocess.PIPE,
        env=environment(),
    )
    while running.poll() is None and commits(lake) < 2:
        time.sleep(0.002)

    while running.poll() is None:
        running.send_signal(signal.SIGINT)
        time.sleep(0.003)

    _, complaint = running.communicate(timeout=60)
    assert running.returncode == 130
    assert not re.search("Traceback|Exception ignored", complaint.decode())


@pytest.mark.slow
def test_a_signal_that_is_to_be_ignored_is(tmp_path: Path) -> None:
    inputs, lake = many_profiles(tmp_path, 20), tmp_path / "lake"
    running = subprocess.Popen(
        command("ingest", inputs, "--lake", lake, "--memory", MEMORY),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
        preexec_fn=partial(signal.signal, signal.SIGTERM, signal.SIG_IGN),
    )
    while running.poll() is None:
        running.send_signal(signal.SIGTERM)
        time.sleep(0.01)

    # One of the inputs is no profile.
    assert running.returncode == 1


# A signal that falls into what Python runs where no exception leads out of.
LOST = """
import os, signal, sys, time
import pipeline.cli as cli
from pipeline.endings import end

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)

def main():
    try:
        Dying()
        time.sleep(50)
    except KeyboardInterrupt as error:
        return end(error)

cli.main = main
sys.exit(cli.command())
"""


def test_a_signal_that_nobody_can_catch_comes_again() -> None:
    done = subprocess.run([sys.executable, "-c", LOST], env=environment(), capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (143, "heapscape: interrupted\n")
