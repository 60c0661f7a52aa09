"""A lake again under other names: every row of it, with what any name, hash or text of others is called instead.

What becomes of a column of text is said here for each; a text of which nothing is said does not get out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.buckets import is_url
from pipeline.errors import SchemaError, UsageError
from pipeline.lake.commit import commit, open_writer, settle
from pipeline.lake.datafile import read_rows
from pipeline.lake.keep import as_declared
from pipeline.lake.layout import partition_values
from pipeline.lake.snapshot import read_known
from pipeline.pseudonyms import Pseudonyms, package_of
from pipeline.schema import Table, tables
from pipeline.values import DataFile, Known, Snapshot

_Array: TypeAlias = "pa.Array[Any]"
_Rule: TypeAlias = Callable[[Pseudonyms, str], str]
# What its own tools say of a program: Go's, or heapscape's.
_SAID: Final = frozenset(
    {
        *("architecture", "entry_point", "event", "format", "from_reason", "from_state", "go_version", "metric"),
        *("operation", "reason", "severity", "spelling", "started_by", "state", "status", "to_state", "wire_version"),
        *("call_site.kind", "escape_site.kind", "ingest_note.kind", "label", "trace_range.name", "trace_metric.name"),
    }
)
_WHOLE: Final = Pseudonyms.whole
_SYMBOL: Final = Pseudonyms.symbol
_RULES: Final[Mapping[str, _Rule]] = {
    **dict.fromkeys(("build", "build_id", "category", "go_build_id", "instance", "prefix", "service"), _WHOLE),
    **dict.fromkeys(("sha256", "sum"), _WHOLE),
    **dict.fromkeys(("main_module_version", "replaced_by_version", "version"), Pseudonyms.version),
    **dict.fromkeys(("trace_log.message", "trace_region.name", "trace_task.name"), _WHOLE),
    **dict.fromkeys(("created_by", "function", "name", "system_name"), _SYMBOL),
    "type_name": Pseudonyms.type_name,
    **dict.fromkeys(("main_module", "main_package", "module", "package", "replaced_by"), Pseudonyms.package),
    **dict.fromkeys(("mapping.file", "program"), Pseudonyms.path),
    "file": Pseudonyms.file,
    **dict.fromkeys(("path", "uri"), Pseudonyms.place),
    **dict.fromkeys(("expression", "flow_from", "flow_to", "result"), Pseudonyms.code),
    **dict.fromkeys(("default_sample_type", "kind", "period_type", "period_unit"), Pseudonyms.measured),
    **dict.fromkeys(("sample_type", "unit"), Pseudonyms.measured),
    # What says nothing but names, or quotes what was read.
    **dict.fromkeys(("doc_url", "drop_frames", "example", "keep_frames", "source.reason"), lambda names, text: ""),
}
_Owner: TypeAlias = "tuple[str, str, Callable[[str], str]]"
# Files that are told by the package, or the function, that they are of.
_NO_FILES: Final[_Owner] = ("", "", package_of)
_FILES_OF: Final[Mapping[str, _Owner]] = {
    **dict.fromkeys(("binary_function", "escape_site", "inlined_call"), ("file", "package", str)),
    "function": ("file", "name", package_of),
    "goroutine_dump": ("created_file", "created_by", package_of),
}
# Of how a program was built, what tells nothing of whose it is.
_SETTINGS: Final = frozenset(
    {
        *("-asan", "-buildmode", "-compiler", "-msan", "-race", "-trimpath", "CGO_ENABLED", "DefaultGODEBUG", "GO386"),
        *("GOAMD64", "GOARCH", "GOARM", "GOARM64", "GOEXPERIMENT", "GOOS", "vcs", "vcs.modified"),
    }
)
_INSIDE: Final[Mapping[str, _Rule]] = {
    "label_set.labels.key": Pseudonyms.label,
    "label_set.labels.str": _WHOLE,
    "label_set.labels.num_unit": Pseudonyms.measured,
    "profile.comments": lambda names, text: "",
}
_MESSAGE_WORDS: Final = "escapes to heap|does not escape|moved to heap: |leaking param content: |leaking param: | to result | with derefs=| level="


def anonymize(snapshot: Snapshot, into: str, *, names: Pseudonyms) -> Mapping[str, int]:
    """Write the lake again under other names, in one batch; returns the rows of each table.

    Raises UsageError where there is a lake, or anything, already: what is shared should have nothing else in it.
    """
    if read_known(into).batch or (not is_url(into) and os.path.isdir(into) and os.listdir(into)):
        raise UsageError(f"{into}: there is something already; give a folder that is empty, or not there")
    with open_writer(into) as writer:
        # Functions first: they say which files are the standard library's.
        for name in sorted(snapshot.files, key=lambda name: name != "function"):
            for file in snapshot.files[name]:
                writer.add({name: _nameless(_rows(snapshot.lake, file), tables()[name], names)})
    known = commit(into, writer.written, known=Known())
    assert known is not None
    settle(into, known)
    return writer.written.summary


def _rows(lake: str, file: DataFile) -> pa.Table:
    """The rows of a file as the table is declared, with what its folder says of all of them."""
    rows, schema = read_rows(lake, file.path), tables()[file.table].schema
    for name, value in partition_values(file.path).items():
        rows = rows.append_column(name, pa.array([value] * len(rows), pa.string()).cast(schema.field(name).type))
    rows = as_declared(rows, schema)
    if file.table == "source":
        # Labels that were changed are where they belong already, and the batch that did is not of this lake.
        rows = rows.filter(pc.not_equal(rows["status"], "relabelled"))
    return rows


def _nameless(rows: pa.Table, table: Table, names: Pseudonyms) -> pa.Table:
    columns = [_column(rows, field, table.name, names) for field in table.schema]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _column(rows: pa.Table, field: pa.Field[Any], table: str, names: Pseudonyms) -> _Array:
    """One column, under other names."""
    values = pa.concat_arrays(rows[field.name].chunks) if len(rows) else pa.array([], field.type)
    file, owner, package = _FILES_OF.get(table, _NO_FILES)
    if field.name == file:
        return _files(rows[owner], values, package, names).cast(field.type)
    if table == "escape_site" and field.name == "message":
        return _messages(rows["expression"], values, names)
    return _anew(values, f"{table}.{field.name}", names)


def _anew(values: _Array, where: str, names: Pseudonyms) -> _Array:
    """Values of any type; `where` is their table and column, and behind it what of it they are."""
    kind = values.type
    if pa.types.is_map(kind):
        return _maps(values, where, names)
    if pa.types.is_list(kind):
        inside, sizes = _anew(values.flatten(), where, names), pc.list_value_length(values).fill_null(0)
        offsets = np.concatenate([[0], np.cumsum(sizes.to_numpy(zero_copy_only=False))])
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inside, type=kind, mask=values.is_null())
    if pa.types.is_struct(kind):
        fields = [_anew(values.field(field.name), f"{where}.{field.name}", names) for field in kind.fields]
        return pa.StructArray.from_arrays(fields, fields=list(kind.fields))
    if pa.types.is_dictionary(kind):
        texts = _texts(values.cast(pa.string()), where, names)
        return texts.dictionary_encode().cast(kind)
    if pa.types.is_string(kind):
        return _texts(values, where, names)
    if where.endswith(("_hash", "_hashes")):
        hashes = names.hashes(values.fill_null(0).to_numpy(zero_copy_only=False))
        return pa.array(hashes, kind, mask=values.is_null().to_numpy(zero_copy_only=False))
    return values


def _texts(values: pa.StringArray, where: str, names: Pseudonyms) -> pa.StringArray:
    """Each distinct text once."""
    rule, encoded = rule_of(where), values.dictionary_encode()
    if rule is None:
        return values
    others = pa.array([rule(names, text) for text in encoded.dictionary.to_pylist()], pa.string())
    return others.take(encoded.indices)


def rule_of(where: str) -> _Rule | None:
    """What becomes of the texts of a column, `table.column`; None where they stay. Raises SchemaError for an unknown one."""
    column = where.partition(".")[2]
    if where in _RULES or (column in _RULES and where not in _SAID):
        return _RULES.get(where) or _RULES[column]
    if where in _SAID or column in _SAID:
        return None
    if where in _INSIDE:
        return _INSIDE[where]
    raise SchemaError(f"{where}: nothing says what becomes of its names; say it in lake/nameless.py")


def _maps(values: pa.MapArray, where: str, names: Pseudonyms) -> pa.MapArray:
    def other(key: str, value: str) -> tuple[str, str]:
        if where == "binary_file.settings":
            return key, value if key in _SETTINGS else names.whole(value)
        return names.label(key), names.label_value(key, value)

    return pa.array([sorted(other(*pair) for pair in one) for one in values.to_pylist()], values.type)


def _files(
    owners: pa.ChunkedArray[Any], files: _Array, package: Callable[[str], str], names: Pseudonyms
) -> pa.Array[Any]:
    pairs = zip(owners.to_pylist(), files.to_pylist(), strict=True)
    others = [None if file is None else names.file_of(package(owner or ""), file) for owner, file in pairs]
    return pa.array(others, pa.string())


def _messages(expressions: pa.ChunkedArray[Any], messages: _Array, names: Pseudonyms) -> pa.Array[Any]:
    """What the compiler says, around the expression that it says it of."""
    said = zip(expressions.to_pylist(), messages.to_pylist(), strict=True)
    return pa.array([_message(expression, message, names) for expression, message in said], pa.string())


def _message(expression: str, message: str, names: Pseudonyms) -> str:
    before, found, behind = message.partition(expression) if expression else (message, "", "")
    return f"{_around(before, names)}{names.code(found)}{_around(behind, names)}"


def _around(text: str, names: Pseudonyms) -> str:
    pieces = re.split(f"({_MESSAGE_WORDS})", text)
    return "".join(piece if place % 2 else names.code(piece) for place, piece in enumerate(pieces))
