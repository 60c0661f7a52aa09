"""The tables of the dictionary."""

from __future__ import annotations

from tests.builders.otlp import otlp, refusal
from tests.builders.profile import message


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
