"""One table of the lake as a Delta table: which files count. The only file that knows `deltalake`.

Files are written by this room; Delta's log says which of them count. A commit that adds a batch carries the batch's number
as an application transaction (Delta protocol, "Transaction Identifiers"), so that it happens once whoever tries it.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from typing import TypeAlias
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from pipeline.buckets import explained, is_url
from pipeline.errors import LakeError, system_advice
from pipeline.lake.layout import BATCH, is_inside, partition_values
from pipeline.lake.store import store_of
from pipeline.schema import tables
from pipeline.values import DataFile

_APPLICATION = "heapscape"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Every so many commits the log is summed up, so that opening a table reads few files.
_CONFIGURATION = {"delta.checkpointInterval": "20"}


Log: TypeAlias = DeltaTable


class Moved(Exception):
    """Another commit came first: look again at what is there."""


def opened(lake: str, table: str) -> Log | None:
    """A table as it is now; None where nobody has written to it yet."""
    store = store_of(lake)
    path = _openable(store.address(table))
    # Its own look goes to the log file by file, which takes longer for a table that is not there.
    if not store.has_folder(f"{table}/_delta_log"):
        return None
    try:
        found = DeltaTable(path, storage_options=store.options)
    except TableNotFoundError:
        return None
    except (DeltaError, OSError, ValueError) as error:
        told = f"{path}: its Delta log cannot be read: {_said(error)}"
        raise (explained(path, error) if is_url(path) else None) or LakeError(
            f"{told}; restore _delta_log from a copy, or ingest the inputs into a new lake"
        ) from error
    _check_columns(found, table, path)
    return found


def _check_columns(log: Log, table: str, path: str) -> None:
    """Raise LakeError for a table that lacks what a row cannot be without: without it, it would be read as nothing."""
    present = {field.name for field in log.schema().fields}
    declared = tables()[table].schema if table in tables() else ()
    if missing := [field.name for field in declared if not field.nullable and field.name not in present]:
        raise LakeError(
            f"{path}: has no column {', '.join(missing)}; an older heapscape wrote this lake: ingest the inputs into a new lake"
        )


def _openable(path: str) -> str:
    """The path; raises LakeError for one that Delta's library takes for another, or cannot take."""
    absolute = path if is_url(path) else os.path.abspath(path)
    if "%" in absolute or not absolute.isprintable():
        raise LakeError(
            f"{path}: Delta's library cannot open a path with a percent sign or a character that is not printed; "
            "name another folder"
        )
    return path


def applied(table: Log | None) -> int:
    """The latest batch that was added to a table; 0 for none."""
    return (table.transaction_version(_APPLICATION) or 0) if table else 0


def listed(table: Log | None, name: str) -> list[DataFile]:
    """The files that count now."""
    if table is None:
        return []
    added = pa.table(table.get_add_actions(flatten=True))
    columns = (added.column(one).to_pylist() for one in ("path", "size_bytes", "num_records"))
    found = [
        DataFile(name, f"{name}/{unquote(path)}", rows or 0, size) for path, size, rows in zip(*columns, strict=True)
    ]
    for file in found:
        if not is_inside(file.path, name):
            raise LakeError(
                f"{table.table_uri}: its Delta log names the file {file.path!r}, which is not in the table; "
                "heapscape writes no such names, so see who else wrote to the lake"
            )
    return found


def commit(
    table: Log | None,
    lake: str,
    name: str,
    added: Sequence[DataFile],
    gone: Sequence[DataFile] = (),
    *,
    schema: pa.Schema,
    partition: Sequence[str] = (),
    batch: int | None = None,
) -> None:
    """Let files of a table count, and others no longer, in one commit that follows on the table as it was opened.

    Raises Moved when another commit came first.
    """
    path = store_of(lake).address(name)
    adds = [_added(file) for file in added]
    transactions = [Transaction(_APPLICATION, batch)] if batch else None
    once = CommitProperties(max_commit_retries=0, app_transactions=transactions)
    try:
        if table is None:
            create_table_with_add_actions(
                path,
                _delta(schema),
                adds,
                partition_by=list(partition),
                configuration=_CONFIGURATION,
                storage_options=store_of(lake).options,
                commit_properties=once,
            )
        else:
            removes = [
                RemoveAction(path=_within(file), data_change=True, deletion_timestamp=_now_ms(), size=file.size_bytes)
                for file in gone
            ]
            table.create_write_transaction(
                [*adds, *removes], "append", _delta(schema), list(partition), commit_properties=once
            )
    except CommitFailedError as error:
        raise Moved from error
    except (DeltaError, OSError) as error:
        # A disk that is full is no DeltaError.
        if isinstance(error, DeltaError) and table is None and _is_table(path, lake):
            raise Moved from error
        raise (explained(path, error) if is_url(path) else None) or _failed(path, name, error) from error


def _is_table(path: str, lake: str) -> bool:
    try:
        return DeltaTable.is_deltatable(path, store_of(lake).options)
    except (DeltaError, OSError):
        return False


def _failed(path: str, name: str, error: Exception) -> LakeError:
    counts = "nothing of it counts" if name == BATCH else "the batch counts, and the next command completes it"
    advice = system_advice(str(error)) or "run the same command again"
    return LakeError(f"{path}: committing failed: {_said(error)}; {counts}; {advice}")


def fingerprint(table: Log | None) -> str:
    """What tells a table from another one at the same path."""
    return str(table.metadata().id) if table else ""


def unlisted(lake: str, name: str, *, older_than_hours: int) -> list[str]:
    """Files that are there and have not counted for so long, or never did; paths relative to the lake."""
    table = opened(lake, name)
    if table is None:
        return []
    found = table.vacuum(older_than_hours, dry_run=True, enforce_retention_duration=False, full=True)
    # A file that no longer counts may have been removed before.
    paths = (f"{name}/{unquote(path)}" for path in found)
    return [path for path in paths if store_of(lake).size(path) is not None]


def _delta(schema: pa.Schema) -> Schema:
    """The schema as Delta has it: dictionaries are a matter of the files, and a comment is what others call a doc."""
    fields = []
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        doc = (field.metadata or {}).get(b"doc", b"").decode()
        fields.append(pa.field(field.name, kind, field.nullable, metadata={"comment": doc}))
    return Schema.from_arrow(pa.schema(fields))


def _added(file: DataFile) -> AddAction:
    stats = json.dumps({"numRecords": file.rows, **file.statistics}, separators=(",", ":"))
    return AddAction(
        path=_within(file),
        size=file.size_bytes,
        partition_values=partition_values(file.path),
        modification_time=_now_ms(),
        data_change=True,
        stats=stats,
    )


def _within(file: DataFile) -> str:
    """The path as Delta has it, relative to the table; what percent signs it has are the folder's own."""
    return file.path.partition("/")[2]


def _said(error: Exception) -> str:
    """What it says and what came of what, without the places in the library's own code and without colours."""
    first, *more = _COLOUR.sub("", str(error)).splitlines() or [type(error).__name__]
    causes = [line.partition("↳")[2].strip() for line in more if "↳" in line]
    return ": ".join([first, *causes[-1:]])


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
