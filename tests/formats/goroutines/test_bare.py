"""Dumps whose lines something stands before, or that are objects."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pipeline.formats import recognise
from pipeline.formats.goroutines import bare as bare_module
from pipeline.formats.goroutines.bare import bare, written_at
from pipeline.formats.goroutines.decode import decode
from pipeline.formats.goroutines.recognise import has_dump
from pipeline.formats.goroutines.wire import goroutines_of
from tests.builders.dumps import MANY, dump, goroutine
from tests.builders.profile import blob

DUMP = b"panic: it broke\n\n" + MANY
OTHER = dump(
    goroutine("7 [select]", "other.wait()@other.go:1 +0x1"), goroutine("8 [running]", "other.f()@other.go:2 +0x1")
)


def at(number: int) -> str:
    return f"2026-11-28T10:{number // 60:02d}:{number % 60:02d}.{number:03d}Z"


WRITERS: dict[str, Callable[[int, int, str], str]] = {
    "compose": lambda owner, number, text: f"api-{owner}  | {text}".rstrip(),
    "compose in colour": lambda owner, number, text: f"\x1b[36mapi-{owner}  | \x1b[0m{text}",
    "kubectl": lambda owner, number, text: f"[pod/api-{owner}/app] {at(number)} {text}",
    "kubelet": lambda owner, number, text: f"api-{owner}.log:{at(number)} stderr F {text}",
    "journald": lambda owner, number, text: (
        f"Nov 28 10:{number // 60:02d}:{number % 60:02d} host api[{70 + owner}]: {text}"
    ),
    "monotonic": lambda owner, number, text: f"[{number:5d}.{number:06d}] host api[{70 + owner}]: {text}",
    "multilog": lambda owner, number, text: f"@40000000661f1a0e{number:08x} api-{owner}: {text}",
    "docker": lambda owner, number, text: json.dumps(
        {"log": f"{text}\n", "attrs": {"tag": f"a{owner}"}, "time": at(number)}
    ),
    "journald's objects": lambda owner, number, text: json.dumps({"_PID": str(owner), "MESSAGE": text, "n": number}),
    "journald's bytes": lambda owner, number, text: json.dumps(
        {"_PID": str(owner), "MESSAGE": [*text.encode()] if "\t" in text else text}
    ),
    "objects behind": lambda owner, number, text: f"{at(number)} api-{owner}: " + json.dumps({"said": text}),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_dumps_of_several_processes_are_taken_out_of_their_log(writer: str) -> None:
    write = WRITERS[writer]
    ours, theirs = DUMP.decode().splitlines(), OTHER.decode().splitlines()
    lines = [write(2, 0, "listening")]
    for number in range(max(len(ours), len(theirs))):
        lines += [
            write(owner, number, texts[number]) for owner, texts in enumerate((ours, theirs)) if number < len(texts)
        ]
        lines.append(write(2, number, "goroutine of ours: served"))
    content = "\n".join([*lines, ""]).encode()

    assert recognise(blob(content)).name == "goroutines"
    found = {one.id: (one.header, one.body.frames, one.body.created_by) for one in goroutines_of(bare(content))}
    wanted = [*goroutines_of(MANY), *goroutines_of(OTHER)]
    assert found == {one.id: (one.header, one.body.frames, one.body.created_by) for one in wanted}


@pytest.mark.parametrize(
    ("before", "at_us"),
    [
        ("", None),
        ("web-1 | ", None),
        ("Nov 28 10:00:00 host api[7]: ", None),
        ("web-1 | 2026-11-28T11:00:00.5+01:00 ", 1_795_860_000_500_000),
        ("1795860000.500000 host api[7]: ", 1_795_860_000_500_000),
    ],
)
def test_a_dump_was_written_when_its_first_line_was(before: str, at_us: int | None) -> None:
    content = "".join(f"{before}{line}\n" for line in ("a goroutine [x]", *DUMP.decode().splitlines())).encode()
    objects = "".join(
        json.dumps({"log": f"{before}{line}", "pid": 1} | ({} if at_us is None else {"ts": at_us / 1e6})) + "\n"
        for line in MANY.decode().splitlines()
    )

    assert written_at(content) == at_us
    assert written_at(objects.encode().replace(before.encode() or b"no", b"")) == at_us
    assert written_at(b"") is None
    (decoded,) = decode([blob(content), blob(content * 2)])
    assert decoded.columns["profile"]["time_ns"].tolist() == [(at_us or 0) * 1000, 0]  # type: ignore[union-attr]
    assert [note.blob_index for note in decoded.notes if note.kind == "no_time"] == ([0, 1] if at_us is None else [1])


def test_a_dump_in_one_text_of_an_object_is_one() -> None:
    record = {"level": "error", "msg": "goroutine died", "stack": DUMP.decode(), "n": 1}
    content = "\n".join(json.dumps(one) for one in (record, {"msg": "served"}, record, "{")).encode()

    assert [one.id for one in goroutines_of(bare(content))] == [1, 18, 19, 20] * 2


@pytest.mark.parametrize(
    "content",
    [
        b"a goroutine 1 [running]:\nmain.f()\n\tmain.go:3 +0x1\n",
        b"a | goroutine 1 [running]:\nb | main.f()\nb | \tmain.go:3 +0x1\n",
        b'{"a":"goroutine 1 [running]:"}\n{"b":"main.f()"}\n{"b":"\\tmain.go:3 +0x1"}\n',
        b'{"a":"goroutine 1 [running]:\\nmain.f()\\n\\tmain.go:3 +0x1',
        b'{"a":' * 9_999 + b'"goroutine 1 [running]:',
        b"goroutine 1 [",
    ],
)
def test_what_does_not_go_on_with_the_same_before_it_is_none(content: bytes) -> None:
    assert not has_dump(content)


def test_of_very_many_processes_some_are_told_apart() -> None:
    content = b"".join(
        b"p%d | goroutine %d [running]:\np%d | main.f()\np%d | \tmain.go:3 +0x1\n" % (one, one, one, one)
        for one in range(1, 100)
    )

    assert len([*goroutines_of(bare(content))]) == 64


def test_of_a_line_with_many_headers_the_first_says_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[bytes] = []
    real = bare_module._pattern
    monkeypatch.setattr(bare_module, "_pattern", lambda before: (looked_at.append(before), real(before))[1])
    headers = b"goroutine 1 [running]:\\nmain.f()\\n" * 1000

    bare_module.bare(b"app | " + headers + b"\napp | goroutine 2 [running]:\n")

    assert looked_at == [b"app | "]
