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
from tempfile import TemporaryFile

from tests.fuzz.archives import taken_out
from tests.fuzz.child import Ring, Tally, keep, kept

ROOT = Path(__file__).parents[2]
_LOOK_S = 0.05
_AGAIN_S = 120
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
        died_of, seen, took = _child(
            ring, [targets, target, str(folder), *options, *(["--guided"] if guided else [])], bounds=bounds
        )
        inputs, tally = ring.inputs(), ring.tally()
        account.cases = tally.cases
        account.inputs += tally.inputs
        account.accepted += tally.accepted
        account.answers = max(account.answers, tally.answers)
        account.slowest_ms = max(account.slowest_ms, tally.slowest_ms)
        account.peak_mib = max(account.peak_mib, tally.peak_mib)
        account.seconds += took
        if died_of:
            path = keep(folder, inputs, f"{seen}\n{died_of}")
            # libFuzzer ends now and then for what no case did.
            if guided and inputs and not does_it_again(path, bounds=bounds, targets=targets):
                path.unlink()
                path.with_suffix(".txt").unlink()
        if not died_of or not inputs:
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


def does_it_again(path: Path, *, bounds: bool = True, targets: str = TARGETS) -> bool:
    """Whether a case that was kept ends a process of its own too, with an exception or worse."""
    source = (
        f"from pathlib import Path; from tests.fuzz.watch import again; again(Path({str(path)!r}), targets={targets!r})"
    )
    environment = {**os.environ, **environment_of(bounds=bounds)}
    try:
        run = subprocess.run(
            [sys.executable, "-c", source],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=_AGAIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    return run.returncode != 0


def environment_of(*, bounds: bool) -> dict[str, str]:
    """What a process that runs cases is told: whether kernels check bounds, and that small cases need no threads.

    Each thread would take addresses for memory of its own, which on a machine with many cores are more than are allowed.
    """
    few = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    return {"NUMBA_BOUNDSCHECK": str(int(bounds)), "PYTHONPATH": str(ROOT), **few}


def _child(ring: Ring, arguments: Sequence[str], *, bounds: bool) -> tuple[str, str, float]:
    """Run the child; returns what it died of, if it did, the end of what it said, and how long its cases took."""
    environment = {**os.environ, **environment_of(bounds=bounds)}
    command = [sys.executable, "-m", "tests.fuzz.child", *arguments]
    with (
        TemporaryFile("w+", errors="replace") as said,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=said, text=True) as child,
    ):
        assert child.stdout is not None
        most_s = float(child.stdout.readline() or 0)
        began = time.monotonic()
        try:
            is_stuck = _is_stuck(child, ring, most_s=most_s)
        finally:
            # Its stack is printed by faulthandler, in C, and so of a kernel that does not return too.
            if child.poll() is None:
                child.send_signal(signal.SIGABRT)
        code = child.wait()
        said.seek(0)
        seen = said.read()[-20_000:]
    died_of = f"a case took longer than {most_s:g} s" if is_stuck else _meaning(code)
    return died_of, seen, time.monotonic() - began


def _is_stuck(child: subprocess.Popen[str], ring: Ring, *, most_s: float) -> bool:
    """Wait for the child; says whether it came no further for so long."""
    runs, since = -1, time.monotonic()
    while child.poll() is None:
        time.sleep(_LOOK_S)
        if (now := ring.tally().runs) != runs:
            runs, since = now, time.monotonic()
        elif runs and time.monotonic() - since > most_s:
            return True
    return False


def _meaning(code: int) -> str:
    if not code:
        return ""
    return f"the process ended with {f'signal {signal.Signals(-code).name}' if code < 0 else f'exit code {code}'}"
