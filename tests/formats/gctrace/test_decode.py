"""Rows of logs: whole, cut anywhere, garbled, and of any size."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats import goroutines
from pipeline.formats.gctrace import FORMAT
from pipeline.formats.gctrace.decode import TABLES
from pipeline.schema import tables
from tests.builders.dumps import MANY
from tests.formats.gctrace.logs import (
    END,
    INIT,
    OLD,
    SCAN,
    SCAVENGE,
    SCHED,
    START,
    SWEPT,
    gc,
    large,
    lines,
    read,
    read_blobs,
)

COLLECTOR = Path(__file__).parents[2] / "fixtures" / "files" / "collector" / "service=collector"
OURS = {"source_hash", "service", "instance", "build", "labels"}
ALL = (
    INIT,
    SCHED,
    "hello",
    START,
    END,
    gc(1),
    SCAN,
    SWEPT,
    SCAVENGE,
    "GC forced",
    gc(2),
    OLD.replace("gc 2", "gc 3").replace("@0.012", "@0.312"),
)


def test_every_filled_table_has_its_declared_columns() -> None:
    assert {*TABLES, *goroutines.FORMAT.fills} == set(FORMAT.fills)
    for name, columns in TABLES.items():
        declared = {field.name: field for field in tables()[name].schema if field.name not in OURS}
        assert set(columns) == {*declared, "blob_index"}
        for column, kind in columns.items():
            if column not in ("blob_index", "logged_at", "started_at"):
                assert kind == declared[column].type


def test_every_kind_of_line_becomes_a_row() -> None:
    found = read(lines(*ALL))

    assert {name: len(rows) for name, rows in found.tables.items() if name in TABLES} == {
        "process": 1,
        "gctrace_cycle": 3,
        "gctrace_scan": 1,
        "gctrace_pacer": 1,
        "scavenge": 1,
        "schedtrace": 1,
        "inittrace": 1,
    }
    assert found.notes == []
    assert found.rows("gctrace_cycle", "line", "is_periodic", "stack_bytes") == [
        (6, False, 0),
        (11, True, 0),
        (12, False, None),
    ]
    (pacer,) = found.tables["gctrace_pacer"]
    assert (pacer["line"], pacer["cycle"], pacer["assist_ratio"], pacer["over_goal_bytes"]) == (4, 1, 1.5, -70)


def test_a_stamp_is_when_a_line_was_logged() -> None:
    found = read(lines(*(f"2026-11-28T10:00:00.25Z {text}" for text in ALL)))

    for name in ("gctrace_cycle", "gctrace_pacer", "scavenge", "schedtrace", "inittrace"):
        assert {row["logged_at"] for row in found.tables[name]} == {1_795_860_000_250_000}


def test_stamps_that_say_too_little_are_noted_and_not_guessed() -> None:
    found = read(lines(f"Nov 28 10:00:00 h a[1]: {gc(1)}", f"2026/11/28 10:00:00 {gc(1)}"))

    assert found.rows("gctrace_cycle", "logged_at") == [(None,), (1_795_860_000_000_000,)]
    assert found.kinds == {"stamp_incomplete": 1, "stamp_without_zone": 1}


def test_a_cycle_that_was_asked_for_is_not_what_time_started() -> None:
    found = read(lines("GC forced", gc(1, rest=" (forced)"), gc(2)))

    assert found.rows("gctrace_cycle", "is_forced", "is_periodic") == [(True, False), (False, False)]


def test_several_logs_are_kept_apart() -> None:
    found = read(lines(gc(1)), lines(gc(1), gc(2)[:40]), lines(gc(7)))

    assert found.rows("gctrace_cycle", "blob_index", "process", "cycle") == [(0, 0, 1), (1, 0, 1), (2, 0, 7)]
    assert found.rows("process", "blob_index", "process") == [(0, 0), (1, 0), (2, 0)]
    assert found.notes == [(1, "unreadable_line", 1)]


def test_a_log_cut_anywhere_has_the_rows_of_its_whole_lines() -> None:
    content = lines(*ALL)
    whole = read(content)
    prefixes = [content[:end] for end in range(len(content))]
    found = read(*prefixes)

    for index, prefix in enumerate(prefixes):
        last = prefix.count(b"\n")
        for name in ("gctrace_cycle", "gctrace_scan", "scavenge", "schedtrace", "inittrace"):
            kept = [row | {"blob_index": 0} for row in found.tables[name] if row["blob_index"] == index]
            assert kept == [row for row in whole.tables[name] if row["line"] <= last]


def test_a_log_that_is_not_held_has_the_same_rows() -> None:
    texts = [f"web-{number % 3} | {gc(number)}" if number % 7 else "an ordinary line" for number in range(1, 20_000)]
    content = lines(*texts)

    assert read_blobs([large(content)]).tables == read(content).tables


def test_what_breaks_off_keeps_what_came_before() -> None:
    found = read_blobs([large(lines(gc(1), gc(2)), is_cut_off=True)])

    assert found.cycles == [(0, 1), (0, 2)]
    assert found.kinds == {"log_cut_off": 1}


def test_no_rows_are_held_back_when_there_are_many() -> None:
    blob = large(lines(*(gc(number, f"{number}.000") for number in range(1, 65_000))))
    parts = [len(decoded.columns["gctrace_cycle"]["cycle"]) for decoded in FORMAT.decode([blob])]

    assert sum(parts) == 64_999
    assert 50_000 <= max(parts) < 64_999


@pytest.mark.parametrize("seed", range(200))
def test_what_another_writer_broke_is_never_read_wrongly(seed: int) -> None:
    # Every write of the runtime's is one field; the program's own writes come between any two.
    draw = Random(seed)
    truth, text = [], ""
    for number in range(1, 60):
        line = gc(number, rest=draw.choice(("", " (forced)")))
        truth.append((number, line.endswith("d)")))
        place = draw.randrange(len(line)) if draw.random() < 0.3 else len(line)
        while place < len(line) and line[place - 1].isdigit() and line[place].isdigit():
            place += 1
        text += line[:place] + draw.choice(("served\n", "a word ", "x")) * (place < len(line)) + line[place:] + "\n"
    found = read(text.encode())

    assert set(found.rows("gctrace_cycle", "cycle")) <= {(number,) for number, _ in truth}
    of_whole = {row["cycle"]: row for row in read(lines(*(gc(number) for number, _ in truth))).tables["gctrace_cycle"]}
    for row in found.tables["gctrace_cycle"]:
        whole = of_whole[row["cycle"]]
        assert {name: value for name, value in row.items() if name not in ("line", "is_forced", "process")} == {
            name: value for name, value in whole.items() if name not in ("line", "is_forced", "process")
        }


@given(st.lists(st.one_of(st.sampled_from(ALL), st.text(max_size=60), st.binary(max_size=60)), max_size=30), st.data())
def test_whatever_a_log_is_it_becomes_rows_with_unlike_keys(parts: list[str | bytes], data: st.DataObject) -> None:
    pieces = [part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts]
    content = b"".join(piece + data.draw(st.sampled_from([b"\n", b"", b" ", b"\r\n", b'"}\n'])) for piece in pieces)
    found = read(content)

    for name, rows in found.tables.items():
        keys = [tuple(row[key] for key in ("blob_index", *tables()[name].key[1:])) for row in rows]
        assert len(keys) == len(set(keys))
        assert all(row["process"] < len(found.tables["process"]) for row in rows)
    assert pa.array(found.prefixes, pa.string()) is not None


@pytest.mark.parametrize("before", ["", "web-1 | "])
def test_a_dump_amid_the_lines_goes_in_too(before: str) -> None:
    texts = [gc(1), *MANY.decode().splitlines(), gc(2)]
    found = read(lines(gc(1)), lines(*(f"{before}{text}" for text in texts)), lines(gc(7)))

    assert found.rows("gctrace_cycle", "blob_index", "cycle") == [(0, 1), (1, 1), (1, 2), (2, 7)]
    assert found.rows("goroutine_dump", "blob_index", "goroutine") == [(1, 1), (1, 18), (1, 19), (1, 20)]


def test_a_line_that_is_odd_in_very_many_places_costs_no_more_than_its_length() -> None:
    begun = 100_000
    found = read(lines("10:00:00 " + f"{gc(1)} " * 5_000 + "gc 1 @1 " * begun))

    assert found.kinds["unreadable_line"] == begun
    assert len(found.tables["gctrace_cycle"]) == 5_000


# What stands around a line of the runtime's, by who writes it: of process `n`, at second `t`, the text `x`.
def docker(n: int, t: int, x: str) -> str:
    return json.dumps({"log": f"{x}\n", "stream": "stderr", "attrs": {"tag": f"api-{n}"}, "time": at(t)})


def fluent(n: int, t: int, x: str) -> str:
    pod = {"pod_name": f"api-{n}", "namespace_name": "shop", "labels": {"app": "api", "hash": "f" * 300}, "host": "n1"}
    fields = [("log", f"{x}\n"), ("kubernetes", pod), ("time", at(t)), ("stream", "stderr")]
    return json.dumps(dict(fields[t % 4 :] + fields[: t % 4]))


def vector(n: int, t: int, x: str) -> str:
    pod = {"container_name": "api", "pod_name": f"api-{n}", "pod_labels": {"app": "api"}, "pod_ip": "10.0.0.1"}
    return json.dumps({"file": "/0.log", "kubernetes": pod, "message": x, "timestamp": at(t)}, separators=(",", ":"))


def beats(n: int, t: int, x: str) -> str:
    pod = {"namespace": "shop", "pod": {"name": f"api-{n}", "uid": f"u{n}"}, "container": {"name": "api"}}
    return json.dumps({"@timestamp": at(t), "host": {"name": "n1"}, "kubernetes": pod, "message": x})


def loki(n: int, t: int, x: str) -> str:
    return json.dumps({"labels": {"pod": f"api-{n}", "stream": "stderr"}, "line": x, "timestamp": at(t)})


def cloud(n: int, t: int, x: str) -> str:
    resource = {"type": "k8s_container", "labels": {"container_name": "api", "pod_name": f"api-{n}"}}
    return json.dumps({"textPayload": x, "timestamp": at(t), "resource": resource, "severity": "ERROR"})


def telemetry(n: int, t: int, x: str) -> str:
    return json.dumps({"resource": {"attributes": {"k8s.pod.name": f"api-{n}"}}, "body": x, "timestamp": at(t)})


def journald(n: int, t: int, x: str) -> str:
    fields = {"_HOSTNAME": "h", "MESSAGE": x, "_PID": str(70 + n), "__REALTIME_TIMESTAMP": f"{1_795_860_000 + t}000000"}
    return json.dumps(fields | {"SYSLOG_IDENTIFIER": "api"})


def own(n: int, t: int, x: str) -> str:
    return json.dumps({"ts": 1_795_860_000 + t, "instance": f"10.0.0.{n}:80", "pid": 1, "msg": x})


def composed(n: int, t: int, x: str) -> str:
    return f"api-{n}  | {x}"


def short(n: int, t: int, x: str) -> str:
    return f"Nov 28 10:{t // 60 % 60:02}:{t % 60:02} host api[{70 + n}]: {x}"


def text(n: int, t: int, x: str) -> str:
    return f'time={at(t)} level=INFO msg="{x}" service=shop pod=api-{n} took={t}ms'


def kit(n: int, t: int, x: str) -> str:
    return f'2026-11-28T10:00:00.5Z stderr F ts={at(t)} request={t} pod=api-{n} msg="{x}"'


def insights(n: int, t: int, x: str) -> str:
    return json.dumps({"@timestamp": at(t), "@message": x, "@logStream": f"ecs/api/{n}"})


def events(n: int, t: int, x: str) -> str:
    return json.dumps(
        {"logStreamName": f"ecs/api/{n}", "timestamp": 1_795_860_000_000 + t, "message": x, "eventId": f"{t}"}
    )


def run_service(n: int, t: int, x: str) -> str:
    resource = {"type": "cloud_run_revision", "labels": {"service_name": "shop", "revision_name": "shop-1"}}
    return json.dumps({"textPayload": x, "labels": {"instanceId": f"i{n}"}, "resource": resource, "timestamp": at(t)})


def azure(n: int, t: int, x: str) -> str:
    return json.dumps({"TimeGenerated": at(t), "LogEntry": x, "PodName": f"api-{n}"})


def grepped(n: int, t: int, x: str) -> str:
    return f"/var/log/containers/api-{n}.log:{at(t)} stderr F {x}"


def at(t: int) -> str:
    return f"2026-11-28T10:{t // 60 % 60:02}:{t % 60:02}Z"


@pytest.mark.parametrize(
    "wrapped",
    [
        *(docker, fluent, vector, beats, loki, cloud, telemetry, journald, own, composed, short),
        *(text, kit, insights, events, run_service, azure, grepped),
    ],
    ids=lambda wrapped: wrapped.__name__,
)
def test_processes_that_write_into_one_log_are_told_apart(wrapped: Callable[[int, int, str], str]) -> None:
    draw = Random(wrapped.__name__)
    runs = [
        (COLLECTOR / f"build=go1.{version}-trim" / "runtime.log").read_text().splitlines() for version in (22, 25, 27)
    ]
    owners = [owner for owner, run in enumerate(runs) for _ in run]
    draw.shuffle(owners)
    left = [iter(run) for run in runs]
    mixed: list[str] = []
    for second, owner in enumerate(owners):
        mixed.append(wrapped(owner, second, next(left[owner])))
        # The program's own lines, and some of others that only begin as the runtime's do.
        mixed.append(wrapped(owner, second, f"served gc 7 of {second}"))
    cut_off = [wrapped(0, 0, gc(99))[:-60], wrapped(1, 0, gc(98)[:50])]

    found = read(lines(*mixed, *cut_off))

    assert len(found.tables["process"]) == len(runs)
    assert found.kinds["unreadable_line"] - sum(read(lines(*run)).kinds.get("unreadable_line", 0) for run in runs) == 2
    order = {owner: number for number, owner in enumerate(dict.fromkeys(owners))}
    for name in ("gctrace_cycle", "gctrace_pacer", "scavenge", "inittrace"):
        mine = [told(row) for row in found.tables[name]]
        for owner, run in enumerate(runs):
            alone = [told(row) for row in read(lines(*run)).tables[name]]
            assert [row for process, row in mine if process == order[owner]] == [row for _, row in alone]


def told(row: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Whose a row is, and what it says but for where it stands and when it was written."""
    return row["process"], {k: v for k, v in row.items() if k not in ("blob_index", "process", "line", "logged_at")}


@pytest.mark.parametrize("wrapped", [docker, beats, short], ids=lambda wrapped: wrapped.__name__)
def test_many_lines_of_ordinary_text_give_no_row(wrapped: Callable[[int, int, str], str]) -> None:
    texts = (
        "served gc 12 @home in 3 ms clock, ok",
        "pacer: slow",
        "GC forced us to wait",
        "scav 7 KiB",
        "SCHED 5ms: none",
    )
    block = lines(*(wrapped(number % 3, number, texts[number % 5]) for number in range(1_000)))

    # Several pieces, so that it is cut.
    found = read(block * 12)

    assert {name: rows for name, rows in found.tables.items() if rows} == {}
