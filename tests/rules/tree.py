"""The files the rules look at: what is in the repository, or would be."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def files(*patterns: str) -> tuple[Path, ...]:
    """Files that git knows or would take, matching any of the patterns; all without one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return tuple(sorted(path for path in paths if path.is_file()))


@cache
def parsed(path: Path) -> ast.Module:
    """What a file of Python says; several rules look at each."""
    return ast.parse(path.read_text())


def name(path: Path) -> str:
    """A file as people know it: its path from the root."""
    return path.relative_to(ROOT).as_posix()
