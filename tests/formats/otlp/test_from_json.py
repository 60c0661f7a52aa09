"""OpenTelemetry's JSON becomes what its own classes make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson, Parse
from opentelemetry.proto.profiles.v1development.profiles_pb2 import ProfilesData

from pipeline.errors import DecodeError
from pipeline.formats.otlp.decode import decode
from pipeline.formats.otlp.from_json import as_protobuf
from tests.builders.otlp import otlp
from tests.builders.profile import blob, message

DATA = otlp(
    message(
        "store.put@store/cache.go:88|store.add@store/cache.go:12 main.main@main.go:7 1 9223372036854775807 {bytes=4096}",
        "main.名前🙂@main.go:9 2 -8192 {tenant=north}",
        types=("alloc_objects/count", "alloc_space/bytes"),
        loaded_at=2**64 - 0x200000,
    )
)


def read(content: str | bytes) -> ProfilesData:
    return ProfilesData.FromString(as_protobuf(content.encode() if isinstance(content, str) else content))


def test_what_their_own_classes_write_is_read_as_they_read_it() -> None:
    written = MessageToJson(DATA)

    assert read(written) == DATA
    assert read("\ufeff" + json.dumps(json.loads(written))) == DATA


VALUES: list[Any] = [
    *(
        {"stringValue": "x"},
        {"stringValue": ""},
        {"boolValue": False},
        {"boolValue": True},
        {"intValue": "0"},
        {"intValue": 7},
    ),
    *(
        {"doubleValue": 0.0},
        {"doubleValue": 1.5},
        {"doubleValue": 3},
        {"bytesValue": "AAH/"},
        {"stringValueStrindex": 0},
        {},
    ),
    {"arrayValue": {"values": [{"intValue": "-1"}, {}, {"arrayValue": {}}]}},
    {"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True}}, {"key": "none"}]}},
]


def test_values_of_every_kind_are_kept_and_one_that_is_zero_is_one() -> None:
    table = [{"keyStrindex": 1, "value": value, "unitStrindex": place % 2} for place, value in enumerate(VALUES)]
    written = json.dumps({"resourceProfiles": [{}], "dictionary": {"attributeTable": table}})

    assert read(written) == Parse(written, ProfilesData())
    assert len(read(written).dictionary.attribute_table) == 14


def test_numbers_may_be_texts_and_names_of_no_field_are_passed_over() -> None:
    sample = {"stackIndex": 1, "values": ["5", 6, "-7"], "timestampsUnixNano": ["18446744073709551615", 1], "new": [{}]}
    profile = {"samples": [sample, {}, {"values": None}], "timeUnixNano": 5, "durationNano": "18446744073709551615"}

    (found,) = read(json.dumps({"resourceProfiles": [{"scopeProfiles": [{"profiles": [profile]}]}]})).resource_profiles

    (made,) = found.scope_profiles[0].profiles
    assert [list(one.values) for one in made.samples] == [[5, 6, -7], [], []]
    assert list(made.samples[0].timestamps_unix_nano) == [2**64 - 1, 1]
    assert (made.time_unix_nano, made.duration_nano) == (5, 2**64 - 1)


def test_ids_are_hexadecimal_and_other_bytes_base64() -> None:
    link = {"traceId": "00112233445566778899AABBccddeeff", "spanId": "0011223344556677"}
    profile = {"profileId": "ff" * 16, "originalPayload": "AAH/"}

    found = read(json.dumps({"dictionary": {"linkTable": [{}, link]}, "resourceProfiles": [{"scopeProfiles": [{"profiles": [profile]}]}]}))  # fmt: skip

    assert found.dictionary.link_table[1].trace_id.hex() == link["traceId"].lower()
    (made,) = found.resource_profiles[0].scope_profiles[0].profiles
    assert (made.profile_id, made.original_payload) == (b"\xff" * 16, b"\x00\x01\xff")


def test_half_a_character_is_replaced() -> None:
    assert list(read(rb'{"dictionary":{"stringTable":["","\ud800x"]}}').dictionary.string_table) == ["", "?x"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"resourceProfiles": [', "character 22: not JSON: Expecting value; the file may be truncated"),
        ("[]", "a ProfilesData: a list where profiles.proto has an object"),
        ('{"resourceProfiles": {}}', "resourceProfiles of a ProfilesData: an object where profiles.proto has a list"),
        ('{"resourceProfiles": [null]}', "a ResourceProfiles: null where profiles.proto has an object"),
        ('{"dictionary": {"stringTable": [7]}}', "stringTable of a ProfilesDictionary: a number where profiles.proto has a text"),
        ('{"dictionary": {"stackTable": [{"locationIndices": [1.5]}]}}', "locationIndices of a Stack: a number with a fraction where profiles.proto has a whole number"),
        ('{"dictionary": {"stackTable": [{"locationIndices": ["x"]}]}}', "locationIndices of a Stack: invalid literal for int"),
        ('{"dictionary": {"stackTable": [{"locationIndices": [true]}]}}', "true or false where profiles.proto has a whole number"),
        ('{"dictionary": {"locationTable": [{"address": "18446744073709551616"}]}}', "address of a Location: 18446744073709551616 does not fit into 64 bits"),
        ('{"dictionary": {"linkTable": [{"traceId": "xy"}]}}', "traceId of a Link: non-hexadecimal number"),
        ('{"resourceProfiles": []}\n{"resourceProfiles": []}', "character 25: more follows the object; a file holds one request"),
        ('{"a":' * 100_000, "it is nested too deep to be profiles of OpenTelemetry"),
    ],
)  # fmt: skip
def test_what_is_something_else_is_refused_with_what_it_is(content: str, said: str) -> None:
    with pytest.raises(DecodeError) as caught:
        as_protobuf(content.encode())

    assert said in str(caught.value)


def test_a_file_cut_anywhere_is_refused() -> None:
    whole = MessageToJson(otlp(message("main.f 1")), indent=None).encode()

    # Before its first field it is not known for one.
    for end in range(len(b'{"resourceProfiles": ['), len(whole)):
        (found,) = decode([blob(whole[:end])])
        assert found.refusals, whole[:end]
