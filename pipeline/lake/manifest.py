"""The append-only log of the lake: entry N+1 is created exclusively, and creating it is the commit.

An entry is JSON: `format`, `version`, `committed_at`, `written_by`, `sources` (hex ids), `files` (table, path, rows,
size_bytes, sha256), `summary`, `refused` (hex id and reason of those of `sources` that were refused), `replaced` (hex
ids whose rows from before no longer count) and `removed` (paths of files that had them; others of `files` have their
other rows). A reader that meets a newer `format` stops; unknown keys it passes over.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import LakeError
from pipeline.lake import durable
from pipeline.lake.layout import MANIFEST, MANIFEST_LOCK, entry_path, entry_version, staged_path
from pipeline.values import DataFile

FORMAT_VERSION = 2
# Of an entry that removes nothing: who does not know of removals reads it right.
_ADDING_ONLY = 1
_HEX = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit: what it added, when, and what wrote it.

    committed_at  UTC, ISO 8601
    refused       those of `sources` that were refused, with the reason; None when it was not written down yet
    replaced      sources whose rows from before no longer count
    removed       paths of earlier files that no longer count; what else stood in them stands in `files`
    """

    version: int
    committed_at: str
    written_by: str
    sources: frozenset[int]
    files: tuple[DataFile, ...]
    summary: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[int, str] | None = field(default_factory=dict)
    replaced: frozenset[int] = frozenset()
    removed: tuple[str, ...] = ()


def latest_version(lake: str) -> int:
    """The highest number any entry has; 0 for a lake that is empty or not there."""
    try:
        names = os.listdir(Path(lake, MANIFEST))
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise LakeError(f"{Path(lake, MANIFEST)}: cannot be listed: {error.strerror}; {_CHECK_PATH}") from error
    return max((version for name in names if (version := entry_version(name)) is not None), default=0)


def entries(lake: str, *, after: int) -> Iterator[Entry]:
    """The entries behind version `after`, in order; raises LakeError for a gap or an entry that can't be read.

    Entries are created in order, so when the highest is there, all below it are.
    """
    latest = latest_version(lake)
    if latest < after:
        raise LakeError(
            f"{lake}: its latest commit is {latest}, and it was at {after} before; another lake took its place. "
            "Start again, and build a database that was loaded from the old one anew"
        )
    for version in range(after + 1, latest + 1):
        yield _read(lake, version)


def append(lake: str, entry: Entry) -> bool:
    """Create the entry's file; False when another writer has taken its number."""
    folder, target = Path(lake, MANIFEST), Path(lake, entry_path(entry.version))
    staged = Path(lake, staged_path(MANIFEST, token=durable.token()))
    durable.write_new(staged, memoryview(_encoded(entry)))
    try:
        os.link(staged, target)
    except FileExistsError:
        return False
    except OSError as error:
        raise LakeError(_unlinkable(target, error)) from error
    finally:
        durable.remove(staged)
    durable.sync_folder(folder)
    return True


@contextmanager
def shared_lock(lake: str) -> Iterator[None]:
    """Keep `exclusive_lock` out; any number may hold this one. A process that dies lets go of it."""
    with _locked(lake, fcntl.LOCK_SH):
        yield


@contextmanager
def exclusive_lock(lake: str) -> Iterator[None]:
    """Keep every commit out, so that what no entry lists stays unlisted."""
    with _locked(lake, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(lake: str, kind: int) -> Iterator[None]:
    path = Path(lake, MANIFEST_LOCK)
    with durable.explained(path, "locking"):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        with durable.explained(path, "locking"):
            fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def _encoded(entry: Entry) -> bytes:
    document = {
        "format": FORMAT_VERSION if entry.removed else _ADDING_ONLY,
        "version": entry.version,
        "committed_at": entry.committed_at,
        "written_by": entry.written_by,
        "sources": _as_hex(entry.sources),
        "refused": {f"{source:016x}": reason for source, reason in sorted((entry.refused or {}).items())},
        "replaced": _as_hex(entry.replaced),
        "files": [
            {"table": f.table, "path": f.path, "rows": f.rows, "size_bytes": f.size_bytes, "sha256": f.sha256}
            for f in entry.files
        ],
        "removed": list(entry.removed),
        "summary": dict(entry.summary),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _read(lake: str, version: int) -> Entry:
    path = Path(lake, entry_path(version))
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise LakeError(
            f"{path}: entry {version} is missing, and later ones are there; entries are never removed by heapscape. "
            "Restore it from a copy, or ingest the inputs into a new lake"
        ) from error
    except OSError as error:
        raise LakeError(f"{path}: cannot be read: {error.strerror}; {_CHECK_PATH}") from error
    try:
        return _entry(json.loads(content), path=path, version=version)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise LakeError(
            f"{path}: not a manifest entry: {_fault(error)}; it has {len(content)} bytes. Entries appear whole or not "
            "at all, so it was changed afterwards: restore it from a copy, or ingest the inputs into a new lake"
        ) from error


def _entry(document: Any, *, path: Path, version: int) -> Entry:
    if _number(document, "format") > FORMAT_VERSION:
        raise LakeError(
            f"{path}: manifest format {document['format']}; this heapscape reads up to {FORMAT_VERSION}. "
            f"A newer one wrote it ({document.get('written_by', 'it does not say which')}): upgrade"
        )
    if document["version"] != version:
        raise LakeError(f"{path}: says it is entry {document['version']}; restore the folder's names from a copy")
    return Entry(
        version=version,
        committed_at=_text(document, "committed_at"),
        written_by=_text(document, "written_by"),
        sources=_ids(document["sources"]),
        files=tuple([_data_file(file) for file in document["files"]]),
        summary={name: _number(document["summary"], name) for name in document["summary"]},
        refused=_refused(document["refused"]) if "refused" in document else None,
        replaced=_ids(document.get("replaced", ())),
        removed=tuple(map(_inside, document.get("removed", ()))),
    )


def _as_hex(sources: Iterable[int]) -> list[str]:
    return [f"{source:016x}" for source in sorted(sources)]


def _ids(written: Iterable[str]) -> frozenset[int]:
    return frozenset(map(_id, written))


def _id(written: str) -> int:
    if not _HEX.fullmatch(written):
        raise ValueError(f"{written!r} is no id of 16 hexadecimal digits")
    return int(written, 16)


def _refused(written: Mapping[str, str]) -> dict[int, str]:
    return {_id(source): _text(written, source) for source in written}


def _data_file(document: Any) -> DataFile:
    return DataFile(
        _text(document, "table"),
        _inside(_text(document, "path")),
        _number(document, "rows"),
        _number(document, "size_bytes"),
        _text(document, "sha256"),
    )


def _text(document: Any, name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r:.40}, not text")
    # Half of a surrogate pair, which JSON can spell and nothing can write.
    value.encode()
    return value


def _number(document: Any, name: str) -> int:
    value = document[name]
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise TypeError(f"{name} is {value!r:.40}, not a count")
    return value


def _inside(path: str) -> str:
    """The path, which must lead to a file of the lake."""
    if not path.endswith(".parquet") or path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise ValueError(f"{path!r:.80} is no path of a data file in the lake")
    return path


def _fault(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _unlinkable(target: Path, error: OSError) -> str:
    if error.errno in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
        return (
            f"{target}: this file system has no hard links ({error.strerror}), and without them two writers could "
            "both win; put the lake on a local file system"
        )
    return f"{target}: creating the entry failed: {error.strerror}; nothing of this batch is visible. Run it again"


_CHECK_PATH = "check the path and its permissions"
