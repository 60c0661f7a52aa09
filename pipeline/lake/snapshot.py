"""Which files make up each table, at one version of the manifest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.errors import LakeError
from pipeline.lake.manifest import Entry, entries
from pipeline.values import DataFile, Snapshot


def read_snapshot(lake: str, *, since: Snapshot | None = None) -> Snapshot:
    """The lake as it is now; an absent or empty one is version 0. With `since` only later entries are read."""
    known = since or Snapshot(lake=lake, version=0, files={}, sources=frozenset())
    return _advanced(known, list(entries(lake, after=known.version)))


def files(snapshot: Snapshot, table: str) -> list[str]:
    """Absolute paths of a table's files; none for a table nobody has written yet."""
    return _absolute(snapshot.lake, snapshot.files.get(table, ()))


def new_files(snapshot: Snapshot, since_version: int) -> dict[str, list[str]]:
    """Absolute paths of what was committed after a version and up to the snapshot's, by table."""
    if since_version > snapshot.version:
        raise LakeError(
            f"{snapshot.lake}: its latest commit is {snapshot.version}, and commit {since_version} was asked for; "
            "the lake was replaced by another. Build the database anew from this one"
        )
    base = Snapshot(lake=snapshot.lake, version=since_version, files={}, sources=frozenset())
    later = [entry for entry in entries(snapshot.lake, after=since_version) if entry.version <= snapshot.version]
    return {table: _absolute(snapshot.lake, added) for table, added in _advanced(base, later).files.items()}


def _advanced(known: Snapshot, later: Sequence[Entry]) -> Snapshot:
    if not later:
        return known
    return Snapshot(
        lake=known.lake,
        version=later[-1].version,
        files=_joined(known.files, later),
        sources=known.sources.union(*(entry.sources for entry in later)),
    )


def _joined(known: Mapping[str, tuple[DataFile, ...]], later: Sequence[Entry]) -> dict[str, tuple[DataFile, ...]]:
    added: defaultdict[str, list[DataFile]] = defaultdict(list)
    for entry in later:
        for file in entry.files:
            added[file.table].append(file)
    return {table: (*known.get(table, ()), *added.get(table, ())) for table in {**known, **added}}


def _absolute(lake: str, found: Iterable[DataFile]) -> list[str]:
    root = str(Path(lake).absolute())
    return [f"{root}/{file.path}" for file in found]
