"""Lines of logfmt in which a line of the runtime's is the value of a key: `time=… level=info msg="gc 7 @1.2s …" pod=api-1`.

As log/slog's text, logrus, go-kit and hclog write it: a value with a blank in it is quoted as strconv.Quote does.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.formats.gctrace.wrapped import Wrapped, fields_of, wrapped_in

_KEY: Final = rb"[A-Za-z_@][\w.@/-]{0,63}"
_VALUE: Final = rb'"(?:[^"\\]|\\.)*+"|[^\s"]*+'
_PAIR: Final = re.compile(rb"(%b)=(%b)(?:[ \t]++|$)" % (_KEY, _VALUE))
# Where a value with one of the runtime's lines begins.
_OPENED: Final = re.compile(rb'%b="$' % _KEY)
# So long is a key, so far before it may others stand.
_MOST_CHARS: Final = 2048
# What Go's quoting has and JSON's has not.
_ESCAPE: Final = re.compile(r"\\(?:[abfnrtv\\\"']|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_CONTROLS: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unwrap_logfmt(text: bytes, place: int, opening: re.Pattern[bytes]) -> Wrapped | None:
    """The pairs around a place of a line; None where it stands at the beginning of no quoted value, or that has no end."""
    head = text[max(0, place - _MOST_CHARS) : place]
    if not head.endswith(b'="') or _OPENED.search(head[-66:]) is None:
        return None
    begun = _first_pair(text, place)
    fields: dict[str, str] = {}
    at = begun
    while pair := _PAIR.match(text, at):
        fields.setdefault(pair[1].decode(), _value(pair[2]))
        at = pair.end()
    # What stands behind the last pair is somebody else's.
    return wrapped_in(text[:begun], fields_of(fields), opening) if at > place else None


def _first_pair(text: bytes, place: int) -> int:
    """Where the pairs begin that go on, one after the other, up to a place."""
    least = max(0, place - _MOST_CHARS)
    begun = at = -1
    for pair in _PAIR.finditer(text, least):
        if pair.start() != at:
            begun = pair.start()
        at = pair.end()
        if at > place:
            break
    return max(begun, 0)


def _value(spelled: bytes) -> str:
    text = spelled.decode("utf-8", "replace")
    return _ESCAPE.sub(_meant, text[1:-1]) if text[:1] == '"' else text


def _meant(escape: re.Match[str]) -> str:
    """The character that an escape stands for."""
    kind, digits = escape[0][1], escape[0][2:]
    if not digits:
        return _CONTROLS.get(kind, kind)
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "\ufffd"
