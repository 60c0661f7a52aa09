"""OpenTelemetry profiles: what profilers of OpenTelemetry send and its collector keeps, as protobuf or JSON.

The format is opentelemetry/proto/profiles/v1development/profiles.proto of github.com/open-telemetry/opentelemetry-proto, a
signal in development: its layout of 2025 with one dictionary for all profiles is read, as the Python package opentelemetry-proto
1.45 has it, an ExportProfilesServiceRequest or a ProfilesData, which have the same fields. Earlier layouts, without the
dictionary, are refused.

A file is one profile. A profile of OpenTelemetry has one sample type: those that follow one another with the same
samples are the sample types of one, as they were in pprof; all others add samples of their own, with zero for other types.
Where several resources send together, what tells them apart is a label of each sample. What pprof has and OpenTelemetry has
no field for is read from the attributes `pprof.*` of the semantic conventions.

Left out: at which moments a sample was taken, beyond how often; attributes of the resource, where there is one; scopes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.otlp.recognise import looks_like_profiles
from pipeline.values import Blob, Decoded, Format


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.otlp.decode import decode

    return decode(blobs)


FORMAT = Format(
    name="otlp",
    recognise=looks_like_profiles,
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
