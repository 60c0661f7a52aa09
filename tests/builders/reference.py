"""A slow pprof reader, written for the reader: the rules of google/pprof, one by one.

profile/proto.go (decodeVarint, decodeField, decodeMessage), profile/encode.go (the decoders, postDecode) and
profile/profile.go (CheckValid). What our kernels do, they must do as this does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.builders.facts import Facts, labels

_VALUE_TYPE = {1: "type", 2: "unit"}
_LABEL = {1: "key", 2: "str", 3: "num", 4: "num_unit"}
_LINE = {1: "function_id", 2: "line", 3: "column"}
_SAMPLE = {1: ["location_id"], 2: ["value"], 3: ("label", _LABEL)}
_LOCATION = {1: "id", 2: "mapping_id", 3: "address", 4: ("line", _LINE), 5: "is_folded"}
_FUNCTION = {1: "id", 2: "name", 3: "system_name", 4: "filename", 5: "start_line"}
_MAPPING = dict(enumerate(("id", "start", "limit", "offset", "filename", "build_id", "f", "n", "l", "i"), start=1))
_PROFILE: dict[int, Any] = {
    1: ("sample_type", _VALUE_TYPE),
    2: ("sample", _SAMPLE),
    3: ("mapping", _MAPPING),
    4: ("location", _LOCATION),
    5: ("function", _FUNCTION),
    6: bytes,
    7: "drop_frames",
    8: "keep_frames",
    9: "time_nanos",
    10: "duration_nanos",
    11: ("period_type", _VALUE_TYPE),
    12: "period",
    13: ["comment"],
    14: "default_sample_type",
    15: "doc_url",
}
_UNSIGNED = {"id", "start", "limit", "offset", "mapping_id", "address", "function_id", "location_id"}


class Refused(Exception):
    """The reference would not read it."""


def facts_of_bytes(content: bytes) -> Facts:
    """Everything the profile says; raises Refused where google/pprof refuses."""
    if not content:
        raise Refused("empty input file")
    return _facts(_message(content, _PROFILE))


def verdict(content: bytes) -> str:
    """`ok`, or why it is refused."""
    try:
        facts_of_bytes(content)
    except Refused as refused:
        return str(refused)
    return "ok"


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value % (1 << 64), at + index + 1
    raise Refused("bad varint")


def _fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            value, at = _varint(data, at)
            yield number, wire_type, value
            continue
        if wire_type == 2:
            length, at = _varint(data, at)
        elif wire_type in (1, 5):
            length = 8 if wire_type == 1 else 4
        else:
            raise Refused(f"unknown wire type: {wire_type}")
        if length > len(data) - at:
            raise Refused("too much data")
        yield number, wire_type, data[at : at + length]
        at += length


def _message(data: bytes, known: dict[int, Any]) -> dict[str, Any]:
    """The last of a singular number counts; a repeated message or number becomes a list; unknown fields are skipped."""
    read: dict[str, Any] = {}
    for number, wire_type, value in _fields(data):
        what = known.get(number)
        if what is None:
            continue
        if isinstance(what, list):
            read.setdefault(what[0], []).extend(_numbers(value, wire_type, what[0]))
            continue
        if wire_type != (0 if isinstance(what, str) else 2):
            raise Refused("type mismatch")
        if isinstance(what, tuple):
            read.setdefault(what[0], []).append(_message(value, what[1]))
        elif what is bytes:
            read.setdefault("string_table", []).append(value)
            if read["string_table"][0]:
                raise Refused("string_table[0] must be ''")
        else:
            if what == "time_nanos" and read.get(what):
                raise Refused("concatenated profiles detected")
            read[what] = value if what in _UNSIGNED else _signed(value)
    return read


def _numbers(value: Any, wire_type: int, name: str) -> list[int]:
    if wire_type == 0:
        found = [value]
    elif wire_type == 2:
        found, at = [], 0
        while at < len(value):
            number, at = _varint(value, at)
            found.append(number)
    else:
        raise Refused("type mismatch")
    return found if name in _UNSIGNED else [_signed(number) for number in found]


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _facts(read: dict[str, Any]) -> Facts:
    table = read.get("string_table", [])

    def text(of: dict[str, Any], name: str) -> bytes:
        place = of.get(name, 0)
        if not 0 <= place < len(table):
            raise Refused("malformed profile format")
        return table[place]  # type: ignore[no-any-return]

    def some_label(of: dict[str, Any]) -> tuple[bytes, bytes | None, int, bytes | None]:
        key = text(of, "key")
        if of.get("str"):
            # The unit is not looked at: it may be anything. We keep it where it is sound.
            sound = of.get("num_unit") and of["num_unit"] in range(len(table))
            return key, text(of, "str"), of.get("num", 0), table[of["num_unit"]] if sound else None
        return key, None, of.get("num", 0), text(of, "num_unit") if of.get("num_unit") else None

    mappings, functions, locations = (_places(read.get(name, [])) for name in ("mapping", "function", "location"))
    period_type = read.get("period_type", [{}])[-1]
    facts = Facts(
        header=(
            *(read.get(name, 0) for name in ("time_nanos", "duration_nanos", "period")),
            text(period_type, "type"),
            text(period_type, "unit"),
            *(text(read, name) for name in ("default_sample_type", "drop_frames", "keep_frames", "doc_url")),
        ),
        sample_types=[(text(of, "type"), text(of, "unit")) for of in read.get("sample_type", [])],
        comments=[text({"comment": of}, "comment") for of in read.get("comment", [])],
        mappings=[
            (
                of.get("start", 0),
                of.get("limit", 0),
                of.get("offset", 0),
                text(of, "filename"),
                text(of, "build_id"),
                *tuple(of.get(flag, 0) != 0 for flag in "fnli"),
            )
            for of in read.get("mapping", [])
        ],
        functions=[
            (text(of, "name"), text(of, "system_name"), text(of, "filename"), of.get("start_line", 0))
            for of in read.get("function", [])
        ],
        locations=[
            (
                mappings.get(of.get("mapping_id", 0)),
                of.get("address", 0),
                of.get("is_folded", 0) != 0,
                tuple(
                    (_found(functions, line.get("function_id", 0)), line.get("line", 0), line.get("column", 0))
                    for line in of.get("line", [])
                ),
            )
            for of in read.get("location", [])
        ],
        samples=[
            (
                tuple(_found(locations, location) for location in of.get("location_id", [])),
                tuple(of.get("value", [])),
                labels(map(some_label, of.get("label", []))),
            )
            for of in read.get("sample", [])
        ],
    )
    if any(len(values) != len(facts.sample_types) or not facts.sample_types for _, values, _ in facts.samples):
        raise Refused("mismatch of values and types")
    return facts


def _places(rows: list[dict[str, Any]]) -> dict[int, int]:
    places: dict[int, int] = {}
    for place, row in enumerate(rows):
        known = row.get("id", 0)
        if known == 0 or known in places:
            raise Refused("an id is 0 or given twice")
        places[known] = place
    return places


def _found(places: dict[int, int], known: int) -> int:
    if known not in places:
        raise Refused("no such id")
    return places[known]
