"""OpenTelemetry's JSON is what its own classes write of the same file."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow as pa
from google.protobuf.json_format import MessageToJson, Parse
from opentelemetry.proto.profiles.v1development.profiles_pb2 import ProfilesData

from pipeline.outputs import otlp_file, otlp_json
from pipeline.values import Sampled
from tests.outputs.test_pprof_file import SAMPLED


def both(sampled: Sampled) -> tuple[ProfilesData, str]:
    plain = b"".join(otlp_file.write(sampled, resource={"service.name": "pay"}, exporter="heapscape"))
    return ProfilesData.FromString(plain), b"".join(otlp_json.pieces([plain])).decode()


def test_it_is_the_same_file() -> None:
    data, written = both(SAMPLED)

    assert json.loads(written) == json.loads(MessageToJson(data))
    assert Parse(written, ProfilesData()) == data
    assert '"values":["4611686018427387904"]' in written
    assert written.endswith("}\n")


def test_names_that_others_chose_stay_texts() -> None:
    hostile = ['a"b\\c', "</script>\u2028\x00\x1b\x7f", "line\nfeed 名前🙂", ""]
    names = pa.array([hostile[row % 4] for row in range(SAMPLED.functions.num_rows)])
    sampled = replace(SAMPLED, functions=SAMPLED.functions.set_column(1, "name", names))

    data, written = both(sampled)

    assert Parse(written, ProfilesData()) == data
    assert set(hostile[:2]) <= set(data.dictionary.string_table)
    assert not set(written) & set("\x00\x1b\x7f\u2028")


def test_a_profile_without_samples_is_one() -> None:
    none = replace(
        SAMPLED,
        samples=SAMPLED.samples.slice(0, 0),
        values=SAMPLED.values.slice(0, 0),
        mappings=SAMPLED.mappings.slice(0, 0),
    )
    empty = replace(none, locations=none.locations.slice(0, 0))

    data, written = both(empty)

    assert Parse(written, ProfilesData()) == data
