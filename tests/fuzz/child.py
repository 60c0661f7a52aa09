"""The process that runs the cases of one target; what it dies of, its parent finds written down.

Each case is written to a file before it is run, a mapped one, so that it outlives the process.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import importlib
import mmap
import re
import resource
import struct
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from random import Random
from typing import Final

from tests.fuzz.archives import packed_together
from tests.fuzz.target import Corpus, Target

_HEADER: Final = struct.Struct("<8Q")
_RING_BYTES: Final = 64 << 20
_MOST_BYTES: Final = 1 << 20
# Over what the process has once everything is imported and compiled.
_MORE_ADDRESSES: Final = 4 << 30
_MORE_KIB: Final = 1 << 20


@dataclass(slots=True)
class Tally:
    """How far a run has come: cases, the inputs in them, how many of those were accepted, how many different things were said.

    runs  as cases, and as often as one was tried again to make it smaller
    """

    runs: int = 0
    cases: int = 0
    inputs: int = 0
    accepted: int = 0
    answers: int = 0
    slowest_ms: int = 0
    peak_mib: int = 0


class Ring:
    """The case at hand and the tally, in a file that both processes have mapped."""

    def __init__(self, path: Path) -> None:
        if not path.exists() or path.stat().st_size != _RING_BYTES:
            with path.open("wb") as file:
                file.truncate(_RING_BYTES)
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _RING_BYTES)

    def write(self, inputs: Sequence[bytes], tally: Tally) -> None:
        """Note what is about to be run."""
        sizes = struct.pack(f"<{len(inputs)}Q", *map(len, inputs))
        written = b"".join((_HEADER.pack(*astuple(tally), len(inputs)), sizes, *inputs))
        self._map[: len(written)] = written

    def tally(self) -> Tally:
        """How far the other has come."""
        *numbers, _ = _HEADER.unpack(self._map[: _HEADER.size])
        return Tally(*numbers)

    def inputs(self) -> list[bytes]:
        """What was run last."""
        *_, count = _HEADER.unpack(self._map[: _HEADER.size])
        at = _HEADER.size + 8 * count
        inputs = []
        for size in struct.unpack(f"<{count}Q", self._map[_HEADER.size : at]):
            inputs.append(self._map[at : at + size])
            at += size
        return inputs


class Attempts:
    """Runs cases, and keeps those that break a promise: their bytes, and what was seen."""

    def __init__(self, target: Target, folder: Path, tally: Tally) -> None:
        self.target, self.folder, self.tally = target, folder, tally
        self.ring = Ring(folder / "current")
        self.corpus = Corpus(list(target.seeds()))
        self._base_kib = 0
        self._kinds: set[str] = set()

    def warm_up(self) -> None:
        """Run the seeds, which compiles what is not compiled, then bound the memory."""
        for content in list(self.corpus.contents):
            self.corpus.take(self.target.run([content]))
        pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
        if pages:
            most = pages * mmap.PAGESIZE + _MORE_ADDRESSES
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        self._base_kib = _peak_kib()

    def run(self, inputs: Sequence[bytes]) -> None:
        """One case: written down, run, judged."""
        self.tally.cases += 1
        self.tally.inputs += len(inputs)
        began = time.monotonic()
        error = self._error(inputs)
        self.tally.slowest_ms = max(self.tally.slowest_ms, round(1000 * (time.monotonic() - began)))
        if error and _kind_of(error) not in self._kinds:
            self._kinds.add(_kind_of(error))
            keep(self.folder, self._smallest(inputs, _kind_of(error)), "".join(traceback.format_exception(error)))
        peak = _peak_kib()
        self.tally.peak_mib = max(self.tally.peak_mib, (peak - self._base_kib) >> 10)
        if peak > self._base_kib + _MORE_KIB:
            keep(self.folder, inputs, f"{(peak - self._base_kib) >> 10:,} MiB more than before the first case")
            self._base_kib = peak

    def _error(self, inputs: Sequence[bytes]) -> Exception | None:
        """What running a case raises."""
        self.tally.runs += 1
        self.ring.write(inputs, self.tally)
        try:
            outcome = self.target.run(inputs)
        except Exception as error:
            return error
        self.tally.accepted += outcome.accepted
        self.corpus.take(outcome)
        self.tally.answers = len(self.corpus.traits)
        return None

    def _smallest(self, inputs: Sequence[bytes], kind: str) -> Sequence[bytes]:
        """As few of the inputs as still do it, halved for as long as a half does."""
        while len(inputs) > 1:
            middle = len(inputs) // 2
            for half in (inputs[:middle], inputs[middle:]):
                if (error := self._error(half)) and _kind_of(error) == kind:
                    inputs = half
                    break
            else:
                return inputs
        return inputs


def keep(folder: Path, inputs: Sequence[bytes], seen: str) -> Path:
    """Write a case that breaks a promise down, several inputs as a tar, and what was seen; returns where it is."""
    content, suffix = (inputs[0], ".case") if len(inputs) == 1 else (packed_together(inputs), ".tar")
    path = folder / f"{hashlib.sha256(content).hexdigest()[:12]}{suffix}"
    path.write_bytes(content)
    path.with_suffix(".txt").write_text(f"{seen.rstrip()}\n")
    return path


def kept(folder: Path) -> set[Path]:
    """The cases in a folder."""
    return {path for path in folder.iterdir() if path.suffix in (".case", ".tar")}


def _kind_of(error: BaseException) -> str:
    """What tells one finding from another: the exception and the last line of ours that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/pipeline/" in frame.filename] or frames
    said = re.sub(r"\d+", "#", str(error).partition(":")[0])[:60]
    return f"{type(error).__name__} {ours[-1].filename}:{ours[-1].lineno} {said}"


def _peak_kib() -> int:
    # Bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (10 if sys.platform == "darwin" else 0)


def mutations(attempts: Attempts, *, seed: int, seconds: float, cases: int) -> None:
    """One mutated case after the other, for so long or so many."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and attempts.tally.cases < cases:
        draw = Random(f"{seed} {attempts.target.name} {attempts.tally.cases}")
        target, corpus = attempts.target, attempts.corpus.contents
        attempts.run([target.mutate(corpus, draw)[:_MOST_BYTES] for _ in range(target.together)])


def main(argv: Sequence[str]) -> int:
    """Run cases as the parent asks; the numbers are in the ring, the findings beside it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("targets", help="module:name of the mapping of targets")
    parser.add_argument("target")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--cases", type=int, required=True)
    parser.add_argument("--guided", action="store_true")
    asked = parser.parse_args(argv)
    faulthandler.enable()
    if asked.guided:
        from tests.fuzz.guided import instrumented

        targets = instrumented(asked.targets)
    else:
        module, _, name = asked.targets.partition(":")
        targets = getattr(importlib.import_module(module), name)
    attempts = Attempts(targets[asked.target], asked.folder, Tally(cases=asked.first))
    attempts.warm_up()
    sys.stdout.write(f"{attempts.target.most_s}\n")
    sys.stdout.flush()
    if asked.guided:
        from tests.fuzz.guided import guide

        guide(attempts, seed=asked.seed, seconds=asked.seconds)
    else:
        mutations(attempts, seed=asked.seed, seconds=asked.seconds, cases=asked.cases)
    attempts.ring.write([], attempts.tally)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
