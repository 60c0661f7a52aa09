"""Rows of a gate, with names that mean harm."""

from __future__ import annotations

from typing import Any

EVIL = "x\x1b[31m\ufffe\n]]><b>&\"'`|\u202e\ud800"
ROW: dict[str, Any] = {
    "checked": "growth",
    "side": "most",
    "service": "api",
    "instance": None,
    "build": "1.4",
    "series_id": 3,
    "program": None,
    "source_id": None,
    "uri": None,
    "process": None,
    "source": None,
    "value": 3.0 * 2**20,
    "low": 2.0 * 2**20,
    "high": 4.0 * 2**20,
    "unit": "bytes",
    "function": None,
    "file": None,
    "line": None,
    "reason": None,
    "threshold": 2.0**20,
    "verdict": "breach",
    "option": "--max-growth 1MiB",
    "sites": [],
}
SITE: dict[str, Any] = {"function": "app.F", "file": "example.com/app/a b.go", "line": 7, "growth_bytes": 2**20, "reason": "x escapes"}  # fmt: skip
SLOPE = ROW | {"checked": "slope", "unit": "bytes/s", "value": 1024.0, "low": None, "high": None, "verdict": "uncertain", "option": "--max-slope 1MiB/h"}  # fmt: skip
PAUSE = ROW | {"checked": "pause", "series_id": None, "unit": "ns", "uri": "logs/api.log", "process": 0, "source": "gctrace", "value": 2e6, "low": 2e6, "high": 2e6, "verdict": "ok", "option": "--max-pause 10ms"}  # fmt: skip
HOSTILE = ROW | {"checked": "site_growth", "service": EVIL, "file": f"/src/{EVIL}.go", "line": 5, "function": EVIL, "reason": EVIL, "option": "--max-site-growth 1B"}  # fmt: skip
ROWS = [ROW | {"sites": [SITE, SITE | {"line": 9}]}, HOSTILE, SLOPE, PAUSE]
MISSING = {"--min-headroom 2h": f"it takes metrics {EVIL}"}
