"""heapscape flame."""

from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import termios
from pathlib import Path

import pyarrow as pa
import pytest

from tests.cli.seat import FIRST, LAST, command, environment, heapscape, process, rows
from tests.outputs.unpacking import payload_of

# The nested-set columns of Grafana's flame graph panel.
GRAFANA = {"level", "value", "self", "label"}


def test_a_page_is_written_and_its_name_is_the_answer(demo: Path, tmp_path: Path) -> None:
    seen = heapscape("flame", "--db", demo)

    assert (seen.code, seen.out) == (0, "heapscape-flame.html\n")
    labels = payload_of((tmp_path / "heapscape-flame.html").read_text()).labels()
    assert "example.com/checkout/store.(*Store).Put" in labels


def test_on_a_terminal_an_icicle_as_wide_and_high_as_it_is_drawn_and_nothing_written(
    demo: Path, tmp_path: Path
) -> None:
    seen = on_a_terminal("flame", "--db", demo, columns=60, lines=6, NO_COLOR="1", TERM="xterm")

    assert seen.splitlines()[1:] == [
        "│root 100.0 % 452.3 MiB ────────────────────────────────────",
        "│main.serve.func1 90.3 % 408.5 MiB ───────────────────│…main",
        "│main.work 90.3 % 408.5 MiB ──────────────────────────│…main",
        "left out: 3 levels below",
    ]
    assert list(tmp_path.iterdir()) == []
    assert "\x1b[" in on_a_terminal("flame", "--db", demo, columns=60, lines=6, TERM="xterm-256color")
    assert "heapscape-flame.html" in on_a_terminal("flame", "--format", "html", "--db", demo, columns=60, lines=6)


def test_an_icicle_elsewhere_has_all_levels(demo: Path) -> None:
    seen = heapscape("flame", "--format", "icicle", "--profile", "heap-12", "--db", demo)

    assert seen.out.splitlines()[0].endswith("/heap-12.pb.gz · inuse_space · 452.3 MiB")
    assert "│store.(*Store).Put 68.6 % 310.1 MiB ─" in seen.out
    assert "levels below" not in seen.out
    assert (
        heapscape("flame", "--format", "icicle", "--profile", "heap-12", "--db", demo, "-o", "x.txt").out == "x.txt\n"
    )
    assert Path("x.txt").read_text().replace("\N{NO-BREAK SPACE}", " ") == seen.out


def on_a_terminal(*arguments: str | Path, columns: int, lines: int, **more: str) -> str:
    """What a command writes where standard output is a terminal of this size."""
    reader, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    with subprocess.Popen(
        command(*arguments), stdout=terminal, stderr=subprocess.PIPE, env=environment(**more), stdin=subprocess.DEVNULL
    ) as running:
        os.close(terminal)
        found = b""
        try:
            while part := os.read(reader, 1 << 16):
                found += part
        except OSError:
            # How Linux tells that nobody has the terminal open any more.
            pass
        said = running.stderr.read().decode() if running.stderr else ""
    os.close(reader)
    assert running.returncode == 0, said
    return found.decode().replace("\N{NO-BREAK SPACE}", " ").replace("\r\n", "\n")


def test_rows_are_a_nested_set(demo: Path) -> None:
    nodes = heapscape("flame", "--format", "json", "--profile", "heap-12", "--db", demo).json()

    assert nodes[0].keys() >= GRAFANA
    assert (nodes[0]["level"], nodes[0]["label"]) == (0, "root")
    for place, node in enumerate(nodes):
        below = list(nodes[place + 1 :])
        end = next((at for at, other in enumerate(below) if other["level"] <= node["level"]), len(below))
        children = [other for other in below[:end] if other["level"] == node["level"] + 1]
        assert node["value"] == node["self"] + sum(child["value"] for child in children)


def test_the_table_has_the_rows_of_the_json(demo: Path) -> None:
    where = ("--profile", "heap-12", "--db", demo)

    table = rows(heapscape("flame", "--format", "table", *where))
    nodes = heapscape("flame", "--format", "json", *where).json()

    assert [[int(cell) for cell in row[:3]] for row in table] == [
        [node["level"], node["value"], node["self"]] for node in nodes
    ]


def test_folded_stacks_add_up_to_the_total(demo: Path) -> None:
    where = ("--profile", "heap-12", "--db", demo)

    lines = heapscape("flame", "--format", "folded", *where).out.splitlines()
    total = heapscape("flame", "--format", "json", *where).json()[0]["value"]

    assert sum(int(line.rpartition(" ")[2]) for line in lines) == total
    assert "main.serve.func1;main.work;example.com/checkout/api.(*Handler).Order;" in lines[0]


def test_an_arrow_file_holds_what_standard_output_gets(demo: Path, tmp_path: Path) -> None:
    where = ("--profile", "heap-12", "--db", demo, "--format", "arrow")

    heapscape("flame", *where, "-o", "flame.arrow")

    # Not byte for byte: Arrow leaves what lies under a NULL to chance.
    written = pa.ipc.open_stream((tmp_path / "flame.arrow").read_bytes()).read_all()
    assert written.equals(pa.ipc.open_stream(heapscape("flame", *where).answer).read_all())
    assert written["label"][0].as_py() == "root"


def test_growth_has_both_sides(demo: Path) -> None:
    nodes = heapscape("flame", "--growth", "--format", "json", "--db", demo).json()
    series = heapscape("sql", "FROM heap.series", "--format", "json", "--db", demo).json()[0]

    assert (nodes[0]["value"], nodes[0]["valueRight"]) == (series["first_bytes"], series["last_bytes"])


@pytest.mark.parametrize("site", ["store/cache.go:21", "cache.go:21", "example.com/checkout/store/cache.go:21"])
def test_a_site_draws_its_stacks_only(demo: Path, site: str) -> None:
    nodes = heapscape("flame", "--site", site, "--format", "json", "--db", demo).json()

    leaves = {node["label"] for node in nodes if node["self"] or node["selfRight"]}
    assert leaves == {"example.com/checkout/store.(*Store).Put"}


def test_a_site_inside_an_inlined_function_is_found_by_its_inner_line(demo: Path) -> None:
    nodes = heapscape("flame", "--site", "session.go:23", "--format", "json", "--db", demo).json()

    assert {node["label"] for node in nodes if node["selfRight"]} == {"example.com/checkout/session.create"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--site", "cache.go"], "'cache.go' is not FILE:LINE; write it like store/cache.go:21"),
        (["--site", "cache.go:9999"], "cache.go:9999: no series allocates there; see the sites with: heapscape growth"),
        (
            ["--growth", "--service", "nobody"],
            "--service nobody: none of 1 series of heap profiles has this service; there is checkout",
        ),
        (["--growth", "--format", "folded"], "folded stacks have one number each"),
        (["--kind", "cpu"], "--kind cpu: none of 13 profiles has this kind; there is heap"),
        (["-sample_index=cpu"], "sample_index 'cpu': the profile has"),
        (["-o", "no/folder/x.html"], "no/folder/x.html: cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_met_is_2_with_the_reason(demo: Path, arguments: list[str], said: str) -> None:
    seen = heapscape("flame", *arguments, "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


def test_files_are_added_up(demo: Path) -> None:
    where = ("--format", "json", "--db", demo)
    alone = [heapscape("flame", *where, "--profile", name).json()[0]["value"] for name in ("heap-00", "heap-12")]

    assert heapscape("flame", "--format", "json", FIRST, LAST).json()[0]["value"] == sum(alone)


def test_cpu_profiles_fold_in_nanoseconds(every_kind: Path) -> None:
    lines = heapscape("flame", "--kind", "cpu", "--format", "folded", "--db", every_kind).out.splitlines()

    assert lines
    assert all(int(line.rpartition(" ")[2]) % 10_000_000 == 0 for line in lines)


def test_standard_input_is_drawn() -> None:
    seen = process("flame", "-", "--format", "json", stdin=LAST.read_bytes())

    assert json.loads(seen.out)[0]["label"] == "root"


def test_a_trace_is_drawn_by_what_its_goroutines_waited_for(traces: Path) -> None:
    seen = heapscape(
        "flame", "--kind", "trace", "--format", "folded", "-sample_index=sync_delay",
        "--profile", "build=go1.27-trim/plain.trace", "--db", traces,
    )  # fmt: skip

    weights = {stack: int(value) for stack, value in (line.rsplit(" ", 1) for line in seen.out.splitlines())}
    (total,) = heapscape(
        "sql",
        """
        SELECT SUM(value)::BIGINT AS delay FROM main.sample_value AS sample JOIN source ON source_id = profile_id
        WHERE sample_type = 'sync_delay' AND contains(uri, 'build=go1.27-trim/plain.trace')
        """,
        "--format", "json", "--db", traces,
    ).json()  # fmt: skip
    assert seen.code == 0
    assert weights["main.receiver;runtime.chanrecv2"] > weights["main.locker;sync.(*Mutex).Lock"] > 0
    assert sum(weights.values()) == total["delay"]
