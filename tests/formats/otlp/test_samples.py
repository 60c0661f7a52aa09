"""Which samples there are, what each weighs and what tells it from others."""

from __future__ import annotations

from opentelemetry.proto.profiles.v1development import profiles_pb2 as pb

from tests.builders.otlp import otlp, samples
from tests.builders.profile import message


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
