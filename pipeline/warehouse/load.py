"""Brings the DuckDB file up to the lake: only what is new, published by renaming."""

from __future__ import annotations

import glob
import os
import posixpath
import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import duckdb

from pipeline import __version__
from pipeline.errors import UsageError
from pipeline.files import copy
from pipeline.schema import tables
from pipeline.warehouse import derived, symbols
from pipeline.warehouse.blank import copy_blank
from pipeline.warehouse.connect import lock, open_for_load, open_once, open_ours
from pipeline.warehouse.derived import follow
from pipeline.warehouse.faults import explained
from pipeline.warehouse.incoming import HELD, insert
from pipeline.warehouse.modules import create_modules, fingerprint, modules, quoted
from pipeline.warehouse.packing import comments, definitions
from pipeline.warehouse.part import Part

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class State:
    """Which state of which part of which lake a database holds."""

    batch: int
    declarations: str
    lake: str
    part: Part


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: from and to which batch of the lake, and how many rows each table gained."""

    from_batch: int
    to_batch: int
    rows: Mapping[str, int]


# From where files are, and a folder that may be filled, to where they can be opened.
Fetched: TypeAlias = "Callable[[Sequence[str], str], Sequence[str]]"

_FORGOTTEN_S = 24 * 60 * 60
_WHOLE = Part()
# Fewer bytes of rows are done sooner than other threads are started.
_FOR_ONE_THREAD_BYTES = 8 << 20


def load(
    path: str,
    *,
    lake: str,
    batch: int,
    files: Mapping[str, Sequence[str]],
    part: Part = _WHOLE,
    fetched: Fetched = lambda paths, folder: paths,
    threads: int | None = None,
    memory: str | None = None,
    views: Collection[str] | None = None,
    advance: Callable[[float], None] = lambda share: None,
) -> Loaded:
    """Bring the database at `path` up to a batch of the lake.

    lake     fingerprint of the lake; a database of another lake, or of another release, is made anew
    files    table -> absolute paths, or URLs, of its files after that batch
    part     what of the lake; a database goes on with the part that it was made with
    fetched  gives paths where such files can be opened, in a folder that is removed afterwards if they are elsewhere
    views    the views and macros that will be asked, for a database that is made for one question; all when None
    advance  told what share of the work is done
    The new state is built in a copy beside the file, which then takes its place: readers see the old state or
    the new one, and a crash leaves the old.
    """
    _check_name(path)
    with explained(path, memory=memory):
        wanted = State(batch, fingerprint(), lake, part)
        return _load(path, wanted, files, fetched=fetched, threads=threads, memory=memory, views=views, advance=advance)


def _load(
    path: str,
    wanted: State,
    files: Mapping[str, Sequence[str]],
    *,
    fetched: Fetched,
    threads: int | None,
    memory: str | None,
    views: Collection[str] | None,
    advance: Callable[[float], None],
) -> Loaded:
    state, new_sources = _before(path, files.get("source", ()))
    if state and wanted.part.is_whole:
        wanted = replace(wanted, part=state.part)
    if state and state.part != wanted.part:
        raise UsageError(
            f"{path}: holds {state.part}, and not {wanted.part}; name another file with --db, or move it away"
        )
    if state == wanted:
        return Loaded(wanted.batch, wanted.batch, {})
    is_new = state is None or (state.lake, state.declarations) != (wanted.lake, wanted.declarations)
    draft = f"{path}.{os.getpid()}.draft"
    is_new = is_new or state is None or _is_relabelled(new_sources, state.batch, fetched, draft)
    since = 0 if is_new or state is None else state.batch
    # In a container every process may have the same id, and a killed load leaves its draft.
    _remove(draft)
    _remove_forgotten(path)
    try:
        if not is_new:
            copy(path, draft)
        elif views is None:
            create = partial(_create_file, threads=threads, memory=memory)
            copy_blank(draft, declarations=wanted.declarations, create=create)
        with open_for_load(draft, threads=threads, memory=memory) as connection:
            if is_new and views is not None:
                _create(connection, views)
            rows = _fill(
                connection,
                files,
                lambda paths: fetched(paths, f"{draft}.lake"),
                part=wanted.part,
                memory=memory,
                views=views,
                advance=advance,
            )
            _set_state(connection, wanted)
        _publish(draft, path)
    finally:
        _remove(draft)
    return Loaded(since, wanted.batch, rows)


def _is_relabelled(new: Sequence[str], batch: int, fetched: Fetched, draft: str) -> bool:
    """Whether sources have other labels since a batch: what follows from labels is everywhere, and is made anew."""
    if not new:
        return False
    try:
        with open_once(threads=1) as connection:
            query = """
            FROM read_parquet($files, union_by_name = true)
            WHERE status = 'relabelled' AND TRY_CAST(reason AS BIGINT) > $batch
            """
            local = list(fetched(new, f"{draft}.lake"))
            return connection.execute(query, {"files": local, "batch": batch}).fetchone() is not None
    except (duckdb.IOException, duckdb.InvalidInputException):
        # The load will say of it what there is to say.
        return False
    finally:
        _remove(draft)


@contextmanager
def loaded_once(
    rows: Mapping[str, pa.Table],
    *,
    threads: int | None = None,
    memory: str | None = None,
    views: Collection[str] | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory for one question, about rows as a lake would have them.

    views  the views and macros that will be asked; all when None
    """
    if sum(table.nbytes for table in rows.values()) < _FOR_ONE_THREAD_BYTES:
        threads = 1
    with open_once(threads=threads, memory=memory) as connection:
        with explained("memory", memory=memory):
            _create(connection, views)
            for name, table in rows.items():
                connection.register(f"held_{name}", table)
            for _ in insert(connection, dict.fromkeys(rows, HELD), part=_WHOLE, memory=memory):
                pass
            follow(connection, views=views)
            for name in rows:
                connection.unregister(f"held_{name}")
        lock(connection)
        yield connection


def _create(connection: duckdb.DuckDBPyConnection, views: Collection[str] | None) -> None:
    """Create all tables, and the views that will be asked; all when None."""
    # A statement by itself is written through to the disk.
    connection.begin()
    create_tables(connection, described=views is None)
    create_modules(connection, None if views is None else {*views, *derived.VIEWS, *symbols.VIEWS})
    connection.commit()


def _create_file(path: str, *, threads: int | None, memory: str | None) -> None:
    with open_for_load(path, threads=threads, memory=memory) as connection:
        _create(connection, None)


def create_tables(connection: duckdb.DuckDBPyConnection, *, described: bool = True) -> None:
    """Create every declared table, without its constraints: the lake has checked them already.

    described  with its comments in the catalog, which take longer than the tables
    """
    statements: list[str] = []
    for table in tables().values():
        statements += definitions(table)
        if described:
            statements += [f"COMMENT ON {what} IS {quoted(text)}" for what, text in comments(table)]
    connection.execute(";".join(statements))


def _fill(
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[str, Sequence[str]],
    local: Callable[[Sequence[str]], Sequence[str]],
    *,
    part: Part,
    memory: str | None,
    views: Collection[str] | None,
    advance: Callable[[float], None],
) -> Mapping[str, int]:
    new = {name: _new(connection, name, paths) for name, paths in files.items()}
    rows: Counter[str] = Counter()
    given = {name: local(paths) for name, paths in new.items() if paths}
    for done, (name, count) in enumerate(insert(connection, given, part=part, memory=memory)):
        rows[name] += count
        advance(min(1, done / (len(given) + 1)) / 2)
    added = [(name, posixpath.basename(path)) for name, paths in new.items() for path in paths]
    connection.execute(
        "INSERT INTO loaded_file SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [[name for name, _ in added], [file for _, file in added]],
    )
    follow(connection, views=views, advance=lambda share: advance((1 + share) / 2))
    return rows


def _new(connection: duckdb.DuckDBPyConnection, table: str, paths: Sequence[str]) -> list[str]:
    """The files of a table that were not loaded yet."""
    query = "SELECT file_name FROM loaded_file WHERE table_name = $table"
    known = {name for (name,) in connection.execute(query, {"table": table}).fetchall()}
    return [path for path in paths if posixpath.basename(path) not in known]


def _check_name(path: str) -> None:
    taken = {name.partition(".")[0] for name in modules()}
    if Path(path).stem in taken:
        raise UsageError(
            f"{path}: DuckDB names a database after its file, and {Path(path).stem} is the name of a group of views; "
            "call the file something else"
        )
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise UsageError(f"{path}: the folder {folder} does not exist; make it first")


def _before(path: str, sources: Sequence[str]) -> tuple[State | None, Sequence[str]]:
    """What is there, and the files of sources that are not in it yet."""
    if not Path(path).exists():
        return None, sources
    with open_ours(path) as connection:
        try:
            rows = connection.sql("SELECT batch, declarations, lake, part FROM warehouse_state").fetchall()
        except duckdb.BinderException:
            # Of a release that said less of it.
            return State(0, "", "", Part()), sources
        # One that knew files by another name says what part it holds all the same; it is made anew.
        with suppress(duckdb.BinderException):
            sources = _new(connection, "source", sources)
    for batch, declarations, lake, part in rows:
        return State(batch, declarations, lake, Part.of_json(part)), sources
    return None, sources


def _set_state(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    connection.execute("DELETE FROM warehouse_state")
    connection.execute(
        "INSERT INTO warehouse_state VALUES (?, ?, ?, ?, ?)",
        [state.batch, state.declarations, state.lake, state.part.to_json(), __version__],
    )


def _remove(draft: str) -> None:
    for leftover in (draft, f"{draft}.wal"):
        Path(leftover).unlink(missing_ok=True)
    for folder in ("spill", "lake"):
        shutil.rmtree(f"{draft}.{folder}", ignore_errors=True)


def _remove_forgotten(path: str) -> None:
    """Remove drafts of loads that were killed: nobody has written to them for a day."""
    for draft in Path(path).absolute().parent.glob(f"{glob.escape(Path(path).name)}.*.draft*"):
        with suppress(FileNotFoundError):
            if time.time() - draft.stat().st_mtime > _FORGOTTEN_S:
                _remove(str(draft).removesuffix(".spill").removesuffix(".lake"))


def _publish(draft: str, path: str) -> None:
    with open(draft, "rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)
