"""Inputs in an object store: a URL means one object, all below a folder, or what matches a glob."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from pipeline.buckets import Bucket, Object, bucket, split
from pipeline.errors import UsageError
from pipeline.inputs.labels import SIDECAR, Labels, Sidecar, folder_labels, is_data_file, is_sidecar, sidecar
from pipeline.values import Origin

_MAGIC = re.compile(r"[*?[]")


def objects(
    url: str, *, labels: Mapping[str, str], skip: Sequence[str], is_data: Callable[[bytes], bool]
) -> Iterator[Origin]:
    """The inputs that a URL names, by key; what is hidden, labels and sidecars are as in folders.

    skip  URLs of folders to leave out
    Raises UsageError when there is none.
    """
    root, key = split(url)
    held = bucket(root)
    folder = "/".join(_fixed(key))
    # An object that is there is never taken for a glob.
    only = held.found(key) if key and not url.endswith("/") else None
    listed = [only] if only else sorted(_listed(held, folder, key, skip=skip), key=lambda one: one.key)
    if not listed:
        raise UsageError(f"{url}: no such object, and nothing below it; list the bucket and check the name")
    keys = {one.key for one in listed}

    @cache
    def beside(path: str) -> Sidecar:
        # What lies in the folder is listed; what lies above it, or around a single object, has to be asked for.
        is_listed = not only and (not folder or path.startswith(f"{folder}/"))
        return sidecar(f"{root}/{path}", is_data=is_data) if not is_listed or path in keys else Sidecar()

    for one in listed:
        address = f"{root}/{one.key}"
        if not is_sidecar(one.key.rpartition("/")[2]) or is_data_file(address, is_data=is_data):
            found = _labels(one.key, labels, beside)
            yield Origin(address, labels=found, version=one.version, listed_bytes=one.size_bytes)


def _fixed(key: str) -> list[str]:
    """The parts of a key before the first that is a pattern."""
    parts = key.split("/")
    return parts[: next((place for place, part in enumerate(parts) if _MAGIC.search(part)), len(parts))]


def _listed(held: Bucket, folder: str, pattern: str, *, skip: Sequence[str]) -> Iterator[Object]:
    """The objects below a folder that match, without empty folders' own objects and what is to be left out."""
    parts = [part for part in pattern.split("/") if part]
    left_out = tuple(f"{key}/" for root, key in map(split, skip) if root == held.url)
    for one in held.listed(folder):
        if not one.key.startswith(left_out) and not one.key.endswith("/") and _matches(one.key.split("/"), parts):
            yield one


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a key is what a pattern means, or lies below that; what is hidden has to be named."""
    if not pattern:
        return not any(part.startswith(".") for part in parts)
    if pattern[0] == "**":
        return _matches(parts, pattern[1:]) or (
            bool(parts) and not parts[0].startswith(".") and _matches(parts[1:], pattern)
        )
    return (
        bool(parts)
        and fnmatch.fnmatchcase(parts[0], pattern[0])
        and parts[0].startswith(".") <= pattern[0].startswith(".")
        and _matches(parts[1:], pattern[1:])
    )


def _labels(key: str, flags: Mapping[str, str], beside: Callable[[str], Sidecar]) -> Labels:
    folders = key.split("/")[:-1]
    said = Sidecar()
    for depth in range(len(folders) + 1):
        said = beside("/".join([*folders[:depth], SIDECAR])).below(said)
    said = beside(f"{key}.{SIDECAR}").below(said)
    return Labels(folder_labels(folders), {**said.labels, **flags}, said.fault)
