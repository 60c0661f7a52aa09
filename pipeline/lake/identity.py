"""What tells one lake from another at the same path."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.lake.layout import entry_path


def fingerprint(lake: str) -> str:
    """The SHA-256 of the first manifest entry; empty for a lake without one."""
    first = Path(lake, entry_path(1))
    return hashlib.sha256(first.read_bytes()).hexdigest() if first.exists() else ""
