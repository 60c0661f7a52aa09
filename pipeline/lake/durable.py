"""Bytes that are on the disk when the call returns, or an error that says why they are not."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import LakeError, of_system

# Whoever writes to the lake writes a batch.
_BATCH = "nothing of this batch is visible"


def token() -> str:
    """32 hex digits that no other writer draws."""
    return secrets.token_hex(16)


def write_new(path: Path, content: memoryview) -> None:
    """Write a file that must not exist yet; nothing is left of it when that fails."""
    with explained(path, f"writing {len(content):,} bytes", lost=_BATCH):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            _write_all(descriptor, content)
            os.fsync(descriptor)
        except BaseException:
            remove(path)
            raise
        finally:
            os.close(descriptor)


def rename(old: Path, new: Path) -> None:
    """Give a written file its name; a file of that name is replaced."""
    with explained(new, f"renaming {old.name}", lost=_BATCH):
        os.replace(old, new)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    with explained(path, "syncing the folder", lost=_BATCH):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file that may be gone already."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


@contextmanager
def explained(path: Path, doing: str, *, lost: str = "") -> Iterator[None]:
    """Turn what the operating system refuses into a LakeError with path, reason and what was lost by it."""
    try:
        yield
    except OSError as error:
        refused = of_system(error, where=str(path), doing=f"{doing} failed")
        raise LakeError(f"{refused}{f'; {lost}' if lost else ''}") from error


def _write_all(descriptor: int, content: memoryview) -> None:
    # A full disk may take a part of the bytes before it refuses the rest.
    while content:
        content = content[os.write(descriptor, content) :]
