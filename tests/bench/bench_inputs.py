"""What finding, reading, hashing and unpacking costs per file; run as a program: prints µs per file and MB/s."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from isal import isal_zlib

from pipeline.inputs.find import find
from pipeline.inputs.limits import Limits
from pipeline.inputs.read import read
from pipeline.values import Blob

_LIMITS = Limits(max_plain_bytes=1 << 30, max_ratio=200, max_members=1_000_000, max_depth=2)
_FILES = 2_000
_ROUNDS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        contents = [_profile_like(seed) for seed in range(_FILES)]
        _print_codecs(contents)
        _write_folder(folder / "gz", contents)
        _write_archives(folder, contents)
        for name in ("gz", "all.zip", "all.tar", "all.tar.gz"):
            _print_reading(str(folder / name))


def _profile_like(seed: int) -> bytes:
    """About 50 KB with the texture of a heap profile, in gzip about 14 KB."""
    draw = random.Random(seed)
    words = [draw.randbytes(draw.randint(6, 24)) for _ in range(300)]
    parts = [draw.choice(words) + bytes((18, draw.randint(0, 40), 0)) for _ in range(2_600)]
    return b"".join(parts)


def _write_folder(folder: Path, contents: Sequence[bytes]) -> None:
    folder.mkdir()
    for number, content in enumerate(contents):
        (folder / f"heap-{number:05}.pb.gz").write_bytes(_gzip(content))


def _write_archives(folder: Path, contents: Sequence[bytes]) -> None:
    packed = {f"heap-{number:05}.pb.gz": _gzip(content) for number, content in enumerate(contents)}
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for name, content in packed.items():
            archive.writestr(name, content)
    with tarfile.open(folder / "all.tar", "w") as tar:
        for name, content in packed.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (folder / "all.tar.gz").write_bytes(gzip.compress((folder / "all.tar").read_bytes(), 1))


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def _print_codecs(contents: Sequence[bytes]) -> None:
    packed = [_gzip(content) for content in contents]
    size = sum(map(len, contents)) // len(contents)
    print(f"{_FILES} files, {sum(map(len, packed)) / len(packed):,.0f} bytes each, {size:,} plain")
    for name, gunzip in (("standard library", gzip.decompress), ("isal one-shot", _isal_gunzip)):
        _print(
            f"gunzip alone, {name}", min(_timed(map(gunzip, packed)) for _ in range(_ROUNDS)), sum(map(len, contents))
        )


def _isal_gunzip(content: bytes) -> bytes:
    return isal_zlib.decompress(content, 31)


def _print_reading(path: str) -> None:
    best, size = float("inf"), 0
    for _ in range(_ROUNDS):
        sizes: list[int] = []
        best = min(best, _timed(_sizes(path, sizes)))
        size = sum(sizes)
        assert len(sizes) == _FILES
    _print(f"find + read {Path(path).name}", best, size)


def _sizes(path: str, sizes: list[int]) -> Iterator[None]:
    for origin in find([path], labels={}):
        for blob in read(origin, limits=_LIMITS):
            assert isinstance(blob, Blob)
            sizes.append(len(blob.content))
            yield


def _timed(work: Iterator[object]) -> float:
    start = time.perf_counter()
    for _ in work:
        pass
    return time.perf_counter() - start


def _print(name: str, seconds: float, size: int) -> None:
    print(f"{name:32} {seconds / _FILES * 1e6:7.1f} µs/file {size / seconds / 1e6:8.0f} MB/s")


if __name__ == "__main__":
    main()
