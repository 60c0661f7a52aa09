"""The records of a `-m` report by where they stand, read without heapscape."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

Record = tuple[str, str]
Place = tuple[str, int]

_VERDICT = re.compile(r"^(.+?):(\d+):\d+: (?:moved to heap: (.*)|(.*) escapes to heap)$")


def records(report: Path, *, cwd: Path) -> Mapping[Place, list[Record]]:
    """Kind and expression of each verdict that puts something on the heap, by file and line. `cwd` is where `go build` ran."""
    found: defaultdict[Place, list[Record]] = defaultdict(list)
    files: dict[str, str] = {}
    with report.open(errors="replace") as lines:
        for line in lines:
            if "escapes to heap" not in line and "moved to heap" not in line:
                continue
            match = _VERDICT.match(line.rstrip("\n"))
            if match is None:
                continue
            file, number, moved, escapes = match.groups()
            if file not in files:
                files[file] = os.path.normpath(cwd / file)
            found[files[file], int(number)].append(("moved_to_heap", moved) if moved else ("escapes", escapes))
    return found
