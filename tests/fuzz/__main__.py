"""Fuzzes the decoders and the pipeline: `python -m tests.fuzz [TARGET ...]`.

Each target runs in a process of its own for so many seconds. A case that crashes it, hangs, takes too much memory,
raises an exception that is not ours or comes to tables that break their schema is kept in out/fuzz/TARGET, its bytes
in a `.case`, what was seen in a `.txt`; `python -m tests.fuzz --again FILE` runs it once more.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.guided import is_possible
from tests.fuzz.watch import ROOT, Account, again, environment_of, fuzz

_COLUMNS = ("inputs", "a second", "accepted", "answers", "slowest", "memory", "findings")


def main(argv: Sequence[str]) -> int:
    """Fuzz the targets one after the other; 0 when nothing was found."""
    asked = _asked(argv)
    os.environ.update(environment_of(bounds=asked.bounds))
    if asked.again:
        again(asked.again)
        print("nothing to be seen")
        return 0
    # Those that check bounds take two or three minutes more, once.
    subprocess.run([sys.executable, "-m", "pipeline.warm"], cwd=ROOT, check=True)
    from tests.fuzz.targets import TARGETS

    seed = asked.seed if asked.seed is not None else int(time.time())
    guided = asked.guided and is_possible()
    print(f"seed {seed}; {'guided by atheris where it sees branches' if guided else 'mutation alone'}")
    print(f"{'target':<12}", *(f"{column:>9}" for column in _COLUMNS), flush=True)
    inputs = findings = 0
    for name in asked.targets or TARGETS:
        account = fuzz(
            name,
            asked.out / name,
            seed=seed,
            seconds=asked.seconds,
            cases=asked.cases,
            guided=guided and TARGETS[name].is_guided,
            bounds=asked.bounds,
        )
        inputs += account.inputs
        findings += report(account)
    print(f"{inputs:,} inputs, {findings} findings")
    return 1 if findings else 0


def report(account: Account) -> int:
    """Print what fuzzing a target came to; returns how many findings there are."""
    numbers = (
        f"{account.inputs:,}",
        f"{account.inputs / max(account.seconds, 0.001):,.0f}",
        f"{account.accepted:,}",
        f"{account.answers:,}",
        f"{account.slowest_ms:,} ms",
        f"{account.peak_mib:,} MiB",
        len(account.findings),
    )
    print(f"{account.target:<12}", *(f"{number:>9}" for number in numbers))
    for path in account.findings:
        seen = path.with_suffix(".txt").read_text().strip().splitlines() or [""]
        print(f"  {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}\n    {seen[-1][:200]}")
    sys.stdout.flush()
    return len(account.findings)


def _asked(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="fuzz the decoders and the pipeline")
    parser.add_argument("targets", nargs="*", help="what to fuzz; all without one")
    parser.add_argument("--seconds", type=float, default=120.0, help="for each target (default %(default)s)")
    parser.add_argument(
        "--cases", type=int, default=1 << 62, help="at most so many for each target, of one or more inputs"
    )
    parser.add_argument("--seed", type=int, help="the same cases again; the time of day without it")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "fuzz", help="where findings go")
    parser.add_argument("--no-bounds", dest="bounds", action="store_false", help="kernels as users run them")
    parser.add_argument("--no-guide", dest="guided", action="store_false", help="mutation alone, even with atheris")
    parser.add_argument("--again", type=Path, metavar="FILE", help="run a case that was kept once more")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
