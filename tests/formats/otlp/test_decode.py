"""OpenTelemetry's profiles give the tables that pprof of the same data gives; what pprof has nothing like is a label."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.profiles.v1development import profiles_pb2 as pb

from pipeline.formats import recognise
from pipeline.generated.profile_pb2 import Profile
from pipeline.tables.build import build_tables
from tests.builders.otlp import otlp
from tests.builders.profile import blob, message

FILES = Path(__file__).parents[2] / "fixtures" / "files" / "everykind" / "service=everykind"
KINDS = ["cpu", "mutex", "goroutine", "threadcreate"]


def tables(content: bytes, format: str) -> dict[str, list[str]]:
    """The rows of every table, in no order."""
    offered = blob(content, source_hash=7)
    known = recognise(offered)
    assert known.name == format
    built: dict[str, list[str]] = {}
    for decoded in known.decode([offered]):
        assert decoded.refusals == {}
        for name, rows in build_tables(decoded, [offered]).items():
            built[name] = sorted(map(repr, rows.to_pylist()))
    return built


def refusal(data: pb.ProfilesData) -> str:
    offered = blob(data.SerializeToString())
    known = recognise(offered)
    assert known.name == "otlp"
    (decoded,) = known.decode([offered])
    return decoded.refusals[0]


def samples(data: pb.ProfilesData) -> list[tuple[list[int], list[dict[str, Any]]]]:
    """The values and labels of every sample."""
    offered = blob(data.SerializeToString(), source_hash=7)
    (decoded,) = recognise(offered).decode([offered])
    assert decoded.refusals == {}
    built = build_tables(decoded, [offered])
    labels = {one["label_set_hash"]: one["labels"] for one in built["label_set"].to_pylist()}
    columns = [f"value_{place}" for place in range(4)]
    return [
        ([row[name] for name in columns if row[name] is not None], labels[row["label_set_hash"]])
        for row in built["sample"].to_pylist()
    ]


EVERYTHING = message(
    "store.put@store/cache.go:88|store.add@store/cache.go:12 main.main@main.go:7 1 4096 {bytes=4096}",
    "main.grow@main.go:9 main.main@main.go:7 2 -8192 {tenant=north} {tenant=south}",
    "main.idle 0 0 {wait=5ms}",
    "3 3",
    types=("inuse_objects/count", "inuse_space/bytes"),
    default_type="inuse_space",
    period=524288,
    period_type="space/bytes",
    duration_ns=5,
    comments=["made by hand", "", "made by hand"],
    drop_frames="runtime",
    keep_frames="main",
    doc_url="https://example.com/",
)


def test_everything_that_pprof_says_is_read() -> None:
    EVERYTHING.location[0].is_folded = True
    EVERYTHING.location[0].line[0].column = 3

    found = tables(otlp(EVERYTHING).SerializeToString(), "otlp")

    assert found == tables(EVERYTHING.SerializeToString(), "pprof")
    assert len(found["sample"]) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_real_profile_gives_the_tables_of_its_pprof(kind: str) -> None:
    content = gzip.decompress((FILES / "build=go1.27-trim" / f"{kind}.pb.gz").read_bytes())

    assert tables(otlp(Profile.FromString(content)).SerializeToString(), "otlp") == tables(content, "pprof")


def test_comments_that_the_collector_numbers_are_in_their_order() -> None:
    data = otlp(message("main.f 1"))
    for number in (1, 0):
        key = len(data.dictionary.string_table)
        data.dictionary.string_table.append(f"pprof.profile.comment.{number}")
        value = AnyValue(string_value=f"line {number}")
        data.dictionary.attribute_table.append(pb.KeyValueAndUnit(key_strindex=key, value=value))
        data.resource_profiles[0].scope_profiles[0].profiles[0].attribute_indices.append(
            len(data.dictionary.attribute_table) - 1
        )

    (profile,) = tables(data.SerializeToString(), "otlp")["profile"]

    assert "'comments': ['line 0', 'line 1']" in profile


def test_profiles_of_other_samples_add_samples_with_zero_for_what_they_do_not_measure() -> None:
    data = otlp(message("main.f 1 2", "main.g 3 4", types=("a/x", "b/y")))
    del data.resource_profiles[0].scope_profiles[0].profiles[1].samples[0]

    assert [values for values, _ in samples(data)] == [[1, 0], [3, 0], [0, 4]]


def test_a_sample_weighs_its_values_added_up_and_without_values_its_moments() -> None:
    data = otlp(message("main.f 1", "main.g 1", "main.h 1"))
    first, second, third = data.resource_profiles[0].scope_profiles[0].profiles[0].samples
    first.values[:] = [5, -7, 1]
    second.values[:] = []
    second.timestamps_unix_nano[:] = [10, 20]
    third.values[:] = [2**63 - 1, 2**63 - 1]

    assert [values for values, _ in samples(data)] == [[-1], [2], [2**63 - 1]]


def test_resources_that_send_together_are_told_apart_by_labels() -> None:
    profile = message("main.f 1")
    data = otlp(profile, profile, resources=[{"service.name": "pay", "telemetry.sdk.name": "x"}, {"os.type": "linux"}])

    found = [labels for _, labels in samples(data)]

    said = [[(label["key"], label["str"]) for label in labels] for labels in found]
    assert said == [[("service.name", "pay")], [("resource", "1")]]


def test_a_sample_taken_in_a_span_says_so() -> None:
    data = otlp(message("main.f 1", "main.g 1"))
    data.dictionary.link_table.append(pb.Link(trace_id=b"\x01" * 16, span_id=b"\xab" * 8))
    data.resource_profiles[0].scope_profiles[0].profiles[0].samples[1].link_index = 1

    found = [[(label["key"], label["str"]) for label in labels] for _, labels in samples(data)]

    assert found == [[], [("span_id", "ab" * 8), ("trace_id", "01" * 16)]]


def test_values_of_other_kinds_are_spelled() -> None:
    nested = AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="k", value=AnyValue(double_value=0.5))]))
    values = {
        "a": AnyValue(bool_value=True),
        "b": AnyValue(int_value=0),
        "c": AnyValue(double_value=1.5),
        "d": AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=-1), nested])),
        "e": AnyValue(bytes_value=b"\x00\xff"),
        "f": AnyValue(double_value=float("nan")),
        "g": AnyValue(string_value_strindex=1),
        "h": AnyValue(),
    }
    data = otlp(message("main.f 1"))
    for key, value in values.items():
        data.dictionary.string_table.append(key)
        place = len(data.dictionary.string_table) - 1
        data.dictionary.attribute_table.append(pb.KeyValueAndUnit(key_strindex=place, value=value))
        sample = data.resource_profiles[0].scope_profiles[0].profiles[0].samples[0]
        sample.attribute_indices.append(len(data.dictionary.attribute_table) - 1)

    ((_, labels),) = samples(data)

    said = {label["key"]: label["str"] for label in labels}
    first = data.dictionary.string_table[1]
    assert said == {
        "a": "true",
        "b": "0",
        "c": "1.5",
        "d": '[-1, {"k": 0.5}]',
        "e": "00ff",
        "f": "nan",
        "g": first,
        "h": "null",
    }


def test_what_refers_to_nothing_is_refused_with_the_place() -> None:
    stray = otlp(message("main.f 1"))
    stray.resource_profiles[0].scope_profiles[0].profiles[0].samples[0].stack_index = 9
    function = otlp(message("main.f 1"))
    function.dictionary.location_table[1].lines[0].function_index = -1
    text = otlp(message("main.f 1"))
    text.dictionary.function_table[1].name_strindex = 77

    assert refusal(stray).startswith("sample 0: names stack 9; the file has 2. It may be truncated")
    assert refusal(function).startswith("line of location 0: names function -1; the file has 2.")
    assert refusal(text).startswith("function 1: names string 77; the file has ")


def test_a_layout_without_a_dictionary_is_refused_as_such() -> None:
    data = otlp(message("main.f 1"))
    data.ClearField("dictionary")

    assert "layouts of the signal before 2025 are not read" in refusal(data)


def test_a_file_without_profiles_is_refused() -> None:
    data = otlp(message("main.f 1"))
    del data.resource_profiles[0].scope_profiles[0].profiles[:]

    assert refusal(data) == "there are no profiles in it"
