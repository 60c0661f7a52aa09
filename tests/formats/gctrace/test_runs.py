"""Many lines at once have the rows and notes that the same lines have one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

import pytest

from pipeline.formats.gctrace import decode
from pipeline.formats.gctrace.lines import Line
from pipeline.formats.gctrace.reading import read_line
from tests.formats.gctrace.logs import END, OLD, SCAN, SCAVENGE, START, Read, gc, lines, read

FRONTS: Final[Mapping[str, Callable[[int], str]]] = {
    "nothing": lambda at: "",
    "compose": lambda at: f"web-{at % 3} | ",
    "kubectl": lambda at: f"[pod/web-{at % 2}/app] 2026-11-29T10:{at // 60 % 60:02d}:{at % 60:02d}.{at % 1000:03d}123456Z ",
    "zone": lambda at: f"2026-11-29 10:{at // 60 % 60:02d}:{at % 60:02d},{at % 1000:03d}+02:30 ",
    "go log": lambda at: f"2026/11/29 10:{at // 60 % 60:02d}:{at % 60:02d} ",
    "syslog": lambda at: f"Nov 29 10:{at // 60 % 60:02d}:{at % 60:02d} host app[{41 + at % 2}]: ",
    "epoch": lambda at: f"{1_790_000_000 + at}.{at % 1000:03d} host app[7]: ",
    "no date": lambda at: f"2026-02-{at % 40:02d}T10:00:00Z [2026-11-29T10:00:{at % 60:02d}Z] ",
    "no year": lambda at: f"{1960 + at % 30}-01-01T00:00:00Z ",
    "zone of letters": lambda at: f"2026-11-29 10:00:{at % 60:02d} CEST ",
    "words": lambda at: f"served {at} and ",
    "object": lambda at: '{"a": 1} ',
    "other letters": lambda at: "café | ",
}  # fmt: skip
ODD: Final = (
    "GC forced",
    "GC forced now",
    START,
    END,
    SCAVENGE,
    OLD,
    "hello",
    "gc 7 @",
    "scan: class L 5 objs",
    SCAN.replace("=6", "=7"),
)


def one_by_one(content: bytes, monkeypatch: pytest.MonkeyPatch) -> Read:
    with monkeypatch.context() as patched:
        patched.setattr(decode, "_FEW", 1 << 60)
        return read(content)


def log(seed: int) -> bytes:
    """A log of some processes, garbled in places."""
    random = Random(seed)
    fronts = random.sample(sorted(FRONTS), random.choice([1, 1, 2, 4]))
    odd, scans = random.choice([0.0, 0.02, 0.3]), random.choice([0, 1, 2])
    texts, at = [], 0
    for cycle in range(1, 600):
        at += random.randrange(3)
        front = FRONTS[random.choice(fronts)](at)
        number = cycle if random.random() < 0.99 else random.randrange(1, 5)
        texts += [f"{front}{random.choice(ODD)}"] * (random.random() < odd)
        rest = random.choice([" (forced)", "", "", ""])
        line = gc(number, f"{at}.{at % 1000:03d}", rest=rest).replace(
            "0.34", f"{random.random():.{random.randrange(8)}f}"
        )
        line = line.replace(": 0.10", " (checking for goroutine leaks): 0.10") if random.random() < 0.02 else line
        line = line.replace("4 MB goal", "17592186044415 MB goal") if random.random() < 0.02 else line
        texts += [f"{front}{line}", *[f"{front}{SCAN}", f"{front}scan: total 7 objs"][:scans]]
    content = bytearray(lines(*texts).replace(b"\n", random.choice([b"\n", b"\r\n"])))
    for _ in range(random.choice([0, 3, 60])):
        content[random.randrange(len(content))] = random.choice(b"0123456789 .+|{}\n\x1b\xff")
    return bytes(content[: len(content) - random.randrange(40)])


@pytest.mark.parametrize("seed", range(24))
def test_lines_at_once_have_the_rows_and_notes_of_lines_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = log(seed)

    assert read(content) == one_by_one(content, monkeypatch)


@pytest.mark.parametrize("front", sorted(set(FRONTS) - {"words", "object", "other letters", "no year"}))
def test_plain_lines_are_not_read_one_by_one(front: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines(*(FRONTS[front](at) + text for at in range(1, 400) for text in ("GC forced", gc(at), SCAN)))
    taken: list[Line] = []
    monkeypatch.setattr(decode, "read_line", lambda line: taken.append(line) or read_line(line))

    found = read(content)

    assert len(found.cycles) == len(found.tables["gctrace_scan"]) == 399
    # The first of each label, and where a stamp is none.
    assert len(taken) < 0.3 * 3 * 399
