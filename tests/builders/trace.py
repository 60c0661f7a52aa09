"""Execution traces from a few readable lines: one event a line, as `go tool trace -d=wire` names them.

trace(26, batch("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2", thread=7))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.formats.gotrace.spec import EVENTS
from pipeline.kernels.trace import columns as c

_EVENTS = {event.name: event for event in EVENTS}
NO_THREAD = 2**64 - 1
# One unit of the clock is one nanosecond.
_FREQUENCY = 1_000_000_000


def uvarint(number: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def header(version: int) -> bytes:
    """The first 16 bytes."""
    return b"go 1.%d trace\0\0\0" % version


def raw_batch(
    data: bytes, *, thread: int = NO_THREAD, generation: int = 1, time: int = 1, experiment: int = 0
) -> bytes:
    """A batch of these bytes."""
    kind = bytes([c.EXPERIMENTAL_BATCH, experiment]) if experiment else bytes([c.EVENT_BATCH])
    return kind + b"".join(map(uvarint, (generation, thread, time, len(data)))) + data


def event(line: str) -> bytes:
    """`Name dt=1 argument=2 …`: arguments in the order of the wire."""
    name, *words = line.split()
    values = [word.partition("=") for word in words]
    known = _EVENTS[name]
    assert tuple(word for word, _, _ in values) == ("dt", *known.arguments), f"{name} has {known.arguments}"
    return bytes([known.number]) + b"".join(uvarint(int(value) % 2**64) for _, _, value in values)


def batch(*lines: str, thread: int, generation: int = 1, time: int = 1) -> bytes:
    """A batch of events of one thread."""
    return raw_batch(b"".join(map(event, lines)), thread=thread, generation=generation, time=time)


def sync(version: int, *, generation: int = 1, time: int = 1, wall_ns: int = 1_700_000_000_000_000_000) -> bytes:
    """The clock: its frequency and, from 1.25 on, a snapshot."""
    frequency = bytes([c.FREQUENCY]) + uvarint(_FREQUENCY)
    if version < 25:
        return raw_batch(frequency, generation=generation, time=time)
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    snapshot = bytes([c.CLOCK_SNAPSHOT]) + b"".join(map(uvarint, (0, 5, seconds, rest)))
    return raw_batch(bytes([c.SYNC]) + frequency + snapshot, generation=generation, time=time)


def strings(texts: Mapping[int, str | bytes], *, generation: int = 1) -> bytes:
    """The table of strings by id."""
    data = bytes([c.STRINGS])
    for identity, text in texts.items():
        plain = text if isinstance(text, bytes) else text.encode()
        data += bytes([c.STRING]) + uvarint(identity) + uvarint(len(plain)) + plain
    return raw_batch(data, generation=generation)


def stacks(frames: Mapping[int, Sequence[tuple[int, int, int, int]]], *, generation: int = 1) -> bytes:
    """The table of stacks by id: each frame's address, function's string, file's string and line, leaf first."""
    data = bytes([c.STACKS])
    for identity, of_stack in frames.items():
        data += bytes([c.STACK]) + uvarint(identity) + uvarint(len(of_stack))
        data += b"".join(uvarint(word) for frame in of_stack for word in frame)
    return raw_batch(data, generation=generation)


def samples(rows: Iterable[tuple[int, int, int, int, int]], *, generation: int = 1) -> bytes:
    """CPU samples: time, thread, proc, goroutine, stack."""
    data = bytes([c.CPU_SAMPLES])
    for row in rows:
        data += bytes([c.CPU_SAMPLE]) + b"".join(uvarint(word % 2**64) for word in row)
    return raw_batch(data, generation=generation)


def trace(version: int, *generations: Sequence[bytes]) -> bytes:
    """A whole trace: each generation's batches, with a clock put before them and, from 1.26 on, an end behind them."""
    out = header(version)
    for number, batches in enumerate(generations, start=1):
        out += sync(version, generation=number) + b"".join(batches)
        out += bytes([c.END_OF_GENERATION]) if version >= 26 else b""
    return out


# A goroutine that blocks for 10 ns in `chan receive` and is woken by another thread's sysmon-like batch.
BLOCKED = (
    strings({1: "main.f", 2: "main.go", 3: "chan receive"}),
    stacks({1: [(100, 1, 2, 7)]}),
    batch(
        "ProcStatus dt=1 p=0 pstatus=1",
        "GoStatus dt=1 g=1 m=7 gstatus=2",
        "GoBlock dt=1 reason_string=3 stack=1",
        "GoStart dt=20 g=1 g_seq=2",
        thread=7,
        time=100,
    ),
    batch("GoUnblock dt=0 g=1 g_seq=1 stack=0", thread=NO_THREAD, time=113),
)
