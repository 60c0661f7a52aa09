"""Commands killed at random moments, alone and two at once; `python -m tests.cli.kills PLACE --rounds N --seed S FOLDER`.

One process imports everything and forks the commands, so that a round costs a second or two. It never touches
pyarrow, DuckDB, a Delta table or a bucket itself: threads do not survive a fork. Prints a JSON object. Each round has
its own chance, so `--first` repeats one alone: what is run, on what, and at which share of its time it is killed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import duckdb
import httpx

from pipeline import flow, schema
from pipeline.cli import every_command, main
from pipeline.lake.layout import is_symbols
from pipeline.lake.snapshot import files, read_snapshot
from pipeline.lake.store import store_of
from pipeline.warehouse.modules import modules
from tests.builders.profile import profile
from tests.builders.s3 import BUCKET, put, serving
from tests.cli.seat import MEMORY

_BROKEN = 99
# A service's profiles: half of them old enough to expire, half of them there when a command starts.
_PROFILES = 16
_OLD_NS = 1_700_000_000_000_000_000
_DAY_NS = 86_400_000_000_000
# What says when a row came, and by which file.
_OF_A_MOMENT = ("ingested_at", "offered_hash")
_OF_LOAD = ("warehouse_state", "loaded_file")
# What has ids in it, or is one: a site is called by the first of its stacks.
_OF_IDS = ("lines", "site_index")
_ASKED = "attribution.growth_by_site"
# A database keeps its numbers for symbols whose last profile expired after it was loaded.
_SYMBOLS = ("function", "mapping", "label_set", "location", "stack", "stack_path", "stack_label")
_REFUSED = 1

Content: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where one round happens."""

    lake: str
    database: Path
    inputs: Path

    def words(self, name: str) -> list[str]:
        """The command of that name, on this lake."""
        lake = ("--lake", self.lake)
        return {
            "ingest": ["ingest", str(self.inputs), *lake, "--memory", MEMORY, "--jobs", "1"],
            "in two": ["ingest", str(self.inputs), *lake, "--memory", MEMORY, "--jobs", "2"],
            "load": ["load", *lake, "--db", str(self.database)],
            "compact": ["lake", "compact", *lake],
            "expire": ["lake", "expire", "--older-than", "30d", *lake],
        }[name]


# What is run at once. What comes out must not hang on who is first: of the last, the second is run again after the first.
ROUNDS: Sequence[tuple[str, ...]] = (
    ("ingest",),
    ("load",),
    ("compact",),
    ("expire",),
    ("ingest", "ingest"),
    ("load", "load"),
    ("compact", "compact"),
    ("expire", "expire"),
    ("ingest", "compact"),
    ("ingest", "expire"),
    ("compact", "expire"),
    ("ingest", "load"),
    ("compact", "load"),
    ("expire", "load"),
    ("in two",),
)


@dataclass(frozen=True)
class Undisturbed:
    """What comes of a round in which nothing is killed and one comes after the other, and how long each takes."""

    lake: Content
    database: Content
    anew: Content
    seconds: Sequence[float]


class Trouble(AssertionError):
    """What a round left that it must not leave."""


class Rounds:
    """Rounds on disk or in a bucket, below one folder."""

    def __init__(self, folder: Path, *, in_bucket: bool, seed: int) -> None:
        self._folder, self._in_bucket, self._seed = folder, in_bucket, seed
        self._start, self._inputs = folder / "start", folder / "inputs"
        self._undisturbed: dict[tuple[str, ...], Undisturbed] = {}
        self.killed: Counter[str] = Counter()
        _make_inputs(self._inputs)
        start = Place(str(self._start / "lake"), self._start / "before.duckdb", self._inputs)
        for half in (0, 1):
            few = folder / f"few{half}" / "service=shop"
            few.mkdir(parents=True)
            for number in range(half, _PROFILES, 4):
                shutil.copy2(self._inputs / "service=shop" / f"{number:02}.pb", few)
            self._run(Place(start.lake, start.database, few).words("ingest"))
            if not half:
                self._run(start.words("load"))

    def round(self, number: int) -> None:
        """One of them; raises Trouble."""
        chance = random.Random(f"{self._seed} {number}")
        names = ROUNDS[number % len(ROUNDS)]
        if names not in self._undisturbed:
            self._undisturbed[names] = self._measured(names)
        expected = self._undisturbed[names]
        place = self._place(f"round{number}")
        # At most one of two lives on.
        lives_on = chance.choice([None, *range(len(names))]) if len(names) > 1 else None
        moments = [chance.uniform(0, seconds) for seconds in expected.seconds]
        told = f"round {number} of seed {self._seed}: {', '.join(names)} killed after {moments}, but for {lives_on}"
        try:
            self._disturb(place, names, moments, lives_on)
            self._run(["lake", "verify", "--lake", place.lake])
            for name in names:
                self._run(place.words(name))
            self._run(["lake", "verify", "--lake", place.lake])
            self._must_be(expected, place, but=_SYMBOLS if {"expire", "load"} <= {*names} else ())
        except Trouble as trouble:
            raise Trouble(f"{told}; see {self._folder}/round{number}: {trouble}") from trouble
        shutil.rmtree(self._folder / f"round{number}")

    def _disturb(self, place: Place, names: Sequence[str], moments: Sequence[float], lives_on: int | None) -> None:
        said = place.database.with_name("disturbed.txt")
        started = time.monotonic()
        children = {which: _fork(partial(_command, place.words(name), said)) for which, name in enumerate(names)}
        for which in sorted(children, key=lambda which: moments[which]):
            if which != lives_on:
                time.sleep(max(0.0, started + moments[which] - time.monotonic()))
                os.kill(children[which], signal.SIGKILL)
        for which, child in children.items():
            code = _ended(child)
            if code == -signal.SIGKILL:
                self.killed[names[which]] += 1
            elif code not in (0, _REFUSED):
                raise Trouble(f"{names[which]} ended with {code}: {said.read_text()}")

    def _measured(self, names: Sequence[str]) -> Undisturbed:
        place = self._place("-".join(names).replace(" ", "-"))
        seconds: dict[str, float] = {}
        for name in names:
            started = time.monotonic()
            self._run(place.words(name))
            # Of two that are the same the second finds nothing to do here.
            seconds.setdefault(name, time.monotonic() - started)
        return Undisturbed(*self._contents(place), [seconds[name] for name in names])

    def _must_be(self, expected: Undisturbed, place: Place, *, but: Sequence[str]) -> None:
        lake, database, anew = self._contents(place)
        database = {**database, **{name: expected.database[name] for name in but}}
        pairs = {
            "lake": (lake, expected.lake),
            "database": (database, expected.database),
            "anew": (anew, expected.anew),
        }
        for what, (found, wanted) in pairs.items():
            wrong = {name: (found.get(name), wanted[name]) for name in wanted if found.get(name) != wanted[name]}
            if wrong:
                raise Trouble(f"{what} has (found, expected) {wrong}")

    def _contents(self, place: Place) -> tuple[Content, Content, Content]:
        """Of the lake, of the database beside it that was loaded before, and of one that is loaded anew, ids and all."""
        report = place.database.with_name("contents.json")
        _must(partial(_report, place, report), report)
        lake, database, anew = json.loads(report.read_text())
        return lake, database, anew

    def _place(self, name: str) -> Place:
        """A copy of the lake and the database at the start."""
        folder = self._folder / name
        shutil.copytree(self._start, folder)
        if self._in_bucket:
            _must(partial(put, folder / "lake", f"kills/{name}"), folder / "put.txt")
            shutil.rmtree(folder / "lake")
        lake = f"{BUCKET}/kills/{name}" if self._in_bucket else str(folder / "lake")
        return Place(lake, folder / "before.duckdb", self._inputs)

    def _run(self, words: Sequence[str]) -> None:
        said = self._folder / "said.txt"
        said.unlink(missing_ok=True)
        _must(partial(_command, words, said), said)


def _make_inputs(folder: Path) -> None:
    inputs = folder / "service=shop"
    inputs.mkdir(parents=True)
    now_ns = time.time_ns()
    for number in range(_PROFILES):
        frames = [f"main.f{(3 * number + place) % 40}@main.go:{place + 1} main.main@main.go:1" for place in range(12)]
        samples = [f"{frame} {1000 * (number + place)}" for place, frame in enumerate(frames)]
        at = number * 60_000_000_000 + (_OLD_NS if number < _PROFILES // 2 else now_ns - _DAY_NS)
        (inputs / f"{number:02}.pb").write_bytes(profile(*samples, time_ns=at))
    (inputs / "m.txt").write_text("# shop\n" + "".join(f"./main.go:{n + 1}:2: moved to heap: x\n" for n in range(20)))
    (inputs / "note.txt").write_text("call them on Monday")
    # What may still be written to is read again by a second run.
    for path in inputs.iterdir():
        os.utime(path, ns=(now_ns - _DAY_NS, now_ns - _DAY_NS))


def _report(place: Place, report: Path) -> None:
    anew = place.database.with_name("anew.duckdb")
    flow.load(place.lake, str(anew), views=(_ASKED,))
    found = [_of_lake(place.lake, report.parent), _of_database(place.database, ids=False), _of_database(anew)]
    report.write_text(json.dumps(found))


def _of_lake(lake: str, folder: Path) -> Content:
    """How many rows each table has and what is in them; symbols, which many batches bring, and what was refused again once."""
    found = {}
    snapshot = read_snapshot(lake)
    with duckdb.connect() as connection:
        for name in sorted(snapshot.files):
            paths = store_of(lake).fetched(files(snapshot, name), str(folder / "fetched"))
            columns = _but(connection.read_parquet(paths).columns, _OF_A_MOMENT)
            if name == "source":
                # One writer reads a file while another has it going in: the first tells it as known, under the same name.
                columns = "source_hash, uri, path, reason"
            once = "DISTINCT" if is_symbols(schema.tables()[name]) or name == "source" else ""
            connection.execute(f"CREATE TEMP TABLE t_{name} AS SELECT {once} {columns} FROM read_parquet(?)", [paths])
            found[name] = str(connection.execute(_content(f"t_{name}")).fetchone())
    return found


def _of_database(database: Path, *, ids: bool = True) -> Content:
    """The same of a database. Ids are given as rows come, so that they hang on how often it was loaded meanwhile."""
    found = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for name in [*(name for name in schema.tables() if name not in _OF_LOAD), _ASKED]:
            columns = [column for column, *_ in connection.execute(f"DESCRIBE {name}").fetchall()]
            gone = [column for column in columns if "_id" in column or column in _OF_IDS] if not ids else []
            kept = _but(columns, [*_OF_A_MOMENT, *gone]) or "1 AS one"
            found[name] = str(connection.execute(_content(f"(SELECT {kept} FROM {name})")).fetchone())
    return found


def _but(columns: Sequence[str], gone: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns if column not in gone)


def _content(table: str) -> str:
    # A sum and no XOR, in which what is there twice would be gone.
    return f"SELECT COUNT(*), COALESCE(SUM(HASH(t)::HUGEINT), 0) FROM {table} AS t"


def _command(words: Sequence[str], said: Path) -> None:
    with said.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os._exit(main(words))


def _fork(run: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    code = 0
    try:
        run()
    except BaseException as error:
        os.write(2, f"{error!r}\n".encode())
        code = _BROKEN
    os._exit(code)


def _ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _must(run: Callable[[], object], said: Path) -> None:
    code = _ended(_fork(run))
    if code not in (0, _REFUSED):
        raise Trouble(f"{run} ended with {code}: {said.read_text() if said.exists() else ''}")


def _all(folder: Path, *, in_bucket: bool, first: int, rounds: int, seed: int) -> Mapping[str, object]:
    made = Rounds(folder, in_bucket=in_bucket, seed=seed)
    for number in range(first, first + rounds):
        made.round(number)
        sys.stderr.write(f"round {number}: {made.killed.total()} killed so far\n")
    return {"seed": seed, "rounds": rounds, "killed": made.killed}


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("where", choices=("disk", "bucket"))
    asked.add_argument("folder", type=Path)
    for option, otherwise in (("--rounds", len(ROUNDS)), ("--first", 0), ("--seed", 0)):
        asked.add_argument(option, type=int, default=otherwise)
    given = asked.parse_args()
    # Imported and parsed once here, not in each child.
    every_command()
    schema.tables()
    modules()
    for name in ("deltalake", "pipeline.batch", "pipeline.warehouse.load"):
        import_module(name)
    with ExitStack() as ends:
        if given.where == "bucket":
            server = ends.enter_context(serving(given.folder))
            os.environ.update(server.environment)
            httpx.put(f"{server.url}/bucket").raise_for_status()
        told = _all(
            given.folder, in_bucket=given.where == "bucket", first=given.first, rounds=given.rounds, seed=given.seed
        )
    sys.stdout.write(json.dumps(told))
