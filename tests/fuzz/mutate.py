"""Changes to bytes that know nothing of what the bytes mean, and the numbers that break things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

EXTREMES = (
    0, 1, 2, 127, 128, 255, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1,
)  # fmt: skip
TEXTS = (
    b"", b"\0", b"\x1b[31m", b"\x1b]0;title\x07", "\u202ereversed".encode(), b"\xff\xfe", b"\xed\xa0\x80", b"a\nb", b"\xc2\x9b1m",
    b"%s%n", b"'; DROP TABLE source; --", b"../../etc/passwd", "größe 日本".encode(), b"x" * 5_000, b"main.main", b"inuse_space",
)  # fmt: skip
_MOST_BYTES = 1 << 20
_REPEATED = (
    b" ", b"\t", b"0", b"a", b" 0", b'"', b'\\"', b"\\", b"{", b"[", b"(", b",", b":", b"=", b"/", b".", b"@", b"#", b"%41", b"gc 1 @1", b'{"a":',
)  # fmt: skip
_RUN_BYTES = 100_000


def number(draw: Random, *, near: int = 0) -> int:
    """A number of 64 bits, mostly one at an end of something."""
    kind = draw.randrange(8)
    if kind < 5:
        return draw.choice(EXTREMES)
    if kind == 5:
        return draw.getrandbits(draw.randrange(1, 65))
    return (near + draw.choice((-1, 1, 2, 64))) % 2**64


def dumb(content: bytes, draw: Random, *, others: Sequence[bytes] = ()) -> bytes:
    """The bytes with a few changes: flipped, overwritten, cut out, doubled, moved, cut off, spliced with another."""
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        content = draw.choice(_CHANGES)(content, draw, others)
    return content[:_MOST_BYTES]


def with_a_run(content: bytes, draw: Random) -> bytes:
    """The bytes with a little text again and again at some place: a pattern that takes the square of a line goes on for ever."""
    place, text = draw.randrange(len(content) + 1), draw.choice(_REPEATED)
    return (content[:place] + text * (_RUN_BYTES // len(text)) + content[place:])[:_MOST_BYTES]


def _span(content: bytes, draw: Random) -> tuple[int, int]:
    start = draw.randrange(len(content) + 1)
    return start, start + draw.choice((1, 2, 4, 8, 16, draw.randrange(1, 2_000)))


def _flipped(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    changed = bytearray(content or b"\0")
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _overwritten(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    start, _ = _span(content, draw)
    wide = number(draw).to_bytes(8, draw.choice(("little", "big")))
    new = draw.choice((bytes([draw.choice((0, 1, 127, 128, 255))]), wide, wide[:4], wide[4:], draw.choice(TEXTS)))
    return content[:start] + new + content[start + len(new) :]


def _without(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    start, end = _span(content, draw)
    return content[:start] + content[end:]


def _doubled(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    start, end = _span(content, draw)
    return content[:end] + content[start:end] * draw.choice((1, 1, 3, 50)) + content[end:]


def _moved(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    start, end = _span(content, draw)
    rest = content[:start] + content[end:]
    place = draw.randrange(len(rest) + 1)
    return rest[:place] + content[start:end] + rest[place:]


def _cut_off(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _grown(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    return content + draw.choice((b"\0" * 512, draw.randbytes(20), content[:100], draw.choice(TEXTS)))


def _spliced(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    other = draw.choice(others) if others else content
    return content[: draw.randrange(len(content) + 1)] + other[draw.randrange(len(other) + 1) :]


_CHANGES: tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...] = (
    _flipped, _flipped, _overwritten, _overwritten, _without, _doubled, _moved, _cut_off, _grown, _spliced,
)  # fmt: skip
