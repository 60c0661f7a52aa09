"""The parent: starts the process that runs a target's cases, and takes note of what it dies of."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.archives import taken_out
from tests.fuzz.child import Ring, Tally, keep, kept

ROOT = Path(__file__).parents[2]
TARGETS = "tests.fuzz.targets:TARGETS"


@dataclass(slots=True)
class Account:
    """What fuzzing a target came to; `findings` are files with the bytes of a case, each with a text beside it."""

    target: str
    seed: int
    cases: int = 0
    inputs: int = 0
    accepted: int = 0
    answers: int = 0
    slowest_ms: int = 0
    peak_mib: int = 0
    seconds: float = 0.0
    findings: list[Path] = field(default_factory=list)


def fuzz(
    target: str,
    folder: Path,
    *,
    seed: int,
    seconds: float,
    cases: int = 1 << 62,
    guided: bool = False,
    bounds: bool = True,
    targets: str = TARGETS,
) -> Account:
    """Run cases of a target for so long or so many, in as many processes as it takes.

    bounds   whether compiled kernels check each index
    targets  `module:name` of the mapping that has the target
    """
    folder.mkdir(parents=True, exist_ok=True)
    account = Account(target, seed)
    before = kept(folder)
    ring = Ring(folder / "current")
    while account.seconds < seconds and account.cases < cases:
        options = [
            f"--seed={seed}",
            f"--first={account.cases}",
            f"--seconds={seconds - account.seconds}",
            f"--cases={cases}",
        ]
        ring.write([], Tally(cases=account.cases))
        code, seen, took = _child(
            [targets, target, str(folder), *options, *(["--guided"] if guided else [])], bounds=bounds
        )
        inputs, tally = ring.read()
        account.cases = tally.cases
        account.inputs += tally.inputs
        account.accepted += tally.accepted
        account.answers = max(account.answers, tally.answers)
        account.slowest_ms = max(account.slowest_ms, tally.slowest_ms)
        account.peak_mib = max(account.peak_mib, tally.peak_mib)
        account.seconds += took
        if code:
            keep(folder, inputs, f"{seen}\nthe process ended with {_meaning(code)}")
            account.cases += 1
        if not code or not inputs:
            # Before the first case, it will not be better the next time.
            break
    account.findings = sorted(kept(folder) - before)
    return account


def again(path: Path, *, targets: str = TARGETS) -> None:
    """Run a case that was kept in this process: what it raises is what there is to see."""
    module, _, name = targets.partition(":")
    found = getattr(importlib.import_module(module), name)
    content = path.read_bytes()
    found[path.parent.name].run(taken_out(content) if path.suffix == ".tar" else [content])


def environment_of(*, bounds: bool) -> dict[str, str]:
    """What a process that runs cases is told: whether kernels check bounds, and that small cases need no threads.

    Each thread would take addresses for memory of its own, which on a machine with many cores are more than are allowed.
    """
    few = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    return {"NUMBA_BOUNDSCHECK": str(int(bounds)), "PYTHONPATH": str(ROOT), **few}


def _child(arguments: Sequence[str], *, bounds: bool) -> tuple[int, str, float]:
    """Run the child; returns its exit code, the end of what it said, and how long its cases took."""
    environment = {**os.environ, **environment_of(bounds=bounds)}
    command = [sys.executable, "-m", "tests.fuzz.child", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        began = time.monotonic()
        try:
            _, seen = child.communicate()
        except BaseException:
            child.terminate()
            raise
    return child.returncode, seen[-20_000:], time.monotonic() - began


def _meaning(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
