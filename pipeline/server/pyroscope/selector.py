"""Selectors as Prometheus has them: `{service_name="checkout", build=~"1[.].*"}`, a name before the brace or quoted within."""

from __future__ import annotations

import re
from typing import Final, cast

from pipeline.errors import UsageError
from pipeline.warehouse.pyroscope_questions import Matcher, Operator

_MAX_CHARACTERS: Final = 10_000
# Alternatives begin with different characters, so that no text is looked at twice.
_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
      | (?P<name>[A-Za-z_:][A-Za-z0-9_:]*)
      | (?P<operator>=~|!~|!=|=)
      | (?P<mark>[{},])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'\"])|(.))", re.DOTALL
)
_SHORT: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PARTS_OF_TYPE: Final = 5


def parse(text: str) -> tuple[Matcher, ...]:
    """What a selector demands, all of it at once; raises UsageError for what is none."""
    if len(text) > _MAX_CHARACTERS:
        raise UsageError(f"the selector has more than {_MAX_CHARACTERS:,} characters")
    return _Parser(text).selector()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def selector(self) -> tuple[Matcher, ...]:
        found: list[Matcher] = []
        if (name := self._take("name")) is not None:
            found.append(_named(name))
        if self._take("mark", "{") is not None:
            self._braces(found)
        elif not found:
            raise self._wrong("{")
        if self._text[self._at :].strip():
            raise self._wrong("nothing more")
        return tuple(found)

    def _braces(self, found: list[Matcher]) -> None:
        while self._take("mark", "}") is None:
            found.append(self._matcher())
            if self._take("mark", ",") is None:
                if self._take("mark", "}") is None:
                    raise self._wrong("a comma or }")
                return

    def _matcher(self) -> Matcher:
        quoted = self._take("string")
        name = self._take("name") if quoted is None else _unquoted(quoted)
        if name is None:
            raise self._wrong("a label")
        operator = self._take("operator")
        if operator is None:
            if quoted is None:
                raise self._wrong("=, !=, =~ or !~")
            return _named(name)
        value = self._take("string")
        if value is None:
            raise self._wrong("a value in quotes")
        if name == "__name__" and operator == "=":
            return _named(_unquoted(value))
        return Matcher(name, cast(Operator, operator), _unquoted(value))

    def _take(self, kind: str, mark: str = "") -> str | None:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup != kind or (mark and found[kind] != mark):
            return None
        self._at = found.end()
        return found[kind]

    def _wrong(self, wanted: str) -> UsageError:
        there = self._text[self._at :].strip()[:30] or "the end"
        return UsageError(f"selector {self._text[:200]!r}: expected {wanted} before {there!r}, at character {self._at}")


def _named(name: str) -> Matcher:
    """Variables of Grafana's put the profile type where Prometheus has the name of a metric."""
    parts = name.count(":") + 1
    return Matcher("__profile_type__" if parts == _PARTS_OF_TYPE else "__name__", "=", name)


def _unquoted(text: str) -> str:
    if text[0] == "`":
        return text[1:-1]
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    *hexadecimal, octal, short, unknown = found.groups()
    for digits in hexadecimal:
        if digits:
            return _character(int(digits, 16))
    if octal:
        return _character(int(octal, 8))
    if unknown is not None:
        raise UsageError(f"selector: \\{unknown} means nothing in a value; a backslash is \\\\")
    return _SHORT.get(short, short)


def _character(number: int) -> str:
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise UsageError(f"selector: no character has the number {number:#x}")
    return chr(number)
