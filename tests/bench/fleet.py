"""A fleet's heap profiles: `python -m tests.bench.fleet [PROFILES]` writes them to `.cache/bench`, once.

Forty services with instances of several builds, a handful of profiles of each instance in time order, as Go writes
them: four sample types, scaled values, the size of the objects as a label, inlined functions, one binary per build.
Some sites of every instance grow. Symbols are encoded once for a build and samples all at a time.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from isal import isal_zlib

from pipeline.generated.profile_pb2 import Profile
from pipeline.values import Bytes, Int64s
from tests.oracle import toolchain

BENCH: Final = toolchain.CACHE / "bench"
SERVICES: Final = 40
# Moments of one instance.
MOMENTS: Final = 10
_BUILDS: Final = 3
_STACKS, _SAMPLES, _LOCATIONS, _FUNCTIONS = 2000, 1300, 3000, 1800
_MEMPROFILE_RATE: Final = 512 << 10
_START_NS: Final = 1_790_000_000 * 10**9
_EVERY_NS: Final = 600 * 10**9
_SIZES: Final = np.array([16, 32, 48, 64, 96, 128, 256, 512, 1024, 4096, 8192, 65536])


@dataclass(frozen=True, slots=True)
class _Build:
    """What all profiles of a build share: symbols as bytes, and each stack's locations and labels as bytes."""

    symbols: bytes
    stacks: Bytes
    lengths: Int64s
    sizes: Int64s


def fleet(profiles: int) -> Path:
    """A folder with so many profiles, `service=/instance=/build=/`; written on first use (10,000 take a minute)."""
    folder = BENCH / f"fleet-{profiles}"
    if not folder.exists():
        write_fleet(folder, series=profiles // MOMENTS, moments=range(MOMENTS))
    return folder


def write_fleet(folder: Path, *, series: int, moments: range, services: int = SERVICES) -> None:
    """Write the profiles of so many instances at some moments, the instances dealt out to the services in turn."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        instances = [(series + SERVICES - 1 - service) // SERVICES for service in range(services)]
        work = partial(_write_service, Path(scratch) / "fleet", moments=moments)
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(work, range(services), instances))
        (Path(scratch) / "fleet").rename(folder)


def _write_service(folder: Path, service: int, instances: int, *, moments: range) -> None:
    builds = [_build(service, build) for build in range(_BUILDS)]
    for instance in range(instances):
        build = instance % _BUILDS
        home = folder / f"service=service{service:02}" / f"instance=pod-{instance}" / f"build=v1.{build}"
        home.mkdir(parents=True)
        for moment in moments:
            plain = _profile(builds[build], seed=(service, instance), moment=moment)
            (home / f"heap-{moment:04}.pb.gz").write_bytes(isal_zlib.compress(plain, 1, 31))


def _build(service: int, build: int) -> _Build:
    draw = np.random.default_rng((service, 0))
    paths = _paths(draw)
    sizes = _SIZES[draw.integers(0, len(_SIZES), _STACKS)]
    heads = [
        _field(1, b"".join(map(_varint, path + 1))) + _field(3, b"\x08\x07\x18" + _varint(size))
        for path, size in zip(paths, sizes, strict=True)
    ]
    lengths = np.array([len(head) for head in heads])
    stacks = np.zeros((_STACKS, lengths.max()), np.uint8)
    for row, head in zip(stacks, heads, strict=True):
        row[: len(head)] = np.frombuffer(head, np.uint8)
    return _Build(_symbols(service, build), stacks, lengths, sizes)


def _paths(draw: np.random.Generator) -> list[Int64s]:
    """Each stack's locations, leaf first: all but a few leave another's path at some depth."""
    paths = _frequent(draw, (1, 40))
    for count, earliest in ((8, 2), (100, 6), (_STACKS, 10)):
        parents = paths[draw.integers(0, len(paths), count)]
        leaves_at = draw.integers(earliest, 36, count)[:, None]
        fresh = np.where(
            draw.random((count, 40)) < 0.5, draw.integers(0, _LOCATIONS, (count, 40)), _frequent(draw, (count, 40))
        )
        paths = np.where(np.arange(40) < leaves_at, parents, fresh)
    depths = draw.integers(10, 41, _STACKS)
    # Most sites have a line of their own.
    paths[np.arange(_STACKS), depths - 1] = draw.integers(0, _LOCATIONS, _STACKS)
    return [path[:depth][::-1] for path, depth in zip(paths, depths, strict=True)]


def _frequent(draw: np.random.Generator, shape: tuple[int, int]) -> Int64s:
    return np.minimum((draw.pareto(0.9, shape) * 20).astype(np.int64), _LOCATIONS - 1)


def _symbols(service: int, build: int) -> bytes:
    """Everything of a profile but its samples and times. The builds of a service have other addresses for the same code."""
    profile = Profile()
    words = ["", "alloc_objects", "count", "alloc_space", "bytes", "inuse_objects", "inuse_space", "bytes", "space"]
    for kind, unit in ((1, 2), (3, 4), (5, 2), (6, 4)):
        profile.sample_type.add(type=kind, unit=unit)
    profile.period_type.type, profile.period_type.unit, profile.period = 8, 4, _MEMPROFILE_RATE
    profile.default_sample_type = 6
    draw = np.random.default_rng((service, 1))
    words += [f"/srv/service{service:02}", f"{service:08x}{build:08x}"]
    profile.mapping.add(
        id=1, memory_start=0x400000, memory_limit=0x4000000, filename=9, build_id=10, has_functions=True
    )
    for number in range(_FUNCTIONS):
        owner = "example.org/lib" if number % 3 else f"example.org/service{service:02}"
        package = f"{owner}/pkg{number % 41}"
        words += [f"{package}.(*Type{number % 97}).method{number}", f"{package}/file{number % 7}.go"]
        profile.function.add(id=number + 1, name=len(words) - 2, system_name=len(words) - 2, filename=len(words) - 1)
    for number in range(_LOCATIONS):
        location = profile.location.add(id=number + 1, mapping_id=1, address=0x401000 + 64 * number + build)
        for _ in range(2 if number % 5 == 0 else 1):
            location.line.add(function_id=int(draw.integers(1, _FUNCTIONS + 1)), line=int(draw.integers(1, 2000)))
    profile.string_table.extend(words)
    return profile.SerializeToString()


def _profile(build: _Build, *, seed: tuple[int, int], moment: int) -> bytes:
    """One profile: of each instance other stacks, and of those a hundredth grows."""
    draw = np.random.default_rng((*seed, 2))
    taken = np.sort(draw.permutation(_STACKS)[:_SAMPLES])
    sizes = build.sizes[taken]
    # As many as one sample in half a megabyte stands for.
    scale = np.maximum(1, _MEMPROFILE_RATE // sizes)
    is_live = draw.random(_SAMPLES) < 0.65
    live = np.where(is_live, draw.integers(1, 20, _SAMPLES), 0) * scale
    grows = (draw.random(_SAMPLES) < 0.01) & is_live
    jitter = np.random.default_rng((*seed, 3, moment)).integers(0, 2, _SAMPLES) * scale * is_live
    live = live + grows * moment * scale * draw.integers(1, 9, _SAMPLES) + jitter
    ever = live + draw.integers(0, 100, _SAMPLES) * scale * (moment + 1) + scale
    values = np.stack([ever, ever * sizes, live, live * sizes], axis=1)
    time_ns = _START_NS + moment * _EVERY_NS + seed[1] * 10**9
    return build.symbols + _samples(build.stacks[taken], build.lengths[taken], values) + b"\x48" + _varint(time_ns)


def _samples(heads: Bytes, lengths: Int64s, values: Int64s) -> bytes:
    """Samples as on the wire: length, head, values; every row in a matrix as wide as the widest, and then what counts."""
    groups = np.arange(10)
    rest = values[:, :, None] >> np.minimum(7 * groups, 63)
    used = (rest > 0) | (groups == 0)
    more = np.concatenate([rest[:, :, 1:] > 0, np.zeros((*values.shape, 1), bool)], axis=2)
    digits = (rest & 127 | more * 128).astype(np.uint8).reshape(len(values), -1)
    is_digit = used.reshape(len(values), -1)
    value_bytes = is_digit.sum(axis=1)
    size = lengths + 2 + value_bytes
    rows = np.concatenate(
        [
            np.stack([np.full(len(values), 18), size & 127 | 128, size >> 7], axis=1).astype(np.uint8),
            heads,
            np.stack([np.full(len(values), 18), value_bytes], axis=1).astype(np.uint8),
            digits,
        ],
        axis=1,
    )
    always = np.ones((len(values), 3), bool)
    counts = np.concatenate([always, np.arange(heads.shape[1]) < lengths[:, None], always[:, :2], is_digit], axis=1)
    return rows[counts].tobytes()


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    value = int(value)
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


if __name__ == "__main__":
    print(fleet(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
