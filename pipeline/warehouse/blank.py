"""A database without rows, made once and copied: to create every table, view and comment takes a second."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pipeline.files import copy
from pipeline.resources import cache
from pipeline.warehouse.connect import FORMAT


def copy_blank(draft: str, *, declarations: str, create: Callable[[str], None]) -> None:
    """Make the file of a database with everything declared and no row; nobody has it open.

    declarations  fingerprint of what is declared
    create        makes such a file where there is none
    """
    name = hashlib.sha256(f"{declarations} {duckdb.__version__} {FORMAT}".encode()).hexdigest()[:16]
    blank = cache() / "warehouse" / f"{name}.duckdb"
    # Where nothing can be kept, and where somebody takes it away meanwhile, it is made in place.
    with suppress(OSError, duckdb.IOException):
        if not blank.exists():
            _make(blank, create)
        copy(blank, draft)
        return
    Path(draft).unlink(missing_ok=True)
    create(draft)


def _make(blank: Path, create: Callable[[str], None]) -> None:
    blank.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=blank.parent, prefix=".new-") as folder:
        made = f"{folder}/blank.duckdb"
        create(made)
        with open(made, "rb") as file:
            os.fsync(file.fileno())
        # Those of other releases are of no use to this one, which would keep one for every change of a view.
        for other in blank.parent.glob("*.duckdb"):
            other.unlink(missing_ok=True)
        os.replace(made, blank)
