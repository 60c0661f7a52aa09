"""Which files make up each table, at one version of the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipeline.errors import LakeError
from pipeline.lake.manifest import Entry, entries
from pipeline.values import Changes, DataFile, Snapshot


def read_snapshot(lake: str, *, since: Snapshot | None = None) -> Snapshot:
    """The lake as it is now; an absent or empty one is version 0. With `since` only later entries are read."""
    known = since or Snapshot(lake=lake, version=0, files={}, sources=frozenset())
    return advanced(known, list(history(lake, after=known.version)))


def history(lake: str, *, after: int) -> Iterator[Entry]:
    """The entries behind version `after`, each with its refusals: of an older one they are looked up in its files."""
    for entry in entries(lake, after=after):
        yield entry if entry.refused is not None else replace(entry, refused=_refusals(lake, entry.files))


def advanced(known: Snapshot, later: Sequence[Entry]) -> Snapshot:
    """The lake as it is after some more entries."""
    if not later:
        return known
    sources, refused = set(known.sources), dict(known.refused)
    for entry in later:
        for source in entry.replaced:
            sources.discard(source)
            refused.pop(source, None)
        sources |= entry.sources
        refused.update(entry.refused or {})
    return Snapshot(known.lake, later[-1].version, _joined(known.files, later), frozenset(sources), refused)


def files(snapshot: Snapshot, table: str) -> list[str]:
    """Absolute paths of a table's files; none for a table nobody has written yet."""
    return _absolute(snapshot.lake, snapshot.files.get(table, ()))


def changes(snapshot: Snapshot, since_version: int) -> Changes:
    """What happened to the lake after a version and up to the snapshot's."""
    if since_version > snapshot.version:
        raise LakeError(
            f"{snapshot.lake}: its latest commit is {snapshot.version}, and commit {since_version} was asked for; "
            "the lake was replaced by another. Build the database anew from this one"
        )
    later = [entry for entry in entries(snapshot.lake, after=since_version) if entry.version <= snapshot.version]
    added = {table: _absolute(snapshot.lake, found) for table, found in _joined({}, later).items() if found}
    return Changes(added, frozenset().union(*(entry.replaced for entry in later)))


def _joined(known: Mapping[str, tuple[DataFile, ...]], later: Sequence[Entry]) -> dict[str, tuple[DataFile, ...]]:
    found = {table: {file.path: file for file in of_table} for table, of_table in known.items()}
    for entry in later:
        for path in entry.removed:
            found.get(path.partition("/")[0], {}).pop(path, None)
        for file in entry.files:
            found.setdefault(file.table, {})[file.path] = file
    return {table: tuple(of_table.values()) for table, of_table in found.items()}


def _refusals(lake: str, listed: Iterable[DataFile]) -> dict[int, str]:
    # Imported here: a lake whose entries all tell their refusals needs no Parquet for its snapshot.
    from pipeline.lake.datafile import read_rows
    from pipeline.lake.rows import refusals

    found: dict[int, str] = {}
    for file in listed:
        # What cannot be looked up stays as it is, and `verify` tells of its file.
        with suppress(LakeError):
            if file.table == "source":
                found |= refusals(read_rows(Path(lake, file.path), columns=["source_id", "status", "reason"]))
    return found


def _absolute(lake: str, found: Iterable[DataFile]) -> list[str]:
    root = str(Path(lake).absolute())
    return [f"{root}/{file.path}" for file in found]
