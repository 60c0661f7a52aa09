"""metrics: what a Go process measures of itself, a moment or many.

Spellings:

* runtime/metrics as JSON: a map of each metric's name (`/gc/heap/live:bytes`) to its number, or to a histogram's
  `{"counts": [...], "buckets": [...]}`, as runtime/metrics has them (Float64Histogram), with null for bounds that are
  infinite. The map stands by itself or under a key, up to three deep, an object a moment: in lines, an array, alone. A time
  beside it is read as in memstats.
* the text that Prometheus reads, and OpenMetrics, as Go's client (github.com/prometheus/client_golang) writes it: `go_*` and
  `process_*`. One scrape or several, of one process or, as a server's federation has them, of many. `go_memstats_*` become
  MemStats too. What a server's HTTP API answers, in JSON, and promtool dumps is read as that text. Its histograms are cumulative, and a bucket has its upper bound in it and not the lower.

A number that is whole is kept whole, up to 64 bits; `+Inf` is kept, what is no number (NaN) is NULL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.metrics.recognise import looks_like_metrics
from pipeline.values import Blob, Decoded, Format


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.metrics.decode import decode

    return decode(blobs)


FORMAT = Format(
    name="metrics",
    recognise=looks_like_metrics,
    decode=_decode,
    fills=("process", "memstats", "runtime_metric", "runtime_metric_bucket"),
    is_streamed=True,
)
