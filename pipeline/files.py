"""Files: written beside their name and renamed, so that nobody ever finds half of one, and copied for nothing where that can be."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import of_system

_FORGOTTEN_S = 24 * 60 * 60
_COPIED_AT_ONCE_BYTES = 1 << 30
# Folders whose names stand for what is open already: /dev/stdout leads there.
_OPEN_FILES = ("/proc/", "/dev/fd")


@contextmanager
def written_beside(path: str | Path) -> Iterator[Path]:
    """The path of an empty draft, which takes the place of `path` when the block ends well and is removed otherwise.

    A link is followed and stays; a file that is replaced hands on its owner and permissions; a device, a pipe or
    /dev/stdout is written as it is. Raises UsageError or PipelineError with the path for what the system refuses.
    """
    try:
        target = _target(str(path))
        if target is None:
            yield Path(path)
            return
        replaced = _replaceable(target)
        draft = _new_draft(Path(target).parent)
        try:
            yield draft
            _publish(draft, target, replaced)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise of_system(error, where=str(path), doing="cannot be written") from error


def _target(path: str) -> str | None:
    """The name to rename to, behind all links; None for what can only be written as it is."""
    while os.path.islink(path):
        folder = os.path.realpath(os.path.dirname(path))
        if folder.startswith(_OPEN_FILES):
            return None
        # Through stat first: it refuses a circle of links.
        with suppress(FileNotFoundError):
            os.stat(path)
        path = os.path.join(folder, os.readlink(path))
    if os.path.realpath(os.path.dirname(path)).startswith(_OPEN_FILES):
        return None
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        return path if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else None
    return path


def _replaceable(target: str) -> os.stat_result | None:
    """What stands there now; raises OSError for a folder, and for a file that may not be written."""
    try:
        found = os.stat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
    if not os.access(target, os.W_OK):
        # A rename asks the folder only, and would replace what its owner has closed.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), target)
    return found


def _new_draft(folder: Path) -> Path:
    # Hidden, so that nobody takes it for an input; the name of the target may be as long as names get.
    for forgotten in folder.glob(".heapscape-*.draft"):
        with suppress(OSError):
            if time.time() - forgotten.stat().st_mtime > _FORGOTTEN_S:
                forgotten.unlink()
    draft = folder / f".heapscape-{os.getpid()}-{secrets.token_hex(8)}.draft"
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    return draft


def _publish(draft: Path, target: str, replaced: os.stat_result | None) -> None:
    if replaced is not None:
        with suppress(OSError):
            os.chown(draft, replaced.st_uid, replaced.st_gid)
        os.chmod(draft, replaced.st_mode & 0o777)
    with open(draft, "rb") as written:
        os.fsync(written.fileno())
    os.replace(draft, target)


def copy(path: str | Path, target: str | Path) -> None:
    """Copy a file: file systems that can (XFS, Btrfs, ZFS) share its blocks, which takes a millisecond for a gigabyte."""
    # macOS has no such call, and a file system may not know it.
    with suppress(AttributeError, OSError), open(path, "rb") as read, open(target, "wb") as written:
        while os.copy_file_range(read.fileno(), written.fileno(), _COPIED_AT_ONCE_BYTES):
            pass
        if os.fstat(written.fileno()).st_size == os.fstat(read.fileno()).st_size:
            return
    shutil.copyfile(path, target)
