"""legacy: profiles that are not protobuf, all that `go tool pprof` reads besides: Go's `debug=1`, gperftools', Java's.

There is no specification but the reader, google/pprof `profile/legacy_profile.go` and `legacy_java_profile.go`, and the
writer, Go's runtime/pprof. Values, addresses, mappings and sample types are those of `go tool pprof -raw`. What that
passes over is read too: Go names the frames of a record in comment lines, and the labels of goroutines.

Go's text has what its protobuf of the same moment has, but for: the time, the column, where a function begins, which binary it
was, the runtime's frames at the leaf, and the shape of generic functions (`f[...]`). Heap and allocs are written alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.legacy.recognise import looks_like_legacy
from pipeline.values import Blob, Decoded, Format


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.legacy.decode import decode

    return decode(blobs)


FORMAT = Format(
    name="legacy",
    recognise=looks_like_legacy,
    decode=_decode,
    fills=(
        "profile",
        "profile_sample_type",
        "profile_mapping",
        "sample",
        "stack",
        "location",
        "function",
        "mapping",
        "label_set",
        # Behind Go's heap profile.
        "process",
        "memstats",
        "memstats_pause",
    ),
    is_streamed=True,
)
