"""Many lines at once have the rows and notes that the same lines have one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Final

import pytest

from pipeline.formats.gctrace import decode
from pipeline.formats.gctrace.lines import Line
from pipeline.formats.gctrace.reading import read_line
from tests.formats.gctrace.logs import END, INIT, OLD, SCAN, SCAVENGE, SCHED, START, SWEPT, Read, gc, lines, read

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


def docker(at: int, text: str) -> str:
    time = f"2026-11-29T10:{at // 60 % 60:02d}:{at % 60:02d}.{at % 1000:03d}456789Z"
    return json.dumps({"log": f"{text}\n", "stream": "stderr", "time": time}).replace(">", "\\u003e")


def zap(at: int, text: str) -> str:
    said = {
        "level": "info",
        "ts": 1_790_000_000 + at + at % 7 / 1000,
        "caller": f"a.go:{at}",
        "msg": text,
        "n": [at, {}],
    }
    return json.dumps(said, separators=(",", ":"))


def shipped(at: int, text: str) -> str:
    pod = {"pod_name": f"web-{at % 3}", "labels": {"app": "web"}, "container": {"name": "app", "id": at % 2}}
    said = {"kubernetes": pod, "log": docker(at, f"web | {text}"), "date": 1_790_000_000_000 + at, "id": at, "up": True}
    return json.dumps(said) if at % 5 else json.dumps(said | {"message": f"clock {at}", "caller": "clock.go"})


def journal(at: int, text: str) -> str:
    stamp = str(1_790_000_000_000_000 + at)
    return json.dumps({"__REALTIME_TIMESTAMP": stamp, "_PID": str(41 + at % 2), "MESSAGE": text}, ensure_ascii=False)


def odd(at: int, text: str) -> str:
    at_all = (None, "soon", at, [at], "2026-02-31T00:00:00Z", "10:00:00", 1.79e9, {"s": at}, "2026-11-29 10:00:00")
    place = ("k8s.pod.name", "pod.name", "host", "tag", "time", "msg", "clock", "café")
    return json.dumps({"ts": at_all[at % 9], place[at % 8]: ("x", "é\0", 1.5, True, "init a @1")[at % 5], "body": text})


OBJECTS: Final[Mapping[str, Callable[[int, str], str]]] = {
    "docker": docker,
    "zap": zap,
    "shipped": shipped,
    "journal": journal,
    "odd": odd,
}
ODD: Final = (
    "GC forced",
    "GC forced now",
    *(START, END, START, END, f"{END} ", SWEPT, SCAVENGE, f"{SCAVENGE} (forced)", SCHED, SCHED.replace("1003", "7")),
    *(INIT, INIT.replace("@1.2", "@0.9"), SCHED.replace("[ 8 9 ] sched", "[8 9] sched"), START.replace("1.5", "Inf")),
    OLD,
    "hello",
    "gc 7 @",
    "scan: class L 5 objs",
    SCAN.replace("=6", "=7"),
)


def wrapped(name: str, at: int, text: str) -> str:
    return OBJECTS[name](at, text) if name in OBJECTS else FRONTS[name](at) + text


def one_by_one(content: bytes, monkeypatch: pytest.MonkeyPatch) -> Read:
    with monkeypatch.context() as patched:
        patched.setattr(decode, "_FEW", 1 << 60)
        return read(content)


def in_order(found: Read) -> Read:
    """The same, with what the pacer said in the order in which it began to, and not in that in which it was known to end."""
    found.tables["gctrace_pacer"].sort(key=lambda row: row["line"])
    return found


def log(seed: int) -> bytes:
    """A log of some processes, garbled in places."""
    random = Random(seed)
    fronts = random.sample(sorted([*FRONTS, *OBJECTS]), random.choice([1, 1, 2, 4]))
    odds, scans = random.choice([0.0, 0.02, 0.3]), random.choice([0, 1, 2])
    texts, at = [], 0
    for cycle in range(1, 600):
        at += random.randrange(3)
        around = partial(wrapped, random.choice(fronts), at)
        number = cycle if random.random() < 0.99 else random.randrange(1, 5)
        texts += [around(random.choice(ODD))] * (random.random() < odds)
        rest = random.choice([" (forced)", "", "", ""])
        line = gc(number, f"{at}.{at % 1000:03d}", rest=rest).replace(
            "0.34", f"{random.random():.{random.randrange(8)}f}"
        )
        line = line.replace(": 0.10", " (checking for goroutine leaks): 0.10") if random.random() < 0.02 else line
        line = line.replace("4 MB goal", "17592186044415 MB goal") if random.random() < 0.02 else line
        texts += [around(line), *[around(SCAN), around("scan: total 7 objs")][:scans]]
    content = bytearray(lines(*texts).replace(b"\n", random.choice([b"\n", b"\r\n"])))
    for _ in range(random.choice([0, 3, 60])):
        content[random.randrange(len(content))] = random.choice(b'0123456789 .+|{}\n\x1b\xff"\\,:[]')
    return bytes(content[: len(content) - random.randrange(40)])


@pytest.mark.parametrize("seed", range(60))
def test_lines_at_once_have_the_rows_and_notes_of_lines_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = log(seed)

    assert in_order(read(content)) == in_order(one_by_one(content, monkeypatch))


@pytest.mark.parametrize("front", sorted({*FRONTS, *OBJECTS} - {"words", "object", "other letters", "no year", "odd"}))
def test_plain_lines_are_not_read_one_by_one(front: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [START, END, "GC forced", "", SCAN, SCAVENGE, SCHED, SWEPT]
    content = lines(*(wrapped(front, at, text or gc(at)) for at in range(1, 400) for text in texts))
    taken: list[Line] = []
    monkeypatch.setattr(decode, "read_line", lambda line: taken.append(line) or read_line(line))

    found = read(content)

    assert len(found.cycles) == len(found.tables["gctrace_scan"]) == 399
    # The first of each label, and where a stamp is none.
    assert len(taken) < 0.31 * 8 * 399
