"""Where a lake lies: in a folder or in a bucket. Both write a file whole or not at all, and neither knows what counts.

A file is staged, then published. In a folder that is to write it beside its name, and to rename it and make the name last. In
a bucket an object appears whole, and nobody looks for one that no log lists, so it is put where it belongs at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import pyarrow as pa

from pipeline.buckets import OPTIONS, Bucket, bucket, is_url, split
from pipeline.lake import durable
from pipeline.lake.layout import folders_above, is_staged_name, staged_path

# What is waited for, of a disk or of a network, at the same time.
_AT_ONCE = 8
# What pyarrow reads a Parquet file from.
Readable: TypeAlias = "Path | pa.BufferReader"


class Store(Protocol):
    """The files of one lake; every path is relative to it."""

    @property
    def options(self) -> dict[str, str] | None:
        """What Delta's library needs to know besides the address."""

    def address(self, path: str) -> str:
        """The path as people, the database and Delta's library have it."""

    def has_folder(self, path: str) -> bool:
        """Whether there is anything in a folder."""

    def size(self, path: str) -> int | None:
        """How many bytes a file has; None when it is not there."""

    def readable(self, path: str) -> Readable:
        """A file, to be read as Parquet."""

    def sha256(self, path: str) -> str:
        """The SHA-256 of a file's bytes."""

    def stage(self, path: str, content: memoryview) -> str:
        """Write what is to stand at `path`; returns where it is until it is published."""

    def publish(self, staged: Sequence[tuple[str, str]]) -> None:
        """Give staged files, given with their paths, their names, and make the names last.

        A file that is there already has the same content; replacing it makes it young again, so that no sweep
        takes it for the leftover of a crash.
        """

    def discard(self, staged: Iterable[str]) -> None:
        """Remove what was staged and will not be published."""

    def write(self, path: str, content: memoryview) -> None:
        """Write a file that nobody else writes, and make it last."""

    def remove(self, path: str) -> None:
        """Remove a file that may be gone already."""

    def staged_before(self, path: str, moment: float) -> Iterator[str]:
        """What was staged below a folder until then, and never published."""

    def fetched(self, addresses: Sequence[str], folder: str) -> list[str]:
        """Paths where files, given by their addresses, can be opened; `folder` takes those that have to be fetched."""


def store_of(lake: str) -> Store:
    """Where this lake lies."""
    if not is_url(lake):
        return _Folder(lake)
    root, key = split(lake)
    return _InBucket(bucket(root), f"{key}/" if key else "")


@dataclass(frozen=True, slots=True)
class _Folder:
    lake: str

    @property
    def options(self) -> dict[str, str] | None:
        return None

    def address(self, path: str) -> str:
        return str(Path(self.lake, path))

    def has_folder(self, path: str) -> bool:
        return Path(self.lake, path).is_dir()

    def size(self, path: str) -> int | None:
        try:
            return Path(self.lake, path).stat().st_size
        except FileNotFoundError:
            return None

    def readable(self, path: str) -> Readable:
        return Path(self.lake, path)

    def sha256(self, path: str) -> str:
        with open(self.address(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def stage(self, path: str, content: memoryview) -> str:
        staged = staged_path(os.path.dirname(path), token=durable.token())
        durable.write_new(Path(self.lake, staged), content)
        return staged

    def publish(self, staged: Sequence[tuple[str, str]]) -> None:
        for old, new in staged:
            durable.rename(Path(self.lake, old), Path(self.lake, new))
        if staged:
            # Side by side, for the disk makes several names last in about the time of one.
            folders = [Path(self.lake, folder) for folder in folders_above(path for _, path in staged)]
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sync") as pool:
                list(pool.map(durable.sync_folder, folders))

    def discard(self, staged: Iterable[str]) -> None:
        for path in staged:
            self.remove(path)

    def write(self, path: str, content: memoryview) -> None:
        durable.write_new(Path(self.lake, path), content)
        durable.sync_folder(Path(self.lake, path).parent)

    def remove(self, path: str) -> None:
        durable.remove(Path(self.lake, path))

    def staged_before(self, path: str, moment: float) -> Iterator[str]:
        for found in Path(self.lake, path).rglob(".*.tmp"):
            if is_staged_name(found.name) and _modified_at(found) <= moment:
                yield found.relative_to(self.lake).as_posix()

    def fetched(self, addresses: Sequence[str], folder: str) -> list[str]:
        return list(addresses)


@dataclass(frozen=True, slots=True)
class _InBucket:
    """`folder` is the lake's own, with a slash at its end; empty when the lake is the whole bucket."""

    bucket: Bucket
    folder: str

    @property
    def options(self) -> dict[str, str] | None:
        return dict(OPTIONS)

    def address(self, path: str) -> str:
        return f"{self.bucket.url}/{self.folder}{path}"

    def has_folder(self, path: str) -> bool:
        return next(self.bucket.listed(f"{self.folder}{path}"), None) is not None

    def size(self, path: str) -> int | None:
        found = self.bucket.found(f"{self.folder}{path}")
        return found.size_bytes if found else None

    def readable(self, path: str) -> Readable:
        return pa.BufferReader(self.bucket.read(f"{self.folder}{path}"))

    def sha256(self, path: str) -> str:
        return hashlib.sha256(self.bucket.read(f"{self.folder}{path}")).hexdigest()

    def stage(self, path: str, content: memoryview) -> str:
        self.bucket.put(f"{self.folder}{path}", content)
        return path

    def publish(self, staged: Sequence[tuple[str, str]]) -> None:
        """They have their names."""

    def discard(self, staged: Iterable[str]) -> None:
        """What has this name may be the same content by another writer, and count: a vacuum tells."""

    def write(self, path: str, content: memoryview) -> None:
        self.bucket.put(f"{self.folder}{path}", content)

    def remove(self, path: str) -> None:
        self.bucket.remove(f"{self.folder}{path}")

    def staged_before(self, path: str, moment: float) -> Iterator[str]:
        yield from ()

    def fetched(self, addresses: Sequence[str], folder: str) -> list[str]:
        """DuckDB reads object stores through an extension that would have to be downloaded."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch") as pool:
            return list(pool.map(lambda address: self._fetched(address, folder), addresses))

    def _fetched(self, address: str, folder: str) -> str:
        _, key = split(address)
        target = Path(folder, key.removeprefix(self.folder))
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            self.bucket.fetch(key, file)
        return str(target)


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
