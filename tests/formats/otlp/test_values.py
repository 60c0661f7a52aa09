"""Attributes as labels."""

from __future__ import annotations

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.profiles.v1development import profiles_pb2 as pb

from tests.builders.otlp import otlp, samples
from tests.builders.profile import message


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
