"""Tells OpenTelemetry's profiles from pprof's, which begin with the same tag, and from any other bytes."""

from __future__ import annotations

import re

# What an object of JSON begins with that holds profiles; of the dictionary one of its tables is enough.
_JSON = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*\{\s*\"(?:resourceProfiles\"\s*:\s*\[|dictionary\"\s*:\s*\{\s*\""
    rb"(?:mapping|location|function|link|string|attribute|stack)Table\"\s*:)"
)
_TEXT = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\r\n")
_HEAD_BYTES = 64
_RESOURCE_PROFILES, _DICTIONARY = 0x0A, 0x12
# A resource, its scopes, a schema's address. pprof's first message is a sample type: two numbers, and no message.
_IN_RESOURCE_PROFILES = (0x0A, 0x12, 0x1A)
# Row 0 of the table of mappings is empty; a sample of pprof has no list of nothing.
_NO_MAPPING = b"\x0a\x00"


def looks_like_profiles(content: bytes) -> bool:
    """Whether the bytes begin as ProfilesData does, in protobuf or JSON: with the profiles of a resource, or with the dictionary."""
    if is_json(content):
        return True
    head = content[:_HEAD_BYTES]
    if not head or all(byte in _TEXT for byte in head):
        return False
    size, inside = _number(head, 1)
    if head[0] == _DICTIONARY:
        return head[inside : inside + 2] == _NO_MAPPING and size > len(_NO_MAPPING)
    if head[0] != _RESOURCE_PROFILES or inside >= len(head) or head[inside] not in _IN_RESOURCE_PROFILES:
        return False
    inner, after = _number(head, inside + 1)
    return inner <= size - (after - inside)


def is_json(content: bytes) -> bool:
    """Whether it is the one in JSON."""
    return _JSON.match(content) is not None


def _number(head: bytes, position: int) -> tuple[int, int]:
    """The number at `position`, and where it ends; what is cut off counts as far as it goes."""
    value = 0
    for place, byte in enumerate(head[position : position + 10]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, position + place + 1
    return value, len(head)
