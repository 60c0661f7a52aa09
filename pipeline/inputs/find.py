"""From what stands on the command line to the files meant by it, each with its labels."""

from __future__ import annotations

import fnmatch
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.buckets import SCHEMES, is_url, local_path
from pipeline.errors import UsageError
from pipeline.inputs.labels import SIDECAR, Labels, Sidecar, folder_labels, is_data_file, is_sidecar, sidecar
from pipeline.inputs.objects import objects
from pipeline.inputs.web import is_web
from pipeline.values import Origin

STANDARD_INPUT = "-"
_MAGIC = re.compile(r"[*?[]")
# Device and inode.
_Identity: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder with what its name, the folders around it and their sidecars say about its files.

    is_data  whether what begins so is data, whatever its name
    """

    path: str
    is_data: Callable[[bytes], bool]
    from_names: Mapping[str, str]
    from_sidecars: Sidecar

    def child(self, path: str, name: str) -> _Folder:
        """A folder in it."""
        return _Folder(
            path,
            self.is_data,
            {**self.from_names, **folder_labels((name,))},
            sidecar(os.path.join(path, SIDECAR), is_data=self.is_data).below(self.from_sidecars),
        )

    def is_sidecar(self, name: str) -> bool:
        """Whether a file in it holds labels rather than data."""
        return is_sidecar(name) and not is_data_file(os.path.join(self.path, name), is_data=self.is_data)

    def beside(self, name: str) -> Sidecar:
        """The labels from the sidecar beside a file in it."""
        return sidecar(os.path.join(self.path, f"{name}.{SIDECAR}"), is_data=self.is_data)

    def labels(self, flags: Mapping[str, str], *, own: Sidecar | None = None) -> Labels:
        """The labels of a file in it; `own` are from the sidecar beside that file."""
        said = own.below(self.from_sidecars) if own else self.from_sidecars
        return Labels(self.from_names, {**said.labels, **flags}, said.fault)


@dataclass(frozen=True, slots=True)
class _Around:
    """The folders that paths name, remembered, as globs name few of them often.

    skip  folders of object stores to leave out
    """

    is_data: Callable[[bytes], bool]
    skip: tuple[str, ...] = ()
    folders: dict[str, _Folder] = field(default_factory=dict)


def find(
    paths: Sequence[str],
    *,
    labels: Mapping[str, str],
    skip: Iterable[str] = (),
    is_data: Callable[[bytes], bool] = lambda head: False,
) -> Iterator[Origin]:
    """Every input that `paths` name, in their order, the files of a folder sorted by name.

    A path is a file, a folder (with all below it), a glob the shell left alone (`*`, `?`, `[...]`, and `**`
    for any number of folders), the URL of one of them in an object store, what a http:// URL answers, or "-" for
    standard input. A file that is there is never taken for a glob.
    Hidden files and folders are skipped unless named; sidecars always are. Links are followed; a folder
    that can be reached in several ways is read once for each path, links last, so links in a circle do no
    harm. What is no file (a FIFO, a device, a folder that may not be listed) is found too: `read` refuses it.

    The labels of a file, weakest first:
      `key=value` folders    of the path as given and below it; for an absolute path that is every folder
                             from the root, for a relative one none above the working folder. Inner ones
                             win. Values are URL-decoded. A file's own name is never a label.
      sidecars               `labels.json` in any of the same folders (for a relative path the working
                             folder too) for all below it, inner ones winning key by key; then
                             `X.labels.json` beside the file X. A flat JSON object.
      `labels`               the flags.

    skip     files and folders to leave out of the folders that are walked: what heapscape itself writes
    is_data  whether a file that begins so is no sidecar, though it is named like one

    Raises UsageError at once for a path that does not exist. What a broken sidecar would label `read` refuses.
    """
    given = [_checked(local_path(path)) for path in paths]
    if given.count(STANDARD_INPUT) > 1:
        raise UsageError("standard input (-) is given twice; it can be read once")
    skip = tuple(skip)
    around = _Around(is_data, tuple(filter(is_url, skip)))
    return _found(given, labels, frozenset(filter(None, map(_identity, skip))), around)


def _found(
    paths: Sequence[str], flags: Mapping[str, str], skip: frozenset[_Identity], around: _Around
) -> Iterator[Origin]:
    for path in paths:
        if path == STANDARD_INPUT:
            yield Origin(path, labels=Labels({}, flags))
        elif is_url(path):
            yield from objects(path, labels=flags, skip=around.skip, is_data=around.is_data)
        elif is_web(path):
            yield Origin(path, labels=Labels(folder_labels(path.partition("?")[0].split("/")), flags))
        elif os.path.lexists(path):
            yield from _below(path, flags, around, skip)
        else:
            yield from _matching(path, flags, around, skip)


def _checked(path: str) -> str:
    """The path, when there is something at it; a glob may match nothing now, which is found out in its turn."""
    if path == STANDARD_INPUT or is_url(path) or is_web(path) or os.path.exists(path):
        return path
    if os.path.islink(path):
        raise UsageError(f"{path}: is a link to {os.readlink(path)}, which does not exist; mend or remove it")
    if path and _MAGIC.search(path):
        if next(_expand(_root(path), _parts(path)), None) is None:
            raise UsageError(f"{path}: no file matches; {_nearest(path)}")
        return path
    if not path:
        raise UsageError("an empty path was given; give a file, a folder, a glob or - for standard input")
    if "://" in path:
        known = ", ".join(f"{scheme}://" for scheme in (*SCHEMES, "https", "http", "file"))
        raise UsageError(f"{path}: no file has this name, and of URLs those of {known} are read")
    raise UsageError(f"{path}: no such file or folder; {_nearest(path)}")


def _nearest(path: str) -> str:
    """A sentence about the longest beginning of a path that exists."""
    parent = os.path.dirname(path.rstrip("/"))
    while parent and not os.path.exists(parent):
        parent = os.path.dirname(parent)
    return f"the nearest that exists is {parent or 'the working folder, ' + os.getcwd()}"


def _below(path: str, flags: Mapping[str, str], around: _Around, skip: frozenset[_Identity]) -> Iterator[Origin]:
    """One file, or all files of a folder."""
    if os.path.isdir(path):
        yield from _walk(_folder(path, around), flags, skip)
        return
    parent, name = os.path.split(path)
    folder = _folder(parent, around)
    if not folder.is_sidecar(name):
        yield Origin(path, labels=folder.labels(flags, own=folder.beside(name)))


def _folder(path: str, around: _Around) -> _Folder:
    """A folder with the labels of all folders its path names."""
    waiting = []
    known = around.folders
    while path not in known and path.rstrip("/"):
        path, name = os.path.split(path.rstrip("/"))
        waiting.append(name)
    if path not in known:
        known[path] = _Folder(path, around.is_data, {}, Sidecar()).child(path, "")
    folder = known[path]
    while waiting:
        name = waiting.pop()
        folder = folder.child(os.path.join(folder.path, name), name)
        known[folder.path] = folder
    return folder


def _walk(folder: _Folder, flags: Mapping[str, str], skip: frozenset[_Identity]) -> Iterator[Origin]:
    """All files below a folder; linked folders come last, and none is entered twice."""
    seen: set[_Identity] = set()
    linked = deque([folder])
    while linked:
        stack = [_entries(linked.popleft(), flags, seen=seen, linked=linked, skip=skip)]
        while stack:
            entry = next(stack[-1], None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, Origin):
                yield entry
            else:
                stack.append(_entries(entry, flags, seen=seen, linked=linked, skip=skip))


def _entries(
    folder: _Folder,
    flags: Mapping[str, str],
    *,
    seen: set[_Identity],
    linked: deque[_Folder],
    skip: frozenset[_Identity],
) -> Iterator[Origin | _Folder]:
    """The files and folders in a folder by name; folders behind links go to `linked`."""
    labels = folder.labels(flags)
    try:
        status = os.stat(folder.path)
        entries = _sorted_entries(folder.path) if (status.st_dev, status.st_ino) not in seen else []
    except OSError:
        # It may not be listed, or vanished; `read` says which.
        yield Origin(folder.path, labels=labels)
        return
    seen.add((status.st_dev, status.st_ino))
    sidecars = {entry.name for entry in entries if folder.is_sidecar(entry.name)}
    inodes = {inode for _, inode in skip}
    for entry in entries:
        name = entry.name
        if name.startswith(".") or name in sidecars:
            continue
        # The inode comes with the listing, the device would cost a call for every file.
        if entry.inode() in inodes and _identity(entry.path) in skip:
            continue
        if _is_folder(entry):
            child = folder.child(entry.path, name)
            if entry.is_symlink():
                linked.append(child)
            else:
                yield child
        elif sidecars and f"{name}.{SIDECAR}" in sidecars:
            yield Origin(entry.path, labels=folder.labels(flags, own=folder.beside(name)))
        else:
            yield Origin(entry.path, "", labels)


def _identity(path: str) -> _Identity | None:
    """What tells a file from any other under whatever name; None when it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _sorted_entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder or ".") as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _matching(path: str, flags: Mapping[str, str], around: _Around, skip: frozenset[_Identity]) -> Iterator[Origin]:
    """The files that match a glob, and those in folders that do; what lies below a match is not taken twice."""
    matches = dict.fromkeys(_expand(_root(path), _parts(path)))
    for match in matches:
        parent = os.path.dirname(match)
        while parent and parent not in matches and parent != os.path.dirname(parent):
            parent = os.path.dirname(parent)
        if parent not in matches:
            yield from _below(match, flags, around, skip)


def _root(pattern: str) -> str:
    return "/" if pattern.startswith("/") else ""


def _parts(pattern: str) -> tuple[str, ...]:
    """The pattern between its slashes, `**` behind `**` left out."""
    parts = [part for part in pattern.split("/") if part]
    return tuple(part for place, part in enumerate(parts) if part != "**" or parts[place - 1 : place] != ["**"])


def _expand(folder: str, parts: Sequence[str]) -> Iterator[str]:
    """Every path below `folder` that the parts match, by name; some twice when `**` stands among them."""
    if not parts:
        yield folder or "."
    elif parts[0] == "**":
        # The folder itself stands for all below it, where nothing more is asked of that.
        for inner in _folders_below(folder) if len(parts) > 1 else (folder,):
            yield from _expand(inner, parts[1:])
    elif not _MAGIC.search(parts[0]):
        path = os.path.join(folder, parts[0])
        if os.path.lexists(path):
            yield from _expand(path, parts[1:])
    else:
        for entry in _listed(folder):
            if fnmatch.fnmatchcase(entry.name, parts[0]) and entry.name.startswith(".") <= parts[0].startswith("."):
                yield from _expand(os.path.join(folder, entry.name), parts[1:])


def _folders_below(folder: str) -> Iterator[str]:
    """The folder and those in it at any depth, hidden and linked ones left out, as a shell does."""
    waiting = [folder]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting += [
            os.path.join(inner, entry.name)
            for entry in reversed(_listed(inner))
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
        ]


def _listed(folder: str) -> list[os.DirEntry[str]]:
    """The entries of a folder by name; none where there is no folder to list, so that a glob goes on."""
    try:
        return _sorted_entries(folder)
    except OSError:
        return []
