"""OpenTelemetry profiles made of pprof's, with OpenTelemetry's own classes, as its collector makes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.profiles.v1development import profiles_pb2 as pb
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from pipeline.formats import recognise
from pipeline.generated.profile_pb2 import Profile
from pipeline.tables.build import build_tables
from tests.builders.profile import blob

_FLAGS = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")


def otlp(*profiles: Profile, resources: Iterable[dict[str, str]] = ({},)) -> pb.ProfilesData:
    """A file with the profiles, each with the resource of its place; of several there is one dictionary."""
    making = _Making()
    data = pb.ProfilesData(dictionary=making.dictionary)
    for profile, resource in zip(profiles, resources, strict=True):
        found = data.resource_profiles.add()
        found.resource.CopyFrom(Resource(attributes=[key_value(key, value) for key, value in resource.items()]))
        scope = found.scope_profiles.add()
        text = profile.string_table
        scope.scope.CopyFrom(InstrumentationScope(name="a test"))
        if profile.default_sample_type:
            word = key_value("pprof.scope.default_sample_type", text[profile.default_sample_type])
            scope.scope.attributes.append(word)
        making.add(profile, scope)
    data.dictionary.CopyFrom(making.dictionary)
    return data


def key_value(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


class _Making:
    def __init__(self) -> None:
        self.dictionary = pb.ProfilesDictionary(
            mapping_table=[pb.Mapping()],
            location_table=[pb.Location()],
            function_table=[pb.Function()],
            link_table=[pb.Link()],
            string_table=[""],
            attribute_table=[pb.KeyValueAndUnit()],
            stack_table=[pb.Stack()],
        )

    def text(self, value: str) -> int:
        table = self.dictionary.string_table
        if value not in table:
            table.append(value)
        return list(table).index(value)

    def attribute(self, key: str, value: AnyValue, unit: str = "") -> int:
        made = pb.KeyValueAndUnit(key_strindex=self.text(key), value=value, unit_strindex=self.text(unit))
        return _place(self.dictionary.attribute_table, made)

    def add(self, profile: Profile, scope: pb.ScopeProfiles) -> None:
        text = profile.string_table
        mapping = {one.id: self.mapping(one, text) for one in profile.mapping}
        function = {
            one.id: _place(
                self.dictionary.function_table,
                pb.Function(
                    name_strindex=self.text(text[one.name]),
                    system_name_strindex=self.text(text[one.system_name]),
                    filename_strindex=self.text(text[one.filename]),
                    start_line=one.start_line,
                ),
            )
            for one in profile.function
        }
        location = {one.id: self.location(one, mapping, function) for one in profile.location}
        attributes = self.of_profile(profile)
        for place, sample_type in enumerate(profile.sample_type):
            made = scope.profiles.add(
                time_unix_nano=profile.time_nanos % 2**64,
                duration_nano=profile.duration_nanos % 2**64,
                period=profile.period,
                attribute_indices=attributes,
            )
            made.sample_type.CopyFrom(self.value_type(sample_type, text))
            made.period_type.CopyFrom(self.value_type(profile.period_type, text))
            for sample in profile.sample:
                stack = pb.Stack(location_indices=[location[id] for id in sample.location_id])
                made.samples.add(
                    stack_index=_place(self.dictionary.stack_table, stack),
                    values=[sample.value[place]],
                    attribute_indices=[self.label(one, text) for one in sample.label],
                )

    def of_profile(self, profile: Profile) -> list[int]:
        text = profile.string_table
        words = {"drop_frames": profile.drop_frames, "keep_frames": profile.keep_frames, "doc_url": profile.doc_url}
        found = [
            self.attribute(f"pprof.profile.{name}", AnyValue(string_value=text[place]))
            for name, place in words.items()
            if place
        ]
        if profile.comment:
            lines = [AnyValue(string_value=text[place]) for place in profile.comment]
            found.append(self.attribute("pprof.profile.comment", AnyValue(array_value=ArrayValue(values=lines))))
        return found

    def value_type(self, found: Any, text: Any) -> pb.ValueType:
        return pb.ValueType(type_strindex=self.text(text[found.type]), unit_strindex=self.text(text[found.unit]))

    def mapping(self, one: Any, text: Any) -> int:
        attributes = [self.attribute("process.executable.build_id.gnu", AnyValue(string_value=text[one.build_id]))]
        attributes += [
            self.attribute(f"pprof.mapping.{flag}", AnyValue(bool_value=True)) for flag in _FLAGS if getattr(one, flag)
        ]
        made = pb.Mapping(
            memory_start=one.memory_start,
            memory_limit=one.memory_limit,
            file_offset=one.file_offset,
            filename_strindex=self.text(text[one.filename]),
            attribute_indices=attributes,
        )
        # Equal ones are as many.
        self.dictionary.mapping_table.append(made)
        return len(self.dictionary.mapping_table) - 1

    def location(self, one: Any, mapping: dict[int, int], function: dict[int, int]) -> int:
        folded = [self.attribute("pprof.location.is_folded", AnyValue(bool_value=True))] if one.is_folded else []
        made = pb.Location(
            mapping_index=mapping.get(one.mapping_id, 0),
            address=one.address,
            lines=[
                pb.Line(function_index=function[line.function_id], line=line.line, column=line.column)
                for line in one.line
            ],
            attribute_indices=folded,
        )
        return _place(self.dictionary.location_table, made)

    def label(self, one: Any, text: Any) -> int:
        if one.str:
            return self.attribute(text[one.key], AnyValue(string_value=text[one.str]))
        return self.attribute(text[one.key], AnyValue(int_value=one.num), text[one.num_unit])


def _place(table: Any, made: Any) -> int:
    """Where a row is, added when it is not there yet."""
    for place, one in enumerate(table):
        if place and one == made:
            return place
    table.append(made)
    return len(table) - 1


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


def table(data: pb.ProfilesData, name: str) -> list[dict[str, Any]]:
    """The rows of one table."""
    offered = blob(data.SerializeToString(), source_hash=7)
    (decoded,) = recognise(offered).decode([offered])
    assert decoded.refusals == {}
    rows: list[dict[str, Any]] = build_tables(decoded, [offered])[name].to_pylist()
    return rows
