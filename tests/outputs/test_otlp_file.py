"""Samples as OpenTelemetry profiles, read again with OpenTelemetry's own classes."""

from __future__ import annotations

from dataclasses import replace

from opentelemetry.proto.profiles.v1development import profiles_pb2 as pb

from pipeline.outputs.otlp_file import write
from pipeline.values import Sampled
from tests.outputs.test_pprof_file import SAMPLED


def read(sampled: Sampled, **resource: str) -> pb.ProfilesData:
    content = b"".join(write(sampled, resource=resource, exporter="a test"))
    found = pb.ProfilesData.FromString(content)
    # Row 0 of every table is the empty one.
    for name in ("mapping", "location", "function", "link", "attribute", "stack"):
        assert getattr(found.dictionary, f"{name}_table")[0].ByteSize() == 0, name
    assert found.dictionary.string_table[0] == ""
    assert len(set(found.dictionary.string_table)) == len(found.dictionary.string_table)
    return found


def attributes(found: pb.ProfilesData, places: list[int]) -> list[tuple[str, object, str]]:
    text = found.dictionary.string_table
    said = []
    for place in places:
        one = found.dictionary.attribute_table[place]
        value = getattr(one.value, one.value.WhichOneof("value"))
        said.append((text[one.key_strindex], value, text[one.unit_strindex]))
    return said


def test_each_sample_type_is_a_profile_of_the_same_stacks() -> None:
    found = read(SAMPLED)
    text = found.dictionary.string_table

    profiles = found.resource_profiles[0].scope_profiles[0].profiles

    types = [(text[one.sample_type.type_strindex], text[one.sample_type.unit_strindex]) for one in profiles]
    assert types == [("objects", "count"), ("space", "bytes")]
    assert [[list(sample.values) for sample in one.samples] for one in profiles] == [[[0], [1 << 62]], [[-7], [300]]]
    assert [[sample.stack_index for sample in one.samples] for one in profiles] == [[1, 2], [1, 2]]
    assert [list(stack.location_indices) for stack in found.dictionary.stack_table] == [[], [1, 2], [2]]


def test_labels_are_attributes_texts_and_numbers_with_units() -> None:
    found = read(SAMPLED)

    first, second = found.resource_profiles[0].scope_profiles[0].profiles[0].samples

    assert list(first.attribute_indices) == []
    assert attributes(found, list(second.attribute_indices)) == [("tenant", "north", ""), ("bytes", 48, "b")]


def test_mappings_and_locations_say_in_attributes_what_there_is_no_field_for() -> None:
    found = read(SAMPLED)
    text = found.dictionary.string_table

    mapping, location = found.dictionary.mapping_table[2], found.dictionary.location_table[2]

    assert (mapping.memory_start, mapping.memory_limit, mapping.file_offset) == (0x4000, 0x4064, 7)
    assert text[mapping.filename_strindex] == "/bin/server"
    assert attributes(found, list(mapping.attribute_indices)) == [
        ("process.executable.build_id.gnu", "b1", ""),
        *((f"pprof.mapping.has_{of}", True, "") for of in ("functions", "filenames", "line_numbers", "inline_frames")),
    ]
    assert (location.mapping_index, location.address) == (2, 0x3FFF)
    assert attributes(found, list(location.attribute_indices)) == [("pprof.location.is_folded", True, "")]
    first = found.dictionary.location_table[1]
    assert (first.mapping_index, list(first.attribute_indices)) == (0, [])
    assert [(line.function_index, line.line, line.column) for line in first.lines] == [(1, 4, 2), (2, -1, 0)]


def test_the_header_and_whose_it_is_are_kept() -> None:
    words = {"drop_frames": "a", "keep_frames": "b", "doc_url": "c", "default_sample_type": "space"}
    header = {**SAMPLED.header, **words, "comments": ["one", "", "one"], "duration_ns": 9, "time_ns": 2**62}

    found = read(replace(SAMPLED, header=header), **{"service.name": "checkout", "service.version": ""})

    (resource,) = found.resource_profiles
    (profile, _) = resource.scope_profiles[0].profiles
    assert (profile.time_unix_nano, profile.duration_nano, profile.period) == (2**62, 9, 512)
    said = {key: value for key, value, _ in attributes(found, list(profile.attribute_indices))}
    assert [said[f"pprof.profile.{name}"] for name in ("drop_frames", "keep_frames", "doc_url")] == ["a", "b", "c"]
    comments = said["pprof.profile.comment"]
    assert [one.string_value for one in comments.values] == ["one", "", "one"]  # type: ignore[attr-defined]
    assert [(one.key, one.value.string_value) for one in resource.resource.attributes] == [("service.name", "checkout")]
    (default,) = resource.scope_profiles[0].scope.attributes
    assert (default.key, default.value.string_value) == ("pprof.scope.default_sample_type", "space")


def test_nothing_selected_is_a_file_that_says_what_would_have_been_measured() -> None:
    found = read(replace(SAMPLED, samples=SAMPLED.samples.slice(0, 0), values=SAMPLED.values.slice(0, 0)))

    assert [len(one.samples) for one in found.resource_profiles[0].scope_profiles[0].profiles] == [0, 0]
