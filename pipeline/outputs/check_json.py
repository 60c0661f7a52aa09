"""What a gate found, as JSON: every check with its figures, and a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pipeline.outputs.check_text import Row, sentence


def page(rows: Sequence[Row], missing: Mapping[str, str], *, exit_code: int) -> str:
    """One object.

    missing  why something could not be checked, by option
    """
    told = {
        "verdict": "breach" if any(row["verdict"] == "breach" for row in rows) else "ok",
        "exit_code": exit_code,
        "checks": [{**row, "message": sentence(row)} for row in rows],
        "not_checked": [{"option": option, "why": why} for option, why in missing.items()],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
