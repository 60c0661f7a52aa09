"""Lines of the programs that profiles are of: the one place where source is looked for and read.

A profile names files as the machine that built the program knew them. They are looked for as google/pprof does it
(`internal/report/source.go`, as vendored in Go 1.27), or inside some folders alone. Names come from files that anybody may
have written: what is not a regular file, or is too large to be source, is not read.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

# Go's scanner gives up at a line of this length, and what stands before it is all there is.
_LONGEST_LINE: Final = 64 * 1024
# Generated code of a few hundred thousand lines is there; nothing that people read is larger.
_LARGEST: Final = 64 << 20
# What pprof always takes off.
_ALWAYS_TRIMMED: Final = ("/proc/self/cwd/./", "/proc/self/cwd/")


class NoSource(Exception):
    """A file that was not found or may not be read; says so in pprof's words."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where source is looked for.

    folders   searched in this order; with `is_confined` the only ones, else their parents too and absolute names, as pprof does
    prefixes  to take off the names; without any, all up to a folder of a searched one's name
    """

    folders: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    is_confined: bool = False


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Reads each file once."""

    places: Places
    _known: dict[str, tuple[str, ...] | NoSource] = field(default_factory=dict)

    def lines(self, path: str) -> tuple[str, ...]:
        """The lines of a file as a profile names it, without their ends; raises NoSource.

        Bytes that are not UTF-8 are lone surrogates in them, as in names of files.
        """
        if path not in self._known:
            try:
                self._known[path] = _lines(_content(path, self.places))
            except NoSource as missing:
                self._known[path] = missing
        known = self._known[path]
        if isinstance(known, NoSource):
            raise known
        return known


def split_list(text: str) -> tuple[str, ...]:
    """The parts of a list of paths, as filepath.SplitList takes it apart."""
    return tuple(text.split(os.pathsep)) if text else ()


def trimmed(path: str, *, prefixes: Sequence[str], folders: Sequence[str]) -> str:
    """A name without the prefixes commonly found in profiles, and those asked for; trimPath."""
    if not prefixes:
        for folder in folders:
            wanted = f"/{_last(folder)}/"
            if (found := path.find(wanted)) != -1:
                return path[found + len(wanted) :]
    for prefix in (*prefixes, *_ALWAYS_TRIMMED):
        ended = prefix if prefix.endswith("/") else f"{prefix}/"
        if path.startswith(ended):
            return path[len(ended) :]
    return path


def _last(folder: str) -> str:
    """filepath.Base."""
    return posixpath.basename(folder.rstrip("/")) or ("/" if folder else ".")


def _content(path: str, places: Places) -> bytes:
    if places.is_confined:
        return _confined(path, places)
    found = trimmed(path, prefixes=places.prefixes, folders=places.folders)
    if posixpath.isabs(found):
        try:
            return _read(found)
        except OSError as error:
            raise NoSource(f"open {found}: {(error.strerror or 'it cannot be read').lower()}") from error
    for candidate in _upwards(found, places.folders):
        try:
            return _read(candidate)
        except OSError:
            continue
    raise NoSource(f"could not find file {found} on path {os.pathsep.join(places.folders)}")


def _upwards(path: str, folders: Sequence[str]) -> Iterator[str]:
    """A file in each folder and in every parent of it; openSourceFile."""
    for folder in folders:
        while True:
            yield posixpath.normpath(posixpath.join(folder, path))
            parent = posixpath.dirname(folder.rstrip("/")) or ("/" if folder.startswith("/") else ".")
            if parent == folder:
                break
            folder = parent


def _confined(path: str, places: Places) -> bytes:
    """What is really inside a folder, whatever links and `..` say."""
    for folder in places.folders:
        root = os.path.realpath(folder)
        for candidate in _inside(path, root, places.prefixes):
            try:
                real = os.path.realpath(os.path.join(root, candidate))
                if os.path.commonpath((root, real)) == root:
                    return _read(real)
            except (OSError, ValueError):
                continue
    raise NoSource(f"could not find file {path} in {os.pathsep.join(places.folders)}")


def _inside(path: str, root: str, prefixes: Sequence[str]) -> Iterator[str]:
    """What a file may be called below a folder: as it is, without a prefix, behind each folder of the same name."""
    yield path
    bare = trimmed(path, prefixes=prefixes, folders=())
    if bare != path:
        yield bare
    parts = path.split("/")
    name = posixpath.basename(root)
    for place, part in enumerate(parts[:-1]):
        if part == name:
            yield "/".join(parts[place + 1 :])


def _read(path: str) -> bytes:
    """The bytes of a regular file; raises OSError for anything else. A folder has none, as Go reads it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except ValueError as error:
        raise OSError(0, "invalid argument") from error
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            return b""
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "it is no regular file")
        if status.st_size > _LARGEST:
            raise OSError(0, f"it is {status.st_size:,} bytes long; source is shorter than {_LARGEST:,}")
        with open(handle, "rb", closefd=False) as file:
            return file.read(_LARGEST)
    finally:
        os.close(handle)


def _lines(content: bytes) -> tuple[str, ...]:
    """As bufio.ScanLines takes them apart: no empty one behind the last end, carriage returns dropped."""
    parts = content.split(b"\n")
    if not parts[-1]:
        parts.pop()
    lines: list[str] = []
    for part in parts:
        if len(part) >= _LONGEST_LINE:
            break
        lines.append(part.removesuffix(b"\r").decode(errors="surrogateescape"))
    return tuple(lines)
