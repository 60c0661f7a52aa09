"""The profiles that `make bench` decodes: `python -m tests.bench.big_profile` makes them.

One large heap profile (the Go compiler at work on its largest package), two thousand different
small ones, and one as large as an input may be. Too much to commit: they go to `.cache/bench`, once.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from isal import isal_zlib

from pipeline.generated.profile_pb2 import Profile
from tests.oracle import toolchain

BENCH: Final = toolchain.CACHE / "bench"
LARGE: Final = BENCH / "large" / "service=compile" / "heap.pb.gz"
SMALL: Final = BENCH / "small"
EXTREME: Final = BENCH / "extreme" / "heap.pb.gz"
SMALL_SERIES: Final = 8
SMALL_PER_SERIES: Final = 250
_PACKAGE: Final = "cmd/compile/internal/ssa"
# One sample per 4 KiB: 75,000 samples in 1.2 MB. At 1 KiB it would be 160,000 in 2.3 MB.
_RATE: Final = 4096
_EXTREME_SAMPLES: Final = 1_380_000
_EXTREME_DEPTH: Final = 23


@dataclass(frozen=True)
class Timing:
    """What Go's own profile.Parse takes for some files, on one processor, from memory."""

    files: int
    samples: int
    size_bytes: int
    median_ns: int
    min_ns: int


def large_profile() -> Path:
    """The large profile; the compiler writes it on first use (about 40 s)."""
    if not LARGE.exists():
        LARGE.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
            # The folder's name is part of the build cache's key: the compiler really runs. Only
            # into a folder does it write protobuf.
            flags = f"{_PACKAGE}=-memprofile={scratch} -memprofilerate={_RATE}"
            toolchain.run_go(["build", "-trimpath", f"-gcflags={flags}", _PACKAGE], cwd=Path(scratch))
            (written,) = Path(scratch).glob("*.memprof")
            written.rename(LARGE)
    return LARGE


def small_profiles() -> list[Path]:
    """Two thousand profiles of 10 to 100 KB, in time order per series; written on first use (about 30 s)."""
    if not SMALL.exists():
        BENCH.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
            _write_small(Path(scratch) / "small")
            (Path(scratch) / "small").rename(SMALL)
    return sorted(SMALL.rglob("heap-*.pb.gz"))


def _write_small(folder: Path) -> None:
    """Run the program that allocates through many stacks, once per series."""
    source = Path(__file__).resolve().parent / "manystacks"
    program = BENCH / "manystacks"
    toolchain.run_go(["build", "-trimpath", "-o", program, "."], cwd=source)

    def write(series: int) -> None:
        out = folder / "service=manystacks" / f"instance={series}"
        out.mkdir(parents=True)
        options = ["-out", str(out), "-seed", str(series), "-count", str(SMALL_PER_SERIES)]
        subprocess.run([str(program), *options], check=True)

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(write, range(SMALL_SERIES)))


def extreme_profile() -> Path:
    """A profile as large as an input may be under `--memory 1GiB`: more than a million stacks in 84 MiB."""
    if not EXTREME.exists():
        EXTREME.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
            written = Path(scratch) / "heap.pb.gz"
            written.write_bytes(isal_zlib.compress(_extreme_content(), 1, 31))
            written.rename(EXTREME)
    return EXTREME


def _extreme_content() -> bytes:
    """The large profile's symbols, and random paths through them; every number takes as many bytes as the others."""
    plain = isal_zlib.decompress(large_profile().read_bytes(), 31)
    symbols = Profile.FromString(plain)
    ids = np.array([location.id for location in symbols.location if 128 <= location.id < 1 << 14], np.uint16)
    del symbols.sample[:]
    draw = np.random.default_rng(1)
    refs = ids[draw.integers(0, len(ids), (_EXTREME_SAMPLES, _EXTREME_DEPTH))]
    samples = np.zeros((_EXTREME_SAMPLES, 2 * _EXTREME_DEPTH + 18), np.uint8)
    samples[:, :4] = 18, 2 * _EXTREME_DEPTH + 16, 10, 2 * _EXTREME_DEPTH
    samples[:, 4:-14:2], samples[:, 5:-14:2] = refs & 127 | 128, refs >> 7
    samples[:, -14:-12] = 18, 12
    samples[:, -12:] = draw.integers(1, 128, (_EXTREME_SAMPLES, 12)) | np.tile([128, 128, 0], 4)
    return samples.tobytes() + symbols.SerializeToString()


def parse_in_go(files: list[Path], *, seconds: float = 2.0, runs: int = 3) -> Timing:
    """Time Go's profile.Parse on the files: the reference that heapscape is measured against.

    It parses them once unmeasured, then as often as fits into the seconds, at least `runs` times.
    """
    program = toolchain.overlay_build("parse")
    said = json.loads(toolchain.run([program, "bench", "-runs", str(runs), "-seconds", str(seconds), *files]))
    return Timing(
        files=len(files),
        samples=sum(one["samples"] for one in said["files"]),
        size_bytes=sum(one["bytes"] for one in said["files"]),
        median_ns=said["median_ns"],
        min_ns=said["min_ns"],
    )


def main() -> None:
    """Make both, and print how long Go takes to parse them."""
    for name, files in (("large", [large_profile()]), ("small", small_profiles())):
        timing = parse_in_go(files)
        print(
            f"{name}: {timing.files} files, {timing.samples} samples, {timing.size_bytes / 1e6:.1f} MB;"
            f" profile.Parse: median {timing.median_ns / 1e6:.0f} ms, best {timing.min_ns / 1e6:.0f} ms"
        )


if __name__ == "__main__":
    main()
