"""Every command against every fault of what is around it: no traceback, a documented exit code, the old files whole.

Each case is a process of its own. `make test` takes every fault with one command and every command with some fault;
the whole product takes minutes.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest

from pipeline.cli import every_command
from tests.builders import memstats
from tests.builders.profile import profile
from tests.cli.seat import FIRST, LAST, REPORT, TRACES, command, environment, heapscape

DOCUMENTED = {0, 1, 2, 3, 130, 143}
# Of a signal nobody needs to be told, and while libraries are loaded nobody is.
INTERRUPTED = {130, 143}
OLD_PAGE = "the page of yesterday"


@dataclass(frozen=True)
class Seat:
    """Where a command sits, and what it is given."""

    folder: Path
    inputs: str = "inputs"
    lake: str = "lake"
    db: str = "seat.duckdb"
    page: str = "page.html"


@dataclass(frozen=True)
class Fault:
    """What is wrong: with the files before, with the process, or later with a signal."""

    prepare: Callable[[Seat], Seat] = lambda seat: seat
    process: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str | None] = field(default_factory=dict)
    kill: tuple[int, float] | None = None
    # Nothing can be told where standard error is the fault, and the lake is not sound when it is damaged.
    is_silent: bool = False
    is_damage: bool = False


# Every command, as it is used; two where it can write a file or an answer.
USES: dict[str, tuple[Callable[[Seat], list[str]], ...]] = {
    "run": (lambda at: ["run", at.inputs, "--lake", at.lake, "--db", at.db, "--report", at.page],),
    "ingest": (
        lambda at: ["ingest", at.inputs, "--lake", at.lake],
        lambda at: ["ingest", at.inputs, "--lake", at.lake, "--jobs", "2", "--format", "json"],
    ),
    # Port 9 is that of `discard`, where nobody listens.
    "collect": (lambda at: ["collect", "http://127.0.0.1:9", "--for", "0s", "--out", at.page],),
    "load": (lambda at: ["load", "--lake", at.lake, "--db", at.db],),
    "sql": (
        lambda at: ["sql", "FROM range(200_000)", "--db", at.db, "--format", "csv"],
        lambda at: ["sql", "FROM source", "--db", at.db, "--parquet", at.page],
        lambda at: ["sql", "FROM source", "--db", at.db, "--format", "arrow"],
    ),
    "growth": (
        lambda at: ["growth", "--db", at.db],
        lambda at: ["growth", at.inputs, "--format", "markdown"],
    ),
    "top": (lambda at: ["top", "--db", at.db], lambda at: ["top", at.inputs, "--format", "ndjson"]),
    "peek": (lambda at: ["peek", "Put", "--db", at.db],),
    "diff": (lambda at: ["diff", "--db", at.db], lambda at: ["diff", "--db", at.db, "--html", at.page]),
    "pprof": (lambda at: ["pprof", "-tree", "--db", at.db],),
    "list": (lambda at: ["list", "Put", "--db", at.db],),
    "export": (lambda at: ["export", "--db", at.db, "--format", "folded"],),
    "anonymize": (
        lambda at: ["anonymize", "--lake", at.lake, "-o", "shared"],
        lambda at: ["anonymize", f"{at.inputs}/service=checkout/new.pb", "-o", "shared", "--names", "names.csv"],
    ),
    "check": (lambda at: ["check", "--db", at.db, "--max-growth", "1GiB"],),
    "flame": (
        lambda at: ["flame", "--db", at.db, "-o", at.page],
        lambda at: ["flame", "--db", at.db, "--format", "folded"],
        lambda at: ["flame", "--db", at.db, "--format", "icicle"],
    ),
    "report": (
        lambda at: ["report", "--db", at.db, "-o", at.page],
        lambda at: ["report", "--db", at.db, "--format", "markdown"],
    ),
    "plot": (
        lambda at: ["plot", "heap", "--db", at.db, "-o", at.page, "--format", "svg"],
        lambda at: ["plot", "growth", "--db", at.db, "-o", "-", "--format", "png"],
    ),
    "escapes": (
        lambda at: ["escapes", "--flow", "--db", at.db],
        lambda at: ["escapes", "--diff", "1.4.2", "1.4.2", "--db", at.db, "--format", "json"],
        lambda at: ["escapes", "--tree", "live", "--db", at.db],
        lambda at: ["escapes", "--level", "--db", at.db],
    ),
    "goroutines": (lambda at: ["goroutines", "--db", at.db, "--format", "json"],),
    "events": (lambda at: ["events", "--db", at.db, "--to", "1ms"],),
    "trace tasks": (lambda at: ["trace", "tasks", "--db", at.db, "--format", "json"],),
    "trace regions": (lambda at: ["trace", "regions", "--db", at.db],),
    "trace logs": (lambda at: ["trace", "logs", "--db", at.db],),
    "trace latency": (lambda at: ["trace", "latency", "--db", at.db],),
    "trace blocking": (lambda at: ["trace", "blocking", "--db", at.db],),
    "trace mmu": (lambda at: ["trace", "mmu", "--db", at.db],),
    "trace procs": (lambda at: ["trace", "procs", "--db", at.db],),
    "gc": (lambda at: ["gc", "--db", at.db, "--format", "json"],),
    "memory": (lambda at: ["memory", "--db", at.db],),
    "profiles": (lambda at: ["profiles", "--db", at.db],),
    "series": (lambda at: ["series", "--db", at.db],),
    "sources": (lambda at: ["sources", "--db", at.db, "--format", "json"],),
    "serve": (lambda at: ["serve", "--db", at.db, "--port", "0"],),
    # It has no terminal there; on one, tests/cli/test_ui.py.
    "ui": (lambda at: ["ui", "--db", at.db],),
    "lake verify": (lambda at: ["lake", "verify", "--lake", at.lake],),
    "lake relabel": (lambda at: ["lake", "relabel", at.inputs, "--lake", at.lake, "--label", "service=other"],),
    "lake info": (lambda at: ["lake", "info", "--lake", at.lake],),
    "lake compact": (lambda at: ["lake", "compact", "--lake", at.lake],),
    "lake expire": (lambda at: ["lake", "expire", "--lake", at.lake, "--older-than", "9999d"],),
    "lake vacuum": (lambda at: ["lake", "vacuum", "--lake", at.lake, "--older-than", "0"],),
}


def below_a_file(at: Seat) -> Seat:
    (at.folder / "file").write_bytes(b"")
    return replace(at, lake="file/lake", db="file/x.duckdb", page="file/page.html")


def other_kinds(at: Seat) -> Seat:
    """A folder where a file belongs, and a file where a folder does."""
    for name in ("folder.duckdb", "folder.html"):
        (at.folder / name).mkdir()
    (at.folder / "file").write_bytes(b"")
    return replace(at, lake="file", db="folder.duckdb", page="folder.html")


def missing(at: Seat) -> Seat:
    return replace(at, inputs="no", lake="no/lake", db="no/x.duckdb", page="no/page.html")


def not_utf8(at: Seat) -> Seat:
    shutil.copytree(at.folder / at.lake, at.folder / os.fsdecode(b"lake\xff"))
    shutil.copy(at.folder / at.db, at.folder / os.fsdecode(b"\xff.duckdb"))
    return replace(at, lake=os.fsdecode(b"lake\xff"), db=os.fsdecode(b"\xff.duckdb"), page=os.fsdecode(b"\xff.html"))


def with_modes(folder_mode: int, file_mode: int) -> Callable[[Seat], Seat]:
    def prepare(at: Seat) -> Seat:
        for path in sorted(at.folder.rglob("*"), reverse=True):
            path.chmod(folder_mode if path.is_dir() else file_mode)
        at.folder.chmod(folder_mode | 0o111)
        return at

    return prepare


def database(write: Callable[[Path], object]) -> Callable[[Seat], Seat]:
    def prepare(at: Seat) -> Seat:
        path = at.folder / at.db
        content = path.read_bytes()
        path.write_bytes(b"")
        write(path)
        if not path.stat().st_size and write is not _leave:
            path.write_bytes(content[: len(content) // 2])
        return at

    return prepare


def _leave(path: Path) -> None:
    """An empty file."""


def of_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE source (x)")
    connection.close()


def of_another_program(path: Path) -> None:
    path.unlink()
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE source (x INTEGER)")


def log(change: Callable[[str], str]) -> Callable[[Seat], Seat]:
    def prepare(at: Seat) -> Seat:
        entry = max((at.folder / at.lake / "batch" / "_delta_log").glob("*.json"))
        entry.write_text(change(entry.read_text()))
        return at

    return prepare


def data(change: Callable[[Path], object]) -> Callable[[Seat], Seat]:
    def prepare(at: Seat) -> Seat:
        for path in (at.folder / at.lake).rglob("*.parquet"):
            change(path)
        return at

    return prepare


def limited(kind: int, most: int) -> Mapping[str, Any]:
    return {"preexec_fn": lambda: resource.setrlimit(kind, (most, most))}


def closed(*descriptors: int) -> Mapping[str, Any]:
    return {"preexec_fn": lambda: [os.close(descriptor) for descriptor in descriptors]}


def bound_by_modes() -> Mapping[str, Any]:
    """Without the capabilities by which root passes over modes; others never have them."""
    drop = 24
    libc = ctypes.CDLL(None)
    return {"preexec_fn": lambda: [libc.prctl(drop, capability, 0, 0, 0) for capability in (1, 2)]}


MIB = 1 << 20
FAULTS: dict[str, Fault] = {
    "paths below a file": Fault(below_a_file),
    "folders for files": Fault(other_kinds),
    "nothing there": Fault(missing),
    "paths that are not UTF-8": Fault(not_utf8),
    "read-only": Fault(with_modes(0o555, 0o444), bound_by_modes()),
    "unreadable": Fault(with_modes(0o000, 0o000), bound_by_modes()),
    "full disk, at once": Fault(process=limited(resource.RLIMIT_FSIZE, 1)),
    "full disk, soon": Fault(process=limited(resource.RLIMIT_FSIZE, 20_000)),
    "full disk, later": Fault(process=limited(resource.RLIMIT_FSIZE, MIB)),
    "standard output closed": Fault(process=closed(1)),
    "standard output full": Fault(process={"stdout": "/dev/full"}),
    "standard output read by nobody": Fault(process={"stdout": "nobody"}),
    "standard error closed": Fault(process=closed(2), is_silent=True),
    "standard error full": Fault(process={"stderr": "/dev/full"}, is_silent=True),
    "all streams closed": Fault(process=closed(0, 1, 2), is_silent=True),
    **{
        f"{most} MiB of address space": Fault(process=limited(resource.RLIMIT_AS, most * MIB))
        for most in (300, 3_200)
    },
    **{f"{most} open files": Fault(process=limited(resource.RLIMIT_NOFILE, most)) for most in (6, 12, 30)},
    "no home": Fault(variables={"HOME": None, "XDG_CACHE_HOME": None}),
    "no temporary folder": Fault(variables={"TMPDIR": "/nowhere"}),
    "a temporary folder that is none": Fault(variables={"TMPDIR": "/dev/null"}),
    "ASCII alone": Fault(variables={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}),
    "a database that is text": Fault(database(lambda path: path.write_text("not a database\n" * 1_000))),
    "a database of SQLite": Fault(database(of_sqlite)),
    "a database of another program": Fault(database(of_another_program)),
    "an empty database": Fault(database(_leave)),
    "half a database": Fault(database(lambda path: None)),
    "a log of brackets": Fault(log(lambda text: "[" * 200_000), is_damage=True),
    "a log with a number for a path": Fault(log(lambda text: text.replace('"path":"', '"path":7,"_":"')), is_damage=True),
    "half a log": Fault(log(lambda text: text[: len(text) // 2]), is_damage=True),
    "data files cut": Fault(data(lambda path: os.truncate(path, path.stat().st_size // 2)), is_damage=True),
    "data files gone": Fault(data(Path.unlink), is_damage=True),
    "data files of text": Fault(data(lambda path: path.write_text("text")), is_damage=True),
    **{
        f"{name} after {delay_s} s": Fault(kill=(number, delay_s))
        for name, number in (("SIGINT", signal.SIGINT), ("SIGTERM", signal.SIGTERM))
        for delay_s in (0.0, 0.5)
    },
}  # fmt: skip


# Each kind of fault with a command that is quick, and each command with one.
QUICK = [
    ("paths below a file", "report", 0),
    ("folders for files", "flame", 0),
    ("paths that are not UTF-8", "load", 0),
    ("read-only", "ingest", 0),
    ("unreadable", "lake verify", 0),
    ("full disk, soon", "run", 0),
    ("full disk, at once", "diff", 1),
    ("standard output closed", "top", 0),
    ("standard output full", "peek", 0),
    ("standard output read by nobody", "sql", 2),
    ("standard error full", "escapes", 0),
    ("standard output full", "gc", 0),
    ("standard output closed", "memory", 0),
    ("300 MiB of address space", "goroutines", 0),
    ("12 open files", "growth", 0),
    ("no temporary folder", "lake vacuum", 0),
    ("ASCII alone", "growth", 0),
    ("ASCII alone", "flame", 2),
    ("a database of SQLite", "sql", 0),
    ("half a database", "load", 0),
    ("a log of brackets", "lake verify", 0),
    ("data files of text", "lake verify", 0),
    ("half a log", "lake info", 0),
    ("data files cut", "lake compact", 0),
    ("read-only", "lake expire", 0),
    ("full disk, at once", "lake relabel", 0),
    ("paths below a file", "collect", 0),
    ("SIGINT after 0.0 s", "report", 0),
    ("standard output closed", "plot", 1),
    ("folders for files", "plot", 0),
    ("standard output full", "profiles", 0),
    ("half a database", "series", 0),
    ("ASCII alone", "sources", 0),
    ("standard output read by nobody", "report", 1),
    ("half a database", "serve", 0),
    ("half a database", "ui", 0),
    ("standard output full", "events", 0),
    ("standard output closed", "pprof", 0),
    ("ASCII alone", "list", 0),
    ("standard output full", "export", 0),
    ("data files cut", "anonymize", 0),
    ("full disk, soon", "anonymize", 1),
    ("half a database", "check", 0),
    ("standard output full", "trace tasks", 0),
    ("half a database", "trace regions", 0),
    ("standard output closed", "trace logs", 0),
    ("ASCII alone", "trace latency", 0),
    ("standard output full", "trace blocking", 0),
    ("half a database", "trace mmu", 0),
    ("ASCII alone", "trace procs", 0),
]


pytestmark = pytest.mark.xdist_group("faults")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs, a lake and a database that is one commit behind it."""
    folder = tmp_path_factory.mktemp("faults")
    seat = folder / "seat"
    inputs = seat / "inputs" / "service=checkout"
    inputs.mkdir(parents=True)
    for path in (FIRST, LAST, REPORT, TRACES / "plain.trace"):
        shutil.copy(path, inputs)
    (inputs / "vars.json").write_bytes(memstats.lines(memstats.memstats()))
    lake, db = seat / "lake", seat / "seat.duckdb"
    assert heapscape("ingest", inputs, "--lake", lake, "--label", "instance=a").code == 0
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    (inputs / "more.pb").write_bytes(profile("main.grow@store/cache.go:21 main.main 100"))
    assert heapscape("ingest", inputs / "more.pb", "--lake", lake).code == 0
    (inputs / "new.pb").write_bytes(profile("main.grow@store/cache.go:21 main.main 200", time_ns=1_700_000_060 * 10**9))
    (seat / "page.html").write_text(OLD_PAGE)
    return folder


def run(at: Seat, arguments: list[str], fault: Fault) -> tuple[int, str]:
    """Exit code and what was said."""
    how = dict(fault.process)
    variables = {**environment(), **{name: value or "" for name, value in fault.variables.items()}}
    for name in (name for name, value in fault.variables.items() if value is None):
        del variables[name]
    opened = [os.open(how[name], os.O_WRONLY) for name in ("stdout", "stderr") if str(how.get(name)).startswith("/")]
    for name in ("stdout", "stderr"):
        if str(how.get(name)).startswith("/"):
            how[name] = opened[-1]
    if how.get("stdout") == "nobody":
        reading, writing = os.pipe()
        os.close(reading)
        how["stdout"] = writing
        opened.append(writing)
    said = at.folder.parent / f"{at.folder.name}.said"
    with said.open("wb") as told:
        running = subprocess.Popen(
            command(*arguments),
            cwd=at.folder,
            env=variables,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": told, **how},
        )
        if fault.kill:
            number, delay_s = fault.kill
            until_it_loads(running)
            time.sleep(delay_s)
            running.send_signal(number)
        elif arguments[0] == "serve":
            until_it_serves(running, said)
            running.terminate()
        code = running.wait(120)
    for descriptor in opened:
        os.close(descriptor)
    return code, said.read_text(errors="replace")


def until_it_loads(running: subprocess.Popen[bytes]) -> None:
    """Until the libraries come; before, Python itself is starting, and answers signals as it likes."""
    while running.poll() is None and "numpy" not in Path(f"/proc/{running.pid}/maps").read_text():
        time.sleep(0.002)


def until_it_serves(running: subprocess.Popen[bytes], said: Path) -> None:
    """Until it says so, or for as long as it takes at most where it cannot."""
    until = time.monotonic() + 10
    while running.poll() is None and b"Ctrl-C" not in said.read_bytes() and time.monotonic() < until:
        time.sleep(0.05)


def check(world: Path, tmp_path: Path, fault_name: str, name: str, number: int) -> None:
    fault = FAULTS[fault_name]
    at = Seat(tmp_path / "seat")
    shutil.copytree(world / "seat", at.folder)
    arguments = USES[name][number](fault_at := fault.prepare(at))
    before = {path: path.read_bytes() for path in (at.folder / at.db, at.folder / at.page)}

    code, said = run(fault_at, arguments, fault)

    case = f"{fault_name}: {' '.join(arguments)} ended with {code}:\n{said}".encode(errors="replace").decode()
    assert "Traceback" not in said, case
    assert "this is a bug" not in said, case
    assert code in DOCUMENTED, case
    # What verify finds is its answer.
    assert fault.is_silent or code in {0, *INTERRUPTED} or name == "lake verify" or said.strip(), case
    with_modes(0o755, 0o644)(at)
    for path, content in before.items():
        assert path.read_bytes() == content or is_whole(path), case
    assert not list(at.folder.rglob("*.draft*")), case
    if name in ("run", "ingest", "lake vacuum") and not fault.is_damage:
        assert heapscape("lake", "verify", "--lake", at.folder / "lake").code == 0, case
    shutil.rmtree(at.folder)


def is_whole(path: Path) -> bool:
    """A new file in the old one's place that has its end."""
    content = path.read_bytes()
    if path.suffix == ".duckdb":
        return heapscape("sql", "SELECT COUNT(*) FROM source", "--db", path).code == 0
    return content.rstrip().endswith((b"</html>", b"PAR1"))


needs_linux = pytest.mark.skipif(not Path("/dev/full").exists(), reason="faults are made with what Linux has")


def test_every_command_is_among_the_uses() -> None:
    leaves = {
        f"{one.name} {inner}" if inner else str(one.name)
        for one in every_command()
        for inner in (one.commands if isinstance(one, click.Group) else [""])
    }

    assert set(USES) == {name for _, name, _ in QUICK} == leaves


@needs_linux
@pytest.mark.parametrize(
    ("fault", "name", "number"), QUICK, ids=[f"{fault}: {name} {number}" for fault, name, number in QUICK]
)
def test_a_fault_ends_a_command_in_a_sentence(world: Path, tmp_path: Path, fault: str, name: str, number: int) -> None:
    check(world, tmp_path, fault, name, number)


@needs_linux
@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", USES)
def test_every_fault_ends_every_command_in_a_sentence(world: Path, tmp_path: Path, fault: str, name: str) -> None:
    for number in range(len(USES[name])):
        check(world, tmp_path, fault, name, number)
