"""What a file says of all its samples."""

from __future__ import annotations

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.profiles.v1development import profiles_pb2 as pb

from tests.builders.otlp import otlp, table
from tests.builders.profile import message


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

    (profile,) = table(data, "profile")

    assert profile["comments"] == ["line 0", "line 1"]


def test_of_several_profiles_the_earliest_time_and_the_longest_duration_count() -> None:
    early, late = message("main.f 1", time_ns=5, duration_ns=3), message("main.g 1", time_ns=9, duration_ns=4)

    (profile,) = table(otlp(late, early, resources=[{}, {}]), "profile")

    assert (profile["time_ns"], profile["duration_ns"]) == (5, 4)
