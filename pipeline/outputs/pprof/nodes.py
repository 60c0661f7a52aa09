"""What a node of a graph is: the parts of a frame that tell it from another; google/pprof, internal/graph/graph.go."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.outputs.pprof.alike import classes
from pipeline.outputs.pprof.profile import Profile, begins
from pipeline.source_code import split_list, trimmed
from pipeline.values import Bools, Int64s


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """graph.NodeInfo, without the mangled name, which no report shows."""

    name: str = ""
    address: int = 0
    file: str = ""
    start_line: int = 0
    line: int = 0
    column: int = 0
    binary: str = ""

    @property
    def printable(self) -> str:
        """NodeInfo.PrintableName."""
        parts = [f"{self.address:016x}"] if self.address else []
        if self.name:
            parts.append(self.name)
        if self.line:
            parts.append(f"{self.file}:{self.line}" + (f":{self.column}" if self.column else ""))
        elif self.file:
            parts.append(self.file)
        elif not self.name:
            parts.append(f"[{base_name(self.binary)}]" if self.binary else "<unknown>")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of all locations.

    offsets     int64 (locations + 1,)  where the frames of each location begin, innermost first: its lines, or one of no line
    node        int64                   the node of each frame
    is_inlined  bool                    the frame was inlined into the next
    """

    infos: Sequence[NodeInfo]
    offsets: Int64s
    node: Int64s
    is_inlined: Bools


def nodes_of(profile: Profile, *, has_object_names: bool, trim_path: str = "", source_path: str = "") -> Nodes:
    """graph.CreateNodes, after report.newGraph has trimmed the paths of files."""
    locations, functions = profile.locations, profile.functions
    sizes = np.maximum(np.diff(locations.offsets), 1)
    offsets = begins(sizes)
    owner = np.repeat(np.arange(len(locations)), sizes)
    # A location without lines has a frame with none: -1, the last of what is looked up.
    line = np.full(len(owner), -1, np.int64)
    has_lines = np.diff(locations.offsets) > 0
    line[has_lines[owner]] = np.arange(len(locations.line))
    function = np.append(locations.function, -1)[line]
    prefixes, folders = split_list(trim_path), split_list(source_path)
    files = [clean(trimmed(file, prefixes=prefixes, folders=folders)) for file in functions.files]
    name, file = (np.append(_numbers(texts), 0)[function] for texts in (functions.names, files))
    binary = np.append(_numbers([one.file for one in profile.mappings]), 0)[locations.mapping][owner]
    start_line = np.append(functions.start_lines, 0)[function]
    if not has_object_names:
        is_bare = name == 0
        binary, start_line = np.where(is_bare, binary, 0), np.where(is_bare, start_line, 0)
    columns = {
        "name": name,
        "address": locations.address[owner].view(np.int64),
        "file": file,
        "start_line": start_line,
        "line": np.append(locations.line, 0)[line],
        "column": np.append(locations.column, 0)[line],
        "binary": binary,
    }
    first, node = classes(*columns.values())
    texts = {
        "name": _texts(functions.names),
        "file": _texts(files),
        "binary": _texts([one.file for one in profile.mappings]),
    }
    of_first = {column: values[first].tolist() for column, values in columns.items()}
    of_first["address"] = [value % 2**64 for value in of_first["address"]]
    of_first |= {column: [known[place] for place in of_first[column]] for column, known in texts.items()}
    infos = [NodeInfo(*parts) for parts in zip(*of_first.values(), strict=True)]
    is_inlined = np.ones(len(owner), np.bool_)
    is_inlined[offsets[1:] - 1] = False
    return Nodes(infos, offsets, node, is_inlined)


def _texts(texts: Sequence[str]) -> list[str]:
    """The distinct ones, the empty one first."""
    return list(dict.fromkeys(["", *texts]))


def _numbers(texts: Sequence[str]) -> Int64s:
    """Each one's place in `_texts`."""
    number = {text: place for place, text in enumerate(_texts(texts))}
    return np.fromiter((number[text] for text in texts), np.int64, len(texts))


def clean(path: str) -> str:
    """filepath.Clean, of a path that is not empty."""
    if not path:
        return ""
    cleaned = posixpath.normpath(path)
    # POSIX lets two slashes at the beginning stand; Go does not.
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def base_name(path: str) -> str:
    """filepath.Base."""
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"
