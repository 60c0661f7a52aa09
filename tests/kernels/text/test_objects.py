"""Frames and texts of objects against Python's own reader of JSON."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.text.objects import (
    KEPT,
    MOST_VALUES,
    OWN,
    OWNER,
    TIME,
    first_braces,
    frames_of,
)
from pipeline.values import Bytes, Int64s

NAMES: Final = {"time": TIME, "ts": TIME, "host": KEPT, "pod": OWNER, "name": OWN, "id": OWN}
HINT: Final = "gc 1"


def known() -> tuple[Bytes, Int64s, Int64s, Int64s]:
    sizes = np.zeros(256, np.int64)
    for name in NAMES:
        sizes[ord(name[0])] |= 1 << len(name)
    ends = np.cumsum([len(name) for name in NAMES], dtype=np.int64)
    return np.frombuffer("".join(NAMES).encode(), np.uint8), ends, np.array(list(NAMES.values()), np.int64), sizes


def framed(*texts: bytes) -> list[tuple[str, list[bytes], list[bytes]] | None]:
    """The frame of each text, and the texts and times in it; None for one that is not read."""
    content = b"{" + b"".join(texts)
    ends = 1 + np.cumsum([len(text) for text in texts], dtype=np.int64)
    starts = ends - np.array([len(text) for text in texts], np.int64)
    hints = [place for place in range(len(content)) if content.startswith(HINT.encode(), place)]
    frames, offsets, said, times, is_read = frames_of(
        np.frombuffer(content, np.uint8), starts, ends, np.array(hints, np.int64), *known()
    )
    return [
        (
            frames[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", "surrogateescape"),
            *([content[start:end] for start, end in spans[row].tolist() if end] for spans in (said, times)),
        )
        if is_read[row]
        else None
        for row in range(len(texts))
    ]


class Twin:
    """What a frame is made of, told from the object itself."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.times: list[str] = []

    def of(self, value: Any, owner: str = "", name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self.of(inner, name, key) for key, inner in value.items()}
        if isinstance(value, list):
            return []
        *_, above, last = ["", *owner.split("."), *name.split(".")]
        if NAMES.get(name, 0) & TIME:
            self.times.append(value if isinstance(value, str) else json.dumps(value))
            kind = "s" if isinstance(value, str) else "n" if type(value) is int else "l"
            masked = "".join("0" if "0" <= one <= "9" else one for one in value) if kind == "s" else ""
            return f"#{len(self.times) - 1}{kind}{masked}"
        if NAMES.get(name, 0) & KEPT or (above == "pod" and last in ("name", "id")):
            return value
        if isinstance(value, str) and HINT in value:
            self.texts.append(value)
            return f"gc 0 @0 #{len(self.texts) - 1}"
        return 0


STRINGS: Final = st.sampled_from(["", "x", "gc 1 @", "é", "a\nb", "2026-11-30T10:00:00Z", "<gc 1>", "\\", '"', "17"])


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from([*NAMES, "log", "pod.name", "k8s.pod", "a.pod.id", "x.name", "é", "", "gc 1"])
    return st.dictionaries(names, inner, max_size=5)


VALUES: Final = st.recursive(
    st.one_of(STRINGS, st.integers(-(10**20), 10**20), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), objects(inner)),
    max_leaves=8,
)


@given(objects(VALUES), st.sampled_from([(",", ":"), (" , ", "\t: ")]), st.booleans())
def test_a_frame_is_the_object_without_what_is_of_one_line(
    value: dict[str, Any], separators: tuple[str, str], is_ascii: bool
) -> None:
    spelled = json.dumps(value, separators=separators, ensure_ascii=is_ascii)

    (found,) = framed(spelled.encode())

    twin = Twin()
    expected = twin.of(value)
    if found is None:
        is_odd = any(not (one.isascii() and one.isprintable()) or '"' in one or "\\" in one for one in twin.times)
        # Names have no escapes.
        is_odd |= '"\\u00e9"' + separators[1] in spelled
        assert is_odd or max(len(twin.texts), len(twin.times)) > MOST_VALUES
    else:
        frame, said, times = found
        assert json.loads(frame) == expected
        assert [json.loads(b'"%b"' % one) for one in said] == twin.texts
        assert [one.decode() for one in times] == twin.times


@given(
    objects(VALUES),
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(b'{}[],:"\\ue01.-x\n\x01\xff ')), max_size=3),
)
def test_what_is_read_python_reads_too(value: dict[str, Any], changes: list[tuple[int, int]]) -> None:
    spelled = bytearray(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
    for place, byte in changes:
        # Where it begins there is a brace: that is how the caller finds it.
        spelled[1 + place % (len(spelled) - 1)] = byte

    (found,) = framed(bytes(spelled))

    if found is not None:
        read, _ = json.JSONDecoder().raw_decode(spelled.decode("utf-8", "surrogateescape"))
        assert isinstance(read, dict)
        assert isinstance(json.loads(found[0]), dict)


@pytest.mark.parametrize(
    "spelled",
    [
        "", "{", "{1:2}", '{"a"', '{"a":', '{"a":1', '{"a":1,}', '{"a":[1,]}', '{"a":[}', '{"a":01}', '{"a":1.}', '{"a":-}',
        '{"a":1e}', '{"a":+1}', '{"a":NaN}', '{"a":nul}', '{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"\\u12g4"}',
        '{"\\u0061":1}', '{"a":"\\u0067"}', '{"a":"\\/"}', '{"a":"x', '{"time":"\\n"}', '{"time":"é"}', '{"a":' + "9" * 65 + "}",
        '{"a":' + "[" * 24 + "]" * 24 + "}", '{"a":"gc 1","b":"gc 1","c":"gc 1","d":"gc 1","e":"gc 1"}',
    ],
)  # fmt: skip
def test_what_is_no_strict_json_or_unusual_is_left_to_others(spelled: str) -> None:
    assert framed(spelled.encode(), b'{"a":1}') == [None, ('{"a":0}', [], [])]


def test_a_number_with_an_exponent_and_escapes_of_html_are_usual() -> None:
    assert framed(b'{"ts":1e9,"a":"\\u003cgc 1\\u003E"} and more') == [
        ('{"ts":"#0e","a":"gc 0 @0 #0"}', [b"\\u003cgc 1\\u003E"], [b"1e9"])
    ]


def test_braces_are_the_first_of_their_spans() -> None:
    data = np.frombuffer(b"a{b{ c", np.uint8)
    starts, ends = np.array([0, 2, 4, 0], np.int64), np.array([6, 6, 6, 1], np.int64)

    assert first_braces(data, starts, ends).tolist() == [1, 3, 6, 1]
