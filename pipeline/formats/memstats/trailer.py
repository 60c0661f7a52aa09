"""MemStats behind a text heap profile (`debug=1`): lines such as `# HeapAlloc = 7841600`.

runtime/pprof/pprof.go, writeHeapInternal; `# MaxRSS` stands there on unix alone. Fields that it does not print
(BySize) are missing, and times are those of the profile, which has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import polars as pl

from pipeline.formats.memstats.decode import Columns, columns_of
from pipeline.formats.memstats.wire import ROWS, integer, values_of
from pipeline.values import Note

_LINE: Final = re.compile(rb"^# (\w+) = (.+?)\s*$")
# Two fields on one line: `# Stack = 327680 / 327680`.
_PAIRS: Final = {name: (f"{name}Inuse", f"{name}Sys") for name in ("Stack", "MSpan", "MCache")}


def columns_of_trailers(trailers: Iterable[tuple[int, Iterable[bytes]]]) -> tuple[Columns, list[Note]]:
    """The rows of `process`, `memstats`, `memstats_size_class` (none) and `memstats_pause` of some profiles' last lines.

    trailers  blob index, ascending, and the profile's lines, all of them or those from `# runtime.MemStats` on; a profile in
              which nothing of MemStats stands has no row
    """
    rows, rss = [], []
    for blob_index, lines in trailers:
        fields = _fields(lines)
        if len(fields) > 1:
            rows.append((blob_index, 0, None, None, None, *values_of(fields)))
            rss.append(integer(fields.get("MaxRSS")))
    moments = pl.DataFrame(rows, schema={"blob_index": pl.Int64, **ROWS}, orient="row")
    return columns_of(moments.with_columns(MaxRSS=pl.Series(rss, dtype=pl.Int64)))


def _fields(lines: Iterable[bytes]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for line in lines:
        if found := _LINE.match(line):
            name, text = found[1].decode(), found[2].decode("ascii", "replace")
            if name in _PAIRS:
                fields |= zip(_PAIRS[name], map(_number, text.split(" / ")), strict=False)
            elif text.startswith("["):
                fields[name] = [_number(one) for one in text.strip("[]").split()]
            else:
                fields[name] = _number(text)
    return fields


def _number(text: str) -> int | float | None:
    try:
        # Beyond so many digits it is no number of 64 bits, and Python takes long over it.
        return int(text) if text.isdecimal() and len(text) < 30 else float(text[:40])
    except ValueError:
        return None
