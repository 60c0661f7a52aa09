"""Tables that searches export: their columns say whose a line is, and when it was written."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pipeline.formats.gctrace.exported import as_objects
from tests.formats.gctrace.logs import gc, lines, read

AT = "2026-11-30T10:00:01.000Z"


def table(header: list[str], *rows: list[str], delimiter: str = ",") -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([header, *rows])
    return written.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("pod", ["kubernetes.pod.name", "pod_name", "Host"])
def test_a_column_behind_the_line_tells_processes_apart(pod: str, delimiter: str) -> None:
    rows = [[AT, gc(cycle + 5 * (name == "b")), name, f"id{cycle}"] for cycle in (1, 2) for name in ("a", "b")]

    found = read(table(["@timestamp", "message", pod, "_id"], *rows, delimiter=delimiter))

    assert found.rows("gctrace_cycle", "line", "process", "cycle") == [(2, 0, 1), (3, 1, 6), (4, 0, 2), (5, 1, 7)]
    assert [prefix.rpartition("=")[2] for prefix in found.prefixes] == ["a", "b"]
    assert None not in [at for (at,) in found.rows("gctrace_cycle", "logged_at")]
    assert found.notes == []


def test_an_object_in_a_cell_is_opened() -> None:
    found = read(table(["message", "pod"], [json.dumps({"log": gc(1)}), "a"], [json.dumps({"log": gc(2)}), "a"]))

    assert found.cycles == [(0, 1), (0, 2)]
    assert found.prefixes == ["pod=a"]


@pytest.mark.parametrize(
    "first", ["@timestamp,message", "a line, of a pod", '"pod,"message', "pod", f"pod,{'x' * 200}"]
)
def test_what_names_no_owner_is_left_as_it_is(first: str) -> None:
    content = lines(first, f"x,{gc(1)}")

    assert [*as_objects([(content, True)])] == [(content, True)]


def test_what_is_no_row_of_the_table_is_left_as_it_is() -> None:
    head, row, short, broken = "message,pod", f'"{gc(1)}",a', gc(2).replace(", ", " "), f'"{gc(3)}'

    ((found, _),) = as_objects([(lines(head, row, short, broken, "words,b"), True)])

    assert found.splitlines()[0::2] == [head.encode(), short.encode(), b"words,b"]
    assert json.loads(found.splitlines()[1]) == {"message": gc(1), "pod": "a"}
    assert found.splitlines()[3] == broken.encode()
