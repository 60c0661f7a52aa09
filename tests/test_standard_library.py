"""The list of Go's packages, and the macro that knows them by their first part."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.standard_library import PACKAGES

MACRO = Path(__file__).resolve().parents[1] / "sql" / "main" / "is_std.sql"


def test_the_macro_takes_every_package_for_one() -> None:
    known = set(re.findall(r"'([a-z]+)'", MACRO.read_text()))

    assert {path.split("/")[0] for path in PACKAGES} <= known
