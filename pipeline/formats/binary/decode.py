"""A program to its rows: how it was built, its functions, and the calls that allocate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.errors import DecodeError
from pipeline.formats.binary import elf, macho, pe
from pipeline.formats.binary.buildinfo import BuildInfo, build_info_of, go_build_id_of
from pipeline.formats.binary.call_sites import call_sites
from pipeline.formats.binary.lines import lines_of
from pipeline.formats.binary.module import Layout, layout_of
from pipeline.formats.binary.pclntab import Functions, Table, find_table, functions_of, source_files
from pipeline.formats.binary.recognise import executable_kind
from pipeline.formats.binary.wire import Image, Reread, file_of
from pipeline.values import Blob, Bools, Column, Decoded, Note, UInt64s

# Without inlining or optimising, in `-gcflags=all=-N -l`.
_UNOPTIMISED: Final = re.compile(r"(?:^|[\s=])-[Nl](?:\s|$)")
_READ: Final = {"elf": elf.read, "macho": macho.read, "pe": pe.read}
_LAST_SKIPPING: Final = 25
_NO_GO: Final = (
    "is no program of Go's, or was packed: it has neither build information nor a function table; "
    "give the executable as `go build` wrote it"
)


def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    """Each program by itself: one has as many rows as many profiles."""
    for index, blob in enumerate(blobs):
        try:
            yield _decoded(blob, index)
        except DecodeError as error:
            yield Decoded(columns={}, refusals={index: str(error)})


def _decoded(blob: Blob, index: int) -> Decoded:
    file = file_of(blob)
    kind = executable_kind(blob.content)
    if kind not in _READ:
        raise DecodeError(
            "is a universal binary of several programs; give one of them, as `lipo -thin arm64` writes it"
        )
    image = _READ[kind](file)
    info = build_info_of(image)
    table = find_table(image)
    if table is None and info is None:
        raise DecodeError(_NO_GO)
    columns: dict[str, Mapping[str, Column]] = {
        "binary_file": _binary(image, info or BuildInfo(""), index),
        "binary_module": _modules(info or BuildInfo(""), index),
    }
    flags = info.settings.get("-gcflags", "") if info else ""
    notes = [Note(index, "built_unoptimised", 1, flags)] if _UNOPTIMISED.search(flags) else []
    if table is None:
        notes.append(Note(index, "no_function_table", 1))
    else:
        functions, first_entry = functions_of(table)
        layout = layout_of(image, table, code_bytes=functions.code_bytes, first_entry=first_entry)
        if layout is None:
            raise DecodeError(
                f"no segment has the {functions.code_bytes:,} bytes of code that its function table speaks of; "
                "it is cut off or damaged"
            )
        # Functions without code begin where the next one does.
        kept = np.append(np.diff(functions.entry) > 0, functions.entry[-1] < functions.code_bytes)
        address = (layout.code + functions.entry[kept] - image.base_address).astype(np.uint64)
        columns["binary_function"] = _functions(functions, address, kept, index)
        columns |= _lines(image, table, functions, layout, address, kept, index)
        calls = call_sites(image, functions, layout, is_skipping=_is_skipping(info))
        if calls is None:
            notes.append(Note(index, "calls_unreadable", 1, image.architecture))
        else:
            columns["call_site"] = {"blob_index": np.full(len(calls["address"]), index), **calls}
    if isinstance(file, Reread):
        file.finish()
    return Decoded(columns=columns, notes=notes)


def _binary(image: Image, info: BuildInfo, index: int) -> Mapping[str, Column]:
    main = info.main
    texts = {
        "format": image.kind,
        "architecture": image.architecture,
        "build_id": image.build_id,
        "go_build_id": go_build_id_of(image),
        "go_version": info.go_version,
        "main_package": info.package,
        "main_module": main.path if main else "",
        "main_module_version": main.version if main else "",
    }
    return {
        "blob_index": np.array([index]),
        **{name: pa.array([text or None], pa.string()) for name, text in texts.items()},
        "settings": pa.array([sorted(info.settings.items())], pa.map_(pa.string(), pa.string())),
        "is_stripped": pa.array([image.is_stripped]),
        "base_address": np.array([image.base_address & (1 << 64) - 1], np.uint64),
    }


def _modules(info: BuildInfo, index: int) -> Mapping[str, Column]:
    distinct = {module.path: module for module in info.modules}.values()
    return {
        "blob_index": np.full(len(distinct), index),
        "module": pa.array([one.path for one in distinct], pa.string()),
        "version": pa.array([one.version or None for one in distinct], pa.string()),
        "sum": pa.array([one.sum or None for one in distinct], pa.string()),
        "is_main": pa.array([one.is_main for one in distinct], pa.bool_()),
        "replaced_by": pa.array([one.replaced_by or None for one in distinct], pa.string()),
        "replaced_by_version": pa.array([one.replaced_by_version or None for one in distinct], pa.string()),
    }


def _functions(functions: Functions, address: UInt64s, kept: Bools, index: int) -> Mapping[str, Column]:
    rows = pa.array(np.flatnonzero(kept))
    start_line = functions.start_line[kept]
    return {
        "blob_index": np.full(len(rows), index),
        "address": address,
        "size_bytes": np.diff(np.append(functions.entry[kept], functions.code_bytes)),
        "name": functions.name.take(rows),
        "file": functions.file.take(rows),
        "start_line": pa.array(start_line, mask=start_line == 0),
    }


def _lines(
    image: Image, table: Table, functions: Functions, layout: Layout, address: UInt64s, kept: Bools, index: int
) -> Mapping[str, Mapping[str, Column]]:
    """What tells the line of an address; nothing where that cannot be told."""
    lines = lines_of(image, table, functions, layout, kept=kept)
    if lines is None:
        return {}
    files = source_files(table)
    calls = lines.calls
    return {
        "binary_line": {
            "blob_index": np.full(len(address), index),
            "address": address,
            "step_bytes": np.full(len(address), table.step_bytes, np.int32),
            "first_file": lines.first_file,
            "files": lines.files,
            "lines": lines.lines,
            "inlined": lines.inlined,
        },
        "binary_inlined": {
            "blob_index": np.full(len(calls.function), index),
            "address": address[calls.function],
            "position": calls.position,
            "name": calls.name,
            "start_line": pa.array(calls.start_line, mask=calls.start_line == 0),
            "call_offset_bytes": calls.call,
        },
        "binary_source_file": {
            "blob_index": np.full(len(files), index),
            "position": np.arange(len(files)),
            "file": files,
        },
    }


def _is_skipping(info: BuildInfo | None) -> bool:
    """Whether the profiler leaves out who calls the allocator itself, and tells of who called that: up to Go 1.25."""
    found = re.match(r"go1\.(\d+)", info.go_version) if info else None
    return found is not None and int(found[1]) <= _LAST_SKIPPING
