"""Lines of JSON in which a line of the runtime's is the value of a field: what it says, when, and of whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline.formats.gctrace.front import NO_STAMP, Stamp, time_of

# What a text is called, the usual names first; any other that has a line in it will do.
_TEXTS: Final = ("log", "message", "msg", "MESSAGE", "textPayload", "line")
TIMES: Final = (
    "time",
    "ts",
    "timestamp",
    "@timestamp",
    "__REALTIME_TIMESTAMP",
    "t",
    "date",
    "_time",
    "TimeGenerated",
    "timeUnixNano",
    "observedTimeUnixNano",
)
# Of whom an object speaks: a field of this name, or, of the first of them, the name or id of an object of this name.
OWNERS: Final = ("service", "namespace", "pod", "container", "host", "node", "instance", "process", "task")
OWN: Final = ("name", "id", "uid", "pid")
NAMES: Final = (
    *(
        "service",
        "app",
        "namespace_name",
        "namespace",
        "pod_name",
        "pod",
        "container_name",
        "container",
        "container_id",
    ),
    *(
        "host",
        "hostname",
        "_HOSTNAME",
        "node_name",
        "instance",
        "alloc_id",
        "tag",
        "SYSLOG_IDENTIFIER",
        "_SYSTEMD_UNIT",
    ),
    # Azure's, AWS's and Google's logs, and what is written by who spells names in one word.
    *("podName", "PodName", "containerName", "ContainerName", "containerId", "ContainerID", "ContainerId", "nodeName"),
    *("hostName", "Computer", "service_name", "serviceName", "revision_name", "instanceId", "instance_id", "task_id"),
    *("ecs_task_arn", "logStreamName", "logStream", "@logStream", "log_stream"),
    *("unit", *(f"{owner}.{own}" for owner in OWNERS for own in OWN), "pid", "_PID"),
)
# Objects in objects: `{"resource": {"labels": {"pod_name": …}}}`, `{"kubernetes": {"pod": {"name": …}}}`.
_DEPTH: Final = 3
_OBJECT: Final = re.compile(r"\{\s*\"")
_DECODER: Final = json.JSONDecoder()
# A number of the time that is written as a string.
NUMBER: Final = re.compile(r"\d{10,19}(?:\.\d{1,9})?")
# Seconds, and what has a thousand times as many digits, of the years 2001 to 2286.
LEAST_SECONDS: Final = 1_000_000_000
UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
_SECOND: Final = 1_000_000


class Unreadable(Exception):
    """What begins as an object and is none."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """What an object of a line says.

    texts  the field with the runtime's lines, cut at line feeds
    names  `key=value` of what it says of its process
    """

    before: bytes
    texts: tuple[bytes, ...]
    stamp: Stamp
    names: str


def unwrap(text: bytes, place: int, opening: re.Pattern[bytes]) -> Wrapped | None:
    """The object around a place of a line; None where it stands in none. Raises Unreadable for one that breaks off."""
    head = text[:place].decode("utf-8", "surrogateescape")
    whole = text.decode("utf-8", "surrogateescape")
    end = 0
    # One that ends before the place is other output, or a shipper's own.
    while True:
        begun = _OBJECT.search(head, end)
        if begun is None:
            return None
        try:
            value, end = _DECODER.raw_decode(whole, begun.start())
        except (ValueError, RecursionError) as error:
            raise Unreadable from error
        if end > len(head):
            break
    before = head[: begun.start()].encode("utf-8", "surrogateescape")
    wrapped = wrapped_in(before, fields_of(value), opening)
    if wrapped is None:
        raise Unreadable
    return wrapped


def wrapped_in(before: bytes, fields: Mapping[str, Any], opening: re.Pattern[bytes]) -> Wrapped | None:
    """What fields say in one of which one of the runtime's lines stands; None where none has one."""
    said = text_in(fields, opening)
    if said is None:
        return None
    moment = time_in(fields)
    stamp = NO_STAMP if moment is None else _time(fields[moment])
    lines = fields[said].encode("utf-8", "replace").split(b"\n")
    return Wrapped(before, tuple(line.rstrip(b"\r") for line in lines), stamp, names_in(fields))


def fields_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an object by name, those of the objects in it, too."""
    return dict(_fields(value, _DEPTH))


def text_in(fields: Mapping[str, Any], opening: re.Pattern[bytes]) -> str | None:
    """Which field has the runtime's lines."""
    return next((name for name in (*_TEXTS, *fields) if _has(fields.get(name), opening)), None)


def time_in(fields: Mapping[str, Any]) -> str | None:
    """Which field says when."""
    return next((name for name in TIMES if name in fields), None)


def names_in(fields: Mapping[str, Any]) -> str:
    """What the fields say of their process."""
    names = " ".join(f"{name}={fields[name]}" for name in NAMES if isinstance(fields.get(name), (str, int)))
    return names.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _fields(value: Mapping[str, Any], depth: int, owner: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of an object behind those of the objects in it; what is of an owner is named `owner.name` as well."""
    for name, inner in value.items():
        if isinstance(inner, dict) and depth:
            yield from _fields(inner, depth - 1, name)
    for name, inner in value.items():
        # `k8s.pod.name` is spelled as a path.
        *above, last = f"{owner}.{name}".split(".")[-2:]
        if above and above[0] in OWNERS and last in OWN:
            yield f"{above[0]}.{last}", inner
    yield from value.items()


def _has(said: object, opening: re.Pattern[bytes]) -> bool:
    return isinstance(said, str) and opening.search(said.encode("utf-8", "replace")) is not None


def _time(said: object) -> Stamp:
    """A stamp in words, or seconds, milliseconds, microseconds or nanoseconds since 1970."""
    if isinstance(said, str) and not NUMBER.fullmatch(said):
        return time_of(said)
    try:
        number = float(said) if isinstance(said, (str, int, float)) and not isinstance(said, bool) else 0.0
    except (ValueError, OverflowError):
        return NO_STAMP
    for unit in UNITS:
        if LEAST_SECONDS * unit <= number < 10 * LEAST_SECONDS * unit:
            return Stamp(round(number * _SECOND / unit), _SECOND if unit == 1 and number.is_integer() else 1)
    return NO_STAMP
