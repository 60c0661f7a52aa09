"""pprof: what `runtime/pprof`, `/debug/pprof` and many other profilers write.

The format is github.com/google/pprof `proto/profile.proto`: one protobuf message, usually gzipped. A string
table comes last in what Go writes, so a truncated file has no names at all and is refused. A location is
one address; its lines are the functions inlined there, innermost first. What pprof's own reader refuses
(`profile/profile.go: CheckValid`) is refused here.

Read in full; nothing of a sound profile is ignored but fields that profile.proto does not define.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.pprof.recognise import looks_like_profile
from pipeline.values import Blob, Decoded, Format


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.pprof.decode import decode

    return decode(blobs)


FORMAT = Format(
    name="pprof",
    recognise=looks_like_profile,
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
    ),
)
