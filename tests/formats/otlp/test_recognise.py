"""OpenTelemetry's profiles and pprof's begin with the same tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.formats import FORMATS
from pipeline.formats.otlp.recognise import looks_like_profiles
from tests.builders.otlp import otlp
from tests.builders.profile import message, profile
from tests.builders.wire import sized

DATA = otlp(message("main.f 1"))


def test_profiles_of_opentelemetry_are_known_and_those_of_pprof_are_not() -> None:
    assert looks_like_profiles(DATA.SerializeToString())
    assert not looks_like_profiles(profile("main.f 1"))
    assert not looks_like_profiles(profile("main.f 1", types=("/",)))


def test_the_dictionary_may_come_first() -> None:
    dictionary = sized(2, DATA.dictionary.SerializeToString())
    without = otlp(message("main.f 1"))
    without.ClearField("dictionary")

    assert looks_like_profiles(dictionary + without.SerializeToString())


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\n~\n\tsome words of a text", b"\x0a\x05\x0a\x50ab", b"\x12\x02\x0a\x01"]
)
def test_other_bytes_are_not(content: bytes) -> None:
    assert not looks_like_profiles(content)


def test_no_fixture_of_another_format_is_taken_for_it() -> None:
    files = Path(__file__).parents[2] / "fixtures" / "files"
    heads = [path.read_bytes()[:4096] for path in sorted(files.rglob("*")) if path.is_file()][::7]

    assert len(heads) > 50
    assert not any(map(looks_like_profiles, heads))
    assert next(one.name for one in FORMATS if one.recognise(DATA.SerializeToString())) == "otlp"


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        (b'{"resourceProfiles":[]}', True),
        (b'\xef\xbb\xbf \n{ "resourceProfiles" : [ {', True),
        (b'{"dictionary": {"stringTable": [""', True),
        (b'{"dictionary": {"words": [""', False),
        (b'{"resourceSpans":[{"resourceProfiles":[]}]}', False),
        (b'{"resourceProfiles":null}', False),
    ],
)
def test_json_is_known_by_its_first_field(content: bytes, is_one: bool) -> None:
    assert looks_like_profiles(content) == is_one
