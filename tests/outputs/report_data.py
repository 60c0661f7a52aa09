"""A small service with two series, for the report and for the browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from pipeline.outputs.report import ReportData
from pipeline.values import Result
from tests.outputs.builder import flame_tree, result

MIB = 2**20
CHECKOUT, LEDGER = 0xA1, 0xB2


def ids(*values: int | None) -> pa.Array[pa.UInt64Scalar]:
    return pa.array(values, pa.uint64())


def times(*moments: datetime) -> pa.Array[pa.TimestampScalar]:
    return pa.array(moments, pa.timestamp("us"))


def report_data() -> ReportData:
    """checkout grew by 100 MiB: 75 explained, 20 ambiguous, 5 lost elsewhere and gained again; ledger shrank."""
    return ReportData(
        series=_series(),
        growth=_growth(),
        coverage=result(
            "attribution.coverage",
            {
                "series_id": ids(CHECKOUT, CHECKOUT, CHECKOUT, LEDGER),
                "attribution": ["escape", "ambiguous", "unreported", "escape"],
                "growth_bytes": [75 * MIB, 20 * MIB, 5 * MIB, -3 * MIB],
                "share": [0.75, 0.20, 0.05, 1.0],
            },
        ),
        modules=result(
            "attribution.growth_by_module",
            {
                "series_id": ids(CHECKOUT, CHECKOUT, LEDGER),
                "module": ["example.com/shop", "vendor/<b>", "main"],
                "version": [None, "v1.2.3", None],
                "is_own": [True, False, True],
                "growth_bytes": [95 * MIB, 5 * MIB, -3 * MIB],
                "growth_share": [0.95, 0.05, 1.0],
            },
        ),
        own=_own(),
        flow=_flow(),
        tree=_tree(),
        live=result(
            "live heap",
            {
                "series_id": ids(*[CHECKOUT] * 4, *[LEDGER] * 2),
                "taken_s": [1_763_892_000.0 + 2400 * n for n in range(4)] + [1_763_852_400.0, 1_763_859_600.0],
                "inuse_bytes": [n * MIB for n in (50, 80, 120, 150, 9, 6)],
            },
        ),
        refused=result("refused", {"uri": ["notes.txt"], "reason": ["is not a format heapscape knows"]}),
        notes=result(
            "ingest_note",
            {"kind": ["malformed_line"], "severity": ["loss"], "count": [1200], "example": ["build.log, line 7"]},
        ),
    )


def without_rows(data: ReportData) -> ReportData:
    """The same tables with nothing in them."""
    names = ("series", "growth", "coverage", "modules", "own", "flow", "tree", "live", "refused", "notes")
    return replace(data, **{name: _emptied(getattr(data, name)) for name in names})


def _emptied(full: Result) -> Result:
    return Result(full.name, full.columns, full.table.slice(0, 0))


def _series() -> Result:
    return result(
        "series",
        {
            "series_id": ids(CHECKOUT, LEDGER),
            "service": ["checkout", "ledger"],
            "instance": ["pod a", None],
            "build": ["1.4.2", None],
            "first_at": times(datetime(2026, 11, 23, 10), datetime(2026, 11, 22, 23)),
            "last_at": times(datetime(2026, 11, 23, 12), datetime(2026, 11, 23, 1)),
            "profiles": [13, 2],
            "first_bytes": [50 * MIB, 9 * MIB],
            "last_bytes": [150 * MIB, 6 * MIB],
            "growth_bytes": [100 * MIB, -3 * MIB],
            "slope_bytes_per_s": [100 * MIB / 7200, None],
            "r2": [0.987, float("nan")],
        },
    )


def _growth() -> Result:
    return result(
        "attribution.growth_by_site",
        {
            "series_id": ids(CHECKOUT, CHECKOUT, CHECKOUT, LEDGER),
            "service": ["checkout", "checkout", "checkout", "ledger"],
            "function": [
                "example.com/shop/api.newSession",
                "example.com/shop/store.(*Cache).Put",
                "vendor.f<b>",
                "main.main",
            ],
            "package": ["example.com/shop/api", "example.com/shop/store", "vendor", "main"],
            "file": ["example.com/shop/api/session.go", "example.com/shop/store/cache.go", "x<script>.go", "main.go"],
            "line": [17, 88, 3, 4],
            "first_bytes": [2 * MIB, 10 * MIB, 0, 9 * MIB],
            "last_bytes": [22 * MIB, 85 * MIB, 5 * MIB, 6 * MIB],
            "growth_bytes": [20 * MIB, 75 * MIB, 5 * MIB, -3 * MIB],
            "growth_share": [0.20, 0.75, 0.05, 1.0],
            "slope_bytes_per_s": [20 * MIB / 7200, 2.5 * MIB / 60, 0.0, None],
            "r2": [0.5, 0.99, None, None],
            "rising_share": [9 / 12, 1.0, None, 0.0],
            "relative_error": [0.041, 0.019, None, 0.5],
            "attribution": ["ambiguous", "escape", "unreported", "escape"],
            "escape_kind": [None, "moved_to_heap", None, "escapes"],
            "expression": [None, "entry", None, "&T{}"],
            "reason": [None, "entry moved to heap: &entry stored in s.items", "</td><img src=x>", "returned"],
            "escape_site_id": ids(None, 11, None, 12),
            "history": [[2 * MIB, 22 * MIB], [n * MIB for n in (10, 30, 60, 85)], None, [9 * MIB, 6 * MIB]],
            "candidates": [["&Session{} escapes to heap", "make([]byte, n) escapes to heap"], None, None, None],
        },
    )


def _own() -> Result:
    """Eleven lines: one of 90 MiB, nine of one MiB each, and one that no own code called."""
    return result(
        "attribution.growth_by_own_code",
        {
            "series_id": ids(*[CHECKOUT] * 11),
            "function": ["example.com/shop/store.(*Cache).Put", *["example.com/shop/api.f"] * 9, None],
            "file": ["example.com/shop/store/cache.go", *["example.com/shop/api/f.go"] * 9, None],
            "line": [88, *range(1, 10), None],
            "growth_bytes": [90 * MIB, *[MIB] * 9, MIB],
            "growth_share": [0.90, *[0.01] * 9, 0.01],
            "flat_growth_bytes": [90 * MIB, *[0] * 10],
        },
    )


def _flow() -> Result:
    return result(
        "escape.flow",
        {
            "escape_site_id": ids(11, 11),
            "step": [1, 0],
            "from": ["e", "&entry"],
            "to": ["{heap}", "e"],
            "expression": ["s.items[key] = e", "&entry"],
            "operation": ["assign", "address-of"],
            "file": ["example.com/shop/store/cache.go", "example.com/shop/store/cache.go"],
            "line": [91, 88],
        },
    )


def _tree() -> Result:
    checkout = flame_tree("all 0 0\n  main.main 1 1\n    store.(*Cache).Put 10 85\n    api.newSession 2 22").table
    ledger = flame_tree("all 0 0\n  main.main 9 6").table
    owners = [CHECKOUT] * checkout.num_rows + [LEDGER] * ledger.num_rows
    table = pa.concat_tables([checkout, ledger]).append_column("series_id", ids(*owners))
    return Result("flame.diff", (), table)
