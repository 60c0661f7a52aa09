"""What the compiler's JSON log has lost: it has one file for all source files of one base name that a package's code is from.

Code of several files comes together in one package where generic functions of others are instantiated. The last one to be written stays.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

_PLACE = re.compile(r"^\S[^:]*\.\w+:\d+:\d+: ")


def lost(report: Path, log: Path, *, cwd: Path) -> frozenset[tuple[str, str]]:
    """Package and file of what a text report speaks of and the JSON log of the same build had overwritten."""
    kept = _kept(log)
    return frozenset(
        (name, file)
        for (package, base_name), files in _namesakes(report, cwd=cwd).items()
        # The log calls the main package so, as functions do.
        for name in [package if (package, base_name) in kept else "main"]
        for file in files
        if len(files) > 1 and kept.get((name, base_name)) != file
    )


def is_lost(lines: Sequence[tuple[str, str, int]], losses: frozenset[tuple[str, str]]) -> bool:
    """The log cannot tell of this location: its own package's log of the file is lost, or any package's if it is generic."""
    function, file, _ = lines[-1]
    if "[" in function:
        return any(file == one for _, one in losses)
    return (package_of(function), file) in losses


def package_of(function: str) -> str:
    """`a.com/b/c.(*T).f` is of `a.com/b/c`, as reports spell it."""
    folder, slash, name = function.split("[", 1)[0].rpartition("/")
    return (folder + slash + name.split(".", 1)[0]).replace("%2e", ".")


def _kept(log: Path) -> dict[tuple[str, str], str]:
    """The one source file that each part of the log is of, by package and base name."""
    found: dict[tuple[str, str], str] = {}
    for part in log.rglob("*.json"):
        with part.open("rb") as lines:
            header = json.loads(lines.readline())
        file = os.path.normpath(header["file"])
        found[str(header["package"]), os.path.basename(file)] = file
    return found


def _namesakes(report: Path, *, cwd: Path) -> dict[tuple[str, str], set[str]]:
    """The files that each package's section speaks of, by base name."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    package, seen = "", set[tuple[str, str]]()
    with report.open(errors="replace") as lines:
        for line in lines:
            if line.startswith("# "):
                package = line[2:].strip()
                continue
            file = line.partition(":")[0]
            if (package, file) not in seen:
                seen.add((package, file))
                if _PLACE.match(line):
                    found[package, os.path.basename(file)].add(os.path.normpath(cwd / file))
    return found
