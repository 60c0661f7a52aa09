"""Names that others chose never make a terminal do anything, nor a table anything but a table.

Functions, files, labels, comments, units, paths and texts of a profile, a trace and an escape report, full of what a
terminal obeys; every command in every format for people, and every message about an argument.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import click
import pytest

from pipeline.cli import every_command
from pipeline.cli import heapscape as group
from pipeline.cli.pictures import PLOTS
from tests.builders.memstats import lines, memstats
from tests.builders.profile import message
from tests.builders.trace_text import quoted, to_binary, to_text
from tests.builders.web import content, serving
from tests.cli.seat import TRACES, Seen, heapscape, named
from tests.server.conftest import served

# Written out, and not taken from the code under test: controls, marks of direction, breaks; what is no character at all.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# As far as a compiler's line may hold it.
EVIL = "\x1b[31m\x1b]0;gone\x07\x08\x7f\x9b2J\u202egnp\u2066\u200f\u2028\u2029"
# A row that would begin here would be taken for one of the table.
EVIL_LINES = f"{EVIL}\nFORGED 1\rFORGED 2\tx\x0b\x0c\x85"

FILE = f"example.com/evil{EVIL}/cache.go"
REPORT = f"""# example.com/evil{EVIL}
{FILE}:21:2: entry{EVIL} escapes to heap in grow{EVIL}:
{FILE}:21:2:   flow: {{heap}} ← &{{storage for entry{EVIL}}}:
{FILE}:21:2:     from entry{EVIL} (spill{EVIL}) at {FILE}:21:2
{FILE}:21:2: entry{EVIL} escapes to heap
{FILE}:30:2: moved to heap: other{EVIL}
"""


def heap(live: int, time_s: int) -> bytes:
    made = message(
        f"main.grow@FILE:21 main.main@main.go:9 {live} 1 {{tenant=north}}",
        "main.other@other.go:3 main.main@main.go:9 7 1",
        types=("inuse_space/bytes", "odd/odd"),
        time_ns=time_s * 10**9,
        comments=["comment"],
        doc_url="https://example.com/",
    )
    kept = ("", "inuse_space", "bytes")
    texts = [text if text in kept else FILE if text == "FILE" else text + EVIL_LINES for text in made.string_table]
    made.string_table[:] = texts
    return made.SerializeToString()


def trace() -> bytes:
    text = to_text((TRACES / "plain.trace").read_bytes())
    return to_binary("".join(map(renamed, re.split("(?=^EventBatch)", text, flags=re.MULTILINE))))


def renamed(batch: str) -> str:
    """A batch whose functions of `main` have longer names, and so a larger size."""
    evil = EVIL_LINES.encode()
    batch, changed = re.subn(r'(\tdata="main\.[^"]*)"', lambda found: found[1] + quoted(evil)[1:], batch)
    return re.sub("size=([0-9]+)", lambda found: f"size={int(found[1]) + changed * len(evil)}", batch, count=1)


CYCLE = "gc 1 @0.012s 2%: 0.026+0.39+0.10 ms clock, 0.21+0.88/0.52/0+0.84 ms cpu, 4->4->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 8 P"


pytestmark = pytest.mark.xdist_group("hostile names")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs in folders whose names are labels, a lake, a database."""
    folder = tmp_path_factory.mktemp("world")
    inputs = folder / "inputs" / f"service={quote('checkout' + EVIL_LINES)}" / f"build={quote('1' + EVIL)}"
    inputs.mkdir(parents=True)
    evil_name = EVIL_LINES.replace("\x00", "")
    for number in range(3):
        (inputs / f"heap{number}{evil_name}.pb").write_bytes(
            heap(1_000_000 * (number + 1), 1_700_000_000 + 60 * number)
        )
    (inputs / f"escape{evil_name}.txt").write_text(REPORT, newline="")
    (inputs / f"go{evil_name}.trace").write_bytes(trace())
    (inputs / f"vars{evil_name}.json").write_bytes(lines(memstats()))
    (inputs / f"dump{evil_name}.txt").write_text(
        f"goroutine 1 [select]:\nmain.f(0x1)\n\t/src/a{EVIL}.go:5 +0x1d\ncreated by main.g{EVIL}\n\t/src/b{EVIL}.go:6 +0x1d\n\n"
    )
    (inputs / f"log{evil_name}.txt").write_text(f"web{EVIL} | {CYCLE}\n")
    (inputs / f"broken{evil_name}.pb").write_bytes(heap(5, 5)[:-3])
    (inputs / os.fsdecode(b"latin\xe9\x1b.pb")).write_bytes(b"\xff")
    lake = folder / "lake"
    # Delta's library cannot open a folder of such a name, which is said before anything is written.
    seen = heapscape("ingest", folder / "inputs", "--lake", folder / f"lake{EVIL_LINES}")
    assert seen.code == 3
    assert clean(seen)
    seen = heapscape("ingest", folder / "inputs", "--lake", lake)
    assert seen.code == 1
    assert clean(seen)
    assert heapscape("load", "--lake", lake, "--db", folder / "plain.duckdb").code == 0
    return folder


def clean(seen: Seen) -> bool:
    """No byte that a terminal obeys, and no line that a name began; lines of HTML and SVG mean nothing."""
    shown = seen.answer.decode() + seen.err
    assert FORBIDDEN.findall(shown) == []
    shown = seen.err if shown.startswith("<") else shown
    assert [line for line in re.split("[\n\t]", shown) if line.startswith(("FORGED", "x"))] == []
    return True


def commands(world: Path) -> Iterator[tuple[str, list[str]]]:
    """Name and arguments of every command that answers people."""
    db, inputs = ["--db", str(world / "plain.duckdb")], str(world / "inputs")
    lake = ["--lake", str(world / "lake")]
    for format in ("table", "markdown"):
        how = [*db, "--format", format]
        yield "growth", how
        yield "top", [*how, "-cum", "-focus=grow"]
        yield "top", [*how, "--kind", "trace"]
        yield "peek", ["grow", *how]
        yield "list", ["grow", "--why", *how]
        yield "profiles", how
        yield "series", how
        yield "sources", how
        yield "pprof", ["-traces", *db]
        yield "pprof", ["-tree", *db]
        yield "diff", how
        yield "escapes", how
        yield "escapes", ["--flow", "--all", *how]
        yield "escapes", ["nowhere.go", *how]
        yield "escapes", ["--tree", "live", *how]
        yield "escapes", ["--diff", f"1{EVIL}", f"1{EVIL}", *how]
        yield "goroutines", [*how, "--source", "trace"]
        yield "goroutines", [*how, "--source", "dump", "--stacks"]
        yield "goroutines", ["--function", f"main.main{EVIL_LINES}", *how]
        yield "goroutines", [*how, "--source", "trace", "--stacks"]
        yield "events", [*how, "--from", "15ms", "--to", "17ms"]
        for table in ("tasks", "regions", "logs", "latency", "blocking", "mmu", "procs"):
            yield f"trace {table}", how
        yield "gc", how
        yield "memory", how
        yield "check", [*how, "--max-growth", "1B", "--max-site-growth", "1B", "--max-goroutines", "0"]
        yield "check", [*how, "--new-escapes", f"1{EVIL}", f"1{EVIL}"]
        yield "flame", how
        for table in (
            "source",
            "ingest_note",
            "function",
            "profile",
            "label_set",
            "escape_site",
            "attribution.growth_by_site",
        ):
            yield "sql", [f"FROM {table}", *how]
        yield "sql", ["SELECT ['a\x1b\n'] AS \"b\x1b\", {'c\u202e': 'd\u2028'} AS s", *how]
    with serving({"/debug/pprof/heap": content(heap(1, 1))}) as url:
        named = ["--label", f"service=pay{EVIL_LINES}", "--out", str(world / f"collected{EVIL}")]
        yield "collect", [url, "--kind", "heap", "--kind", f"no{EVIL_LINES}", "--for", "0s", *named]
    yield "run", [inputs, "--lake", str(world / "again"), "--db", str(world / "again.duckdb")]
    for format in ("junit", "sarif"):
        yield "check", [*db, "--format", format, "--max-site-growth", "1B"]
    yield "flame", [*db, "--format", "icicle"]
    yield "flame", [*db, "-o", str(world / f"page{EVIL_LINES}.html")]
    for format in ("html", "markdown"):
        yield "report", [*db, "--format", format, "-o", "-"]
    for picture in (name for name in PLOTS if name != "answer"):
        yield "plot", [picture, *db, "-o", "-"]
    yield "plot", ["answer", *db, "-o", "-", "--query", f'SELECT name AS "n{EVIL}", 1 AS one FROM function']
    yield "plot", ["heap", *db, "-o", str(world / f"heap{EVIL_LINES}.svg")]
    yield "export", [*db, "-o", str(world / f"heap{EVIL_LINES}.pb.gz")]
    yield "anonymize", [*lake, "-o", str(world / "shared"), "--names", str(world / f"names{EVIL_LINES}.csv")]
    yield "anonymize", [inputs, "-o", str(world / f"shared{EVIL_LINES}")]
    yield "report", [*db, "-o", str(world / f"report{EVIL_LINES}.html")]
    yield "load", [*lake, "--db", str(world / f"other{EVIL}.duckdb")]
    yield "ingest", [inputs, *lake]
    yield "lake verify", lake
    yield "lake info", lake
    yield "lake relabel", [inputs, *lake, "--label", f"pod=x{EVIL_LINES}"]
    yield "lake compact", lake
    yield "lake vacuum", [*lake, "--older-than", "0"]
    yield "lake expire", ["--lake", str(world / "again"), "--older-than", "1s"]


def test_no_command_lets_a_name_reach_the_terminal(world: Path) -> None:
    answered = set()
    for name, arguments in commands(world):
        seen = heapscape(*name.split(), *arguments)
        # What is nowhere is a wrong choice, and the names there are stand in what is said of it.
        expected = (0, 4) if name == "check" else (2,) if "nowhere.go" in arguments else (0, 1)
        assert seen.code in expected, (name, seen.err)
        assert seen.answer or {"nowhere.go", "--diff"} & set(arguments), (name, arguments)
        assert clean(seen), (name, arguments)
        answered.add(name)

    # tests/terminal/test_page.py has those of ui.
    assert answered == set(leaves()) - {"serve", "ui"}


def test_no_page_of_the_server_says_a_name_but_as_text(world: Path) -> None:
    with served(world / "plain.duckdb") as client:
        for path in ("/", "/growth", "/flame", "/views/function", "/views/location", "/sql?q=FROM+function"):
            page = client.get(path)
            assert page.status_code == 200
            assert not FORBIDDEN.search(page.text), path
        assert "main.grow\\x1b[31m" in client.get("/views/function").text
        refused = client.get("/sql", params={"q": f"FROM {EVIL_LINES}"})
        assert (refused.status_code, FORBIDDEN.search(refused.text)) == (400, None)


def leaves() -> Iterator[str]:
    for one in every_command():
        yield from (
            (f"{one.name} {inner}" for inner in one.commands) if isinstance(one, click.Group) else [str(one.name)]
        )


def test_the_names_are_in_the_answers_spelled_out(world: Path) -> None:
    shown = heapscape("top", "--db", world / "plain.duckdb").out

    assert "main.grow\\x1b[31m\\x1b]0;gone\\x07\\x08\\x7f\\x9b2J\\u202egnp" in shown
    assert "\\nFORGED 1\\rFORGED 2\\tx" in shown


def test_formats_for_machines_keep_every_character(world: Path) -> None:
    (row,) = heapscape(
        "sql",
        "SELECT name FROM function WHERE name LIKE 'main.grow%'",
        "--db",
        world / "plain.duckdb",
        "--format",
        "json",
    ).json()

    assert row["name"] == f"main.grow{EVIL_LINES}"


def test_pages_hold_none_either(world: Path) -> None:
    for command in ("flame", "report"):
        page = world / f"{command}.html"
        assert heapscape(command, "--db", world / "plain.duckdb", "-o", page).code == 0
        assert FORBIDDEN.findall(page.read_text()) == []


@pytest.mark.parametrize(
    "evil", [EVIL_LINES, EVIL, os.fsdecode(b"\xff\xe9"), "\ud800"], ids=["lines", "line", "bytes", "half"]
)
def test_no_message_about_an_argument_lets_it_through(world: Path, evil: str) -> None:
    every = [(name, option) for name in leaves() for option in options_of(name)]
    lines = [[*name.split(), option, evil, *(["x"] if "INPUT..." in option else [])] for name, option in every]
    lines += [[*name.split(), evil] for name in leaves()] + [[evil], [f"--{evil}"]]
    # Where a command would do its work in a place of that name.
    lines = [line for line in lines if line[-2:] != ["load", evil]]

    for line in lines:
        seen = heapscape(*line)
        assert seen.code in (0, 1, 2, 3), (line, seen.err)
        assert clean(seen), line

    assert len(lines) > 100


def options_of(name: str) -> list[str]:
    found: click.Command = group
    for word in name.split():
        assert isinstance(found, click.Group)
        found = named(found, word)
    return [
        one.opts[0]
        for one in found.params
        if isinstance(one, click.Option) and not one.is_flag and one.opts[0] != "--jobs"
    ]


def test_a_lake_with_a_damaged_log_says_so_without_its_bytes(world: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(world / "lake", lake)
    for entry in (lake / "batch" / "_delta_log").glob("*.json"):
        entry.write_text(entry.read_text().replace('"commitInfo":', f'"{EVIL}":{EVIL}'))

    for command in (["lake", "verify"], ["load", "--db", "x.duckdb"], ["ingest", str(TRACES / "plain.trace")]):
        seen = heapscape(*command, "--lake", lake)
        assert seen.code == 3
        assert clean(seen)
