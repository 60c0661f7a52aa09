"""Escape reports as lines and as JSON: cut, spliced, wrapped, and with what no compiler prints in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from tests.fuzz.mutate import EXTREMES, TEXTS, dumb

_NUMBERS: Final = (*EXTREMES, -1, -(2**63), 10**30, 1.5, 1e308)
_DEPTH: Final = 100_000


def mutated_text(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    """A text report with some changes to its lines; most leave it a report."""
    lines = content.split(b"\n")
    # The smaller a report, the more of them can be tried.
    if len(lines) > 60:
        start = draw.randrange(len(lines) - 40)
        lines = lines[start : start + draw.randrange(5, 40)]
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        draw.choice(_LINE_CHANGES)(lines, draw, others)
    return draw.choice(_WRAPPINGS)(b"\n".join(lines), draw)


def mutated_log(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    """A JSON log with some changes to its values and lines; most leave it a log."""
    lines = content.split(b"\n")
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        if draw.random() < 0.4:
            draw.choice(_LINE_CHANGES)(lines, draw, others)
        else:
            _change_value(lines, draw)
    return b"\n".join(lines)


# Lines -----------------------------------------------------------------------------------------------------------------


def _place(lines: list[bytes], draw: Random) -> int:
    if not lines:
        lines.append(b"")
    return draw.randrange(len(lines))


def _dropped(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    del lines[_place(lines, draw)]


def _repeated(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    place = _place(lines, draw)
    lines[place:place] = [lines[place]] * draw.choice((1, 1, 2, 200))


def _moved(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    place = _place(lines, draw)
    lines.insert(draw.randrange(len(lines)), lines.pop(place))


def _cut(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    place = _place(lines, draw)
    lines[place] = lines[place][: draw.randrange(len(lines[place]) + 1)]


def _spliced(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    """The beginning of a line with the end of another's, of this report or of another."""
    place, other = _place(lines, draw), draw.choice(lines)
    if others and draw.random() < 0.3:
        other = draw.choice(draw.choice(others).split(b"\n"))
    lines[place] = lines[place][: draw.randrange(len(lines[place]) + 1)] + other[draw.randrange(len(other) + 1) :]


def _numbered(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    """Another number for a line, a column or a level."""
    place = _place(lines, draw)
    parts = lines[place].split(b":")
    which = draw.randrange(len(parts))
    new = draw.choice((str(draw.choice(_NUMBERS)).encode(), b"9" * 5_000, b"-0", b"", "٣".encode()))
    if parts[which].strip().isdigit() or draw.random() < 0.1:
        parts[which] = new
    lines[place] = b":".join(parts)


def _reworded(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    place = _place(lines, draw)
    at = draw.randrange(len(lines[place]) + 1)
    odd = draw.choice(
        (*TEXTS, b" escapes to heap:", b" does not escape", b"flow: ", b"   ", b"{storage for x}", b"(", b'"', b"\r")
    )
    lines[place] = lines[place][:at] + odd + lines[place][at:]


def _long(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    place = _place(lines, draw)
    lines[place] = lines[place] * draw.choice((2, 50, 2_000))
    lines[place] = lines[place][: 1 << 17]


def _dumb(lines: list[bytes], draw: Random, others: Sequence[bytes]) -> None:
    place = _place(lines, draw)
    lines[place] = dumb(lines[place], draw, others=lines)[: 1 << 17]


_LINE_CHANGES: Final[tuple[Callable[[list[bytes], Random, Sequence[bytes]], None], ...]] = (
    _dropped, _repeated, _moved, _cut, _spliced, _spliced, _numbered, _numbered, _reworded, _reworded, _long, _dumb,
)  # fmt: skip


# What is around a report ---------------------------------------------------------------------------------------------------


def _bare(content: bytes, draw: Random) -> bytes:
    return content


def _build_json(content: bytes, draw: Random) -> bytes:
    """As `go build -json` prints it, a line an event."""
    events = [
        {"ImportPath": draw.choice(("main", "example.com/x")), "Action": "build-output", "Output": f"{line}\n"}
        for line in content.decode("utf-8", "replace").split("\n")
    ]
    return "\n".join(map(json.dumps, events)).encode() + draw.choice((b"\n", b"", b'\n{"Action": "build-'))


def _stamped(content: bytes, draw: Random) -> bytes:
    stamp = draw.choice((b"2026-01-31T10:00:00.123Z ", b"#12 3.456 ", b"\x1b[1m"))
    return b"\n".join(stamp + line for line in content.split(b"\n"))


def _recoded(content: bytes, draw: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return draw.choice(
        (text.encode("utf-16"), b"\xef\xbb\xbf" + content, text.encode("utf-16")[:-1], content.replace(b"\n", b"\r\n"))
    )


_WRAPPINGS: Final = (_bare, _bare, _bare, _bare, _bare, _build_json, _stamped, _recoded)


# Values of JSON ------------------------------------------------------------------------------------------------------------


def _change_value(lines: list[bytes], draw: Random) -> None:
    place = _place(lines, draw)
    try:
        value = json.loads(lines[place])
    except (ValueError, RecursionError):
        return
    found = list(_values(value))
    if not found:
        return
    parent, key = draw.choice(found)
    if draw.random() < 0.2:
        del parent[key]
    else:
        parent[key] = _odd_value(parent[key], draw)
    text = json.dumps(value).encode()
    # What json.dumps would not write: nesting that no stack holds, numbers that no type holds.
    deep = b"[" * draw.choice((50, 2_000, _DEPTH))
    for word, spelled in (
        (b'"DEEP"', deep + deep.replace(b"[", b"]")),
        (b'"HUGE"', b"9" * 5_000),
        (b'"WIDE"', b"1e999"),
    ):
        text = text.replace(word, spelled)
    lines[place] = text


def _values(value: Any) -> list[tuple[Any, Any]]:
    """Every value in a value, as what it is in and where."""
    places = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [one for key, inner in places for one in ((value, key), *_values(inner))]


def _odd_value(old: Any, draw: Random) -> Any:
    if isinstance(old, int) and draw.random() < 0.7:
        return draw.choice((*_NUMBERS, "HUGE", "WIDE"))
    if isinstance(old, str) and draw.random() < 0.7:
        return draw.choice(
            (draw.choice(TEXTS).decode("utf-8", "replace"), "\ud800", old * 3, old[: len(old) // 2], f"file:///{old}")
        )
    if isinstance(old, list) and old and draw.random() < 0.7:
        return draw.choice((old * 20, old[:-1], [*old, old], old[::-1]))
    return draw.choice((None, True, "", [], {}, "DEEP", "HUGE", [None], {"range": None}, 0, "x"))
