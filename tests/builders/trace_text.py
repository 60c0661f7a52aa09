"""The text form of execution traces, both ways: what `go tool trace -d=wire` prints, one event a line.

Trace Go1.26
EventBatch gen=1 m=7 time=100 size=6
ProcStatus dt=1 p=0 pstatus=1
Strings
String id=1
        data="main.f"
Stacks
Stack id=1 nframes=1
        pc=100 func=1 file=1 line=7
EndOfGeneration

Nothing is checked but names and arguments, so that broken traces can be written too. Empty lines and what follows a
`#` outside of data are skipped. Without `size=` a batch is as large as the events up to the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.formats.gotrace.spec import EVENTS
from pipeline.kernels.trace import columns as c
from tests.builders.trace import header, uvarint

_FRAME: Final = ("pc", "func", "file", "line")
_SIZE: Final = "size"


@dataclass(frozen=True)
class Form:
    """How an event is written: its arguments, then frames as many as its last one says, or bytes behind their length."""

    number: int
    name: str
    arguments: tuple[str, ...] = ()
    has_frames: bool = False
    has_data: bool = False


class TraceTextError(ValueError):
    """The text or the bytes are no trace; carries the line's number or the byte's position."""


STRUCTURE: Final = (
    Form(c.EVENT_BATCH, "EventBatch", ("gen", "m", "time", _SIZE)),
    Form(c.STACKS, "Stacks"),
    Form(c.STACK, "Stack", ("id", "nframes"), has_frames=True),
    Form(c.STRINGS, "Strings"),
    Form(c.STRING, "String", ("id",), has_data=True),
    Form(c.CPU_SAMPLES, "CPUSamples"),
    Form(c.CPU_SAMPLE, "CPUSample", ("time", "m", "p", "g", "stack")),
    Form(c.FREQUENCY, "Frequency", ("freq",)),
    Form(c.EXPERIMENTAL_BATCH, "ExperimentalBatch", ("exp", "gen", "m", "time"), has_data=True),
    Form(c.SYNC, "Sync"),
    Form(c.END_OF_GENERATION, "EndOfGeneration"),
)
FORMS: Final = (*STRUCTURE, *(Form(event.number, event.name, ("dt", *event.arguments)) for event in EVENTS))
_BY_NUMBER: Final[Mapping[int, Form]] = {form.number: form for form in FORMS}
_BY_NAME: Final[Mapping[str, Form]] = {form.name: form for form in FORMS}
_BATCH_ENDS: Final = {c.EVENT_BATCH, c.EXPERIMENTAL_BATCH, c.END_OF_GENERATION}


# Text to bytes -------------------------------------------------------------------------------------------------------


def to_binary(text: str) -> bytes:
    """The trace that the text says. Raises TraceTextError with the line that it cannot read."""
    lines = _meant(text)
    number, first = next(lines, (0, ""))
    said = re.fullmatch(r"Trace Go1\.(\d+)", first)
    if not said:
        raise TraceTextError(f"line {number}: found {first!r}, expected `Trace Go1.NN`")
    out = bytearray(header(int(said[1])))
    unsized: tuple[bytes, bytearray] | None = None
    for number, line in lines:
        try:
            form, encoded = _event(line, lines)
        except (KeyError, ValueError, StopIteration) as error:
            raise TraceTextError(f"line {number}: {line!r}: {error}") from error
        if unsized and form.number in _BATCH_ENDS:
            out += _sized(*unsized)
            unsized = None
        if form.number == c.EVENT_BATCH and f" {_SIZE}=" not in line:
            unsized = encoded, bytearray()
        elif unsized:
            unsized[1].extend(encoded)
        else:
            out += encoded
    return bytes(out + (_sized(*unsized) if unsized else b""))


def _sized(start: bytes, data: bytearray) -> bytes:
    return start + uvarint(len(data)) + data


def _meant(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, numbered from 1, without their comments."""
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip() if line.strip().startswith("data=") else line.partition("#")[0].strip()
        if bare:
            yield number, bare


def _event(line: str, following: Iterator[tuple[int, str]]) -> tuple[Form, bytes]:
    name, *words = line.split()
    form = _BY_NAME[name]
    names = form.arguments
    if form.number == c.EVENT_BATCH and len(words) < len(names):
        names = names[:-1]
    values = _values(words, names)
    out = bytes([form.number]) + b"".join(map(uvarint, values))
    if form.has_frames:
        for _ in range(values[-1]):
            out += b"".join(map(uvarint, _values(next(following)[1].split(), _FRAME)))
    if form.has_data:
        _, frame = next(following)
        data = unquoted(frame.removeprefix("data="))
        out += uvarint(len(data)) + data
    return form, out


def _values(words: list[str], names: tuple[str, ...]) -> list[int]:
    pairs = [word.partition("=") for word in words]
    if tuple(name for name, _, _ in pairs) != names:
        raise ValueError(f"its arguments are {names}")
    return [int(value) % 2**64 for _, _, value in pairs]


# Bytes to text -------------------------------------------------------------------------------------------------------


def to_text(content: bytes) -> str:
    """What the bytes say, batch by batch. Raises TraceTextError with the byte that it cannot read."""
    lines = [f"Trace Go{content[3:7].decode('ascii', 'replace').strip()}"]
    at = 16
    while at < len(content):
        form = _BY_NUMBER.get(content[at])
        if form is None:
            raise TraceTextError(f"byte {at}: found event type {content[at]}, which does not exist")
        try:
            line, at = _line(form, content, at + 1)
        except IndexError as error:
            raise TraceTextError(f"byte {at}: {form.name} is cut off") from error
        lines.append(line)
    return "\n".join([*lines, ""])


def _line(form: Form, content: bytes, at: int) -> tuple[str, int]:
    values, at = _read(content, at, len(form.arguments))
    line = _shown(form.name, form.arguments, values)
    if form.has_frames:
        for _ in range(values[-1]):
            frame, at = _read(content, at, len(_FRAME))
            line += "\n" + _shown("\t", _FRAME, frame).replace("\t ", "\t")
    if form.has_data:
        (length,), at = _read(content, at, 1)
        if at + length > len(content):
            raise IndexError
        line += f"\n\tdata={quoted(content[at : at + length])}"
        at += length
    return line, at


def _shown(name: str, names: tuple[str, ...], values: list[int]) -> str:
    return " ".join([name, *(f"{one}={value}" for one, value in zip(names, values, strict=True))])


def _read(content: bytes, at: int, count: int) -> tuple[list[int], int]:
    """This many varints, which may be longer than they need to be: the runtime pads a batch's size."""
    values = []
    for _ in range(count):
        value = shift = 0
        while content[at] & 0x80:
            value |= (content[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
        values.append((value | content[at] << shift) % 2**64)
        at += 1
    return values, at


# Quoting as Go does it -----------------------------------------------------------------------------------------------

_SHORT: Final = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 34: '\\"', 92: "\\\\"}
_LONG: Final = {short[1]: bytes([number]) for number, short in _SHORT.items()}
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")


def quoted(data: bytes) -> str:
    """As Go's strconv.Quote: what is no UTF-8 byte by byte, what does not print by its number."""
    # Bytes that are no UTF-8 become lone surrogates, one each.
    return '"' + "".join(map(_escaped, data.decode("utf-8", "surrogateescape"))) + '"'


def _escaped(character: str) -> str:
    number = ord(character)
    if number in _SHORT:
        return _SHORT[number]
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    if character.isprintable():
        return character
    if number < 0x20 or number == 0x7F:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def unquoted(text: str) -> bytes:
    """The bytes of a text in double quotes, or raw ones in backquotes, as Go's strconv.Unquote reads them."""
    if len(text) < 2 or text[0] != text[-1] or text[0] not in '"`':
        raise ValueError("data is a text in quotes")
    inner = text[1:-1]
    if text[0] == "`":
        return inner.encode()
    out, end = b"", 0
    for found in _ESCAPE.finditer(inner):
        out += inner[end : found.start()].encode() + _plain(found)
        end = found.end()
    return out + inner[end:].encode()


def _plain(escape: re.Match[str]) -> bytes:
    byte, octal, short, long, letter = escape.groups()
    if byte or octal:
        return bytes([int(byte, 16) if byte else int(octal, 8)])
    return chr(int(short or long, 16)).encode() if short or long else _LONG[letter]
