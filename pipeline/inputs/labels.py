"""Labels: from `key=value` folders, from sidecar files, from the command line; the last wins."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from pipeline.buckets import bucket, is_url, split
from pipeline.text import storable

SIDECAR = "labels.json"
_SIDECAR_BYTES = 1 << 20
_HEAD_BYTES = 1 << 18
_PART = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)=(.+)", re.DOTALL)
# What Hive and Spark call the folder of rows without a value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
# A folder that says when: of labels that differ from day to day no series and no log would be longer than a day.
_WHEN = re.compile(r"(?:date|dt|ds|year|month|day|hour|hr|minute)=\d{1,8}(?:[-_:.T]?\d{1,4})*Z?", re.IGNORECASE)


class Labels(dict[str, str]):
    """The labels of one origin; treat them as frozen.

    fixed  those from sidecars and flags: a folder inside an archive may not change them
    fault  what is wrong with a sidecar that has a say here, so that nobody knows the labels; "" when they are known
    """

    __slots__ = ("fault", "fixed")

    def __init__(self, folders: Mapping[str, str], fixed: Mapping[str, str], fault: str = "") -> None:
        super().__init__({**folders, **fixed})
        self.fixed = frozenset(fixed)
        self.fault = fault

    def __reduce__(self) -> tuple[type[Labels], tuple[dict[str, str], dict[str, str], str]]:
        return Labels, (dict(self), {key: self[key] for key in self.fixed}, self.fault)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What sidecars say.

    fault  what is wrong with one of them, its name first; "" when nothing is
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    def below(self, outer: Sidecar) -> Sidecar:
        """This one where the outer one counts as well: the inner labels win."""
        return Sidecar({**outer.labels, **self.labels}, outer.fault or self.fault)


def folder_labels(folders: Iterable[str]) -> dict[str, str]:
    """The labels that folder names of the form `key=value` give, inner ones winning; values are URL-decoded.

    None of them says when: `date=2026-11-30`, `hour=07`.
    """
    labels = {}
    for folder in folders:
        if "=" in folder and (part := _PART.fullmatch(folder)) and part[2] != _NO_VALUE:
            value = unquote(part[2])
            if _WHEN.fullmatch(f"{part[1]}={value}") is None:
                labels[part[1]] = storable(value)
    return labels


def member_labels(labels: Mapping[str, str], member: str) -> Mapping[str, str]:
    """An archive's labels with those that the folders of one member give, unless a sidecar or a flag says otherwise."""
    inside = folder_labels(member.split("/")[:-1])
    if not inside:
        return labels
    fixed = labels.fixed if isinstance(labels, Labels) else frozenset(labels)
    return Labels({**labels, **inside}, {key: labels[key] for key in fixed})


def is_sidecar(name: str) -> bool:
    """Whether a file of this name holds labels, if what is in it is not data: compilers log about a `labels.go`."""
    return name == SIDECAR or name.endswith("." + SIDECAR)


def is_data_file(path: str, *, is_data: Callable[[bytes], bool]) -> bool:
    """Whether a file that is named like a sidecar begins as data does; False for one that cannot be read."""
    try:
        content = _beginning(path)
    except (OSError, ValueError):
        return False
    return content is not None and is_data(content[:_HEAD_BYTES])


def sidecar(path: str, *, is_data: Callable[[bytes], bool]) -> Sidecar:
    """The labels of a sidecar file, none when there is no such file, or when it is data that is only named so.

    A flat JSON object; numbers stay as they are written, so that a build 1.40 is not 1.4. Anything else is a fault.
    """
    try:
        content = _beginning(path)
        if content is None or is_data(content[:_HEAD_BYTES]):
            return Sidecar()
        if len(content) > _SIDECAR_BYTES:
            raise ValueError(f"it is larger than {_SIDECAR_BYTES:,} bytes")
        return Sidecar(_parsed(content.decode("utf-8-sig")))
    except OSError as error:
        return Sidecar(fault=f"{path}, which labels it, cannot be read: {error.strerror}")
    except (ValueError, RecursionError) as error:
        return Sidecar(
            fault=f'{path}, which labels it: {error}; a flat JSON object such as {{"service": "checkout"}} was expected'
        )


def _beginning(path: str) -> bytes | None:
    """All of a small file and the beginning of a large one; None when it is not there."""
    if is_url(path):
        root, key = split(path)
        found = bucket(root).found(key)
        return bucket(root).read(key, most=min(found.size_bytes, _SIDECAR_BYTES + 1)) if found else None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        # Of a closed folder nothing can be read, and `read` refuses it; one closed sidecar is a mistake to mend.
        if os.access(os.path.dirname(path) or ".", os.X_OK):
            raise
        return None
    with open(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        return file.read(_SIDECAR_BYTES + 1)


class _Object(list[tuple[str, object]]):
    """A JSON object as its pairs, so that a key that is there twice is seen."""


def _parsed(text: str) -> dict[str, str]:
    pairs = json.loads(text, object_pairs_hook=_Object, parse_int=str, parse_float=str, parse_constant=_no_number)
    if not isinstance(pairs, _Object):
        raise ValueError("it is not a JSON object")
    labels: dict[str, str] = {}
    for key, value in pairs:
        if key in labels:
            raise ValueError(f"the label {key!r} is there twice")
        labels[storable(key)] = storable(_text(key, value))
    return labels


def _no_number(name: str) -> str:
    raise ValueError(f"{name} is not JSON")


def _text(key: str, value: object) -> str:
    if not key:
        raise ValueError("a label has no name")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    found = "null" if value is None else "an object" if isinstance(value, _Object) else "a list"
    raise ValueError(f"the label {key!r} is {found}; text, a number, true or false was expected")
