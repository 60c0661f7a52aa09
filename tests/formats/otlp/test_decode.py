"""OpenTelemetry's profiles give the tables that pprof of the same data gives; a damaged file is refused, or is whole."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

import pytest
from google.protobuf.json_format import MessageToJson

from pipeline.formats import recognise
from pipeline.formats.otlp.decode import decode
from pipeline.generated.profile_pb2 import Profile
from pipeline.tables.build import build_tables
from tests.builders.otlp import otlp, refusal
from tests.builders.profile import blob, message
from tests.fuzz.mutate import dumb

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

    data = otlp(Profile.FromString(content))
    assert tables(data.SerializeToString(), "otlp") == tables(content, "pprof")
    assert tables(MessageToJson(data).encode(), "otlp") == tables(content, "pprof")


def test_a_file_without_profiles_is_refused() -> None:
    data = otlp(message("main.f 1"))
    del data.resource_profiles[0].scope_profiles[0].profiles[:]

    assert refusal(data) == "there are no profiles in it"


SMALL = otlp(message("main.f@f.go:1|main.g@f.go:2 main.main 1 2 {tenant=north} {bytes=7}", "main.h 3 4", types=("a/x", "b/y")))  # fmt: skip


def test_a_file_cut_at_any_byte_is_refused_with_a_reason_or_whole() -> None:
    content = SMALL.SerializeToString()
    cut = [content[:length] for length in range(8, len(content))]

    found = list(decode([blob(one) for one in cut]))

    # What is cut between two rows of a table is a file that may be sound; most of these lack what samples name.
    assert len(found) == len(cut)
    assert sum(bool(one.refusals) for one in found) > 0.9 * len(cut)
    assert all(reason for one in found for reason in one.refusals.values())


def test_damaged_files_are_refused_or_give_tables() -> None:
    content, draw = SMALL.SerializeToString(), Random(3)
    damaged = [blob(dumb(content, draw, others=[content]), source_hash=7) for _ in range(400)]

    refused = 0
    for one in damaged:
        for decoded in decode([one]):
            refused += len(decoded.refusals)
            build_tables(decoded, [one])

    assert 0 < refused < len(damaged)


def test_a_stack_that_many_samples_have_is_held_once() -> None:
    data = otlp(message(" ".join(f"main.f{place}" for place in range(200)) + " 1"))
    (profile,) = data.resource_profiles[0].scope_profiles[0].profiles
    profile.samples.extend([profile.samples[0]] * 5_000)

    (decoded,) = decode([blob(data.SerializeToString())])

    assert decoded.symbols is not None
    assert len(decoded.symbols.stack_locations) == 200
    assert len(decoded.columns["sample"]["stack"]) == 5_001


def test_a_long_text_that_is_named_again_and_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.formats.otlp.decode._TEXT_ROOM", 1_000)
    data = otlp(message("main.f 1 {tenant=" + "x" * 500 + "}"))
    (profile,) = data.resource_profiles[0].scope_profiles[0].profiles
    profile.samples.extend([profile.samples[0]] * 9)

    assert "a long text is named again and again" in refusal(data)


def test_more_sample_types_than_a_table_has_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.formats.otlp.samples._VALUE_ROOM", 10)
    many = [message(f"main.f{place} 1", types=(f"t{place}/x",)) for place in range(120)]

    assert refusal(otlp(*many, resources=[{}] * 120)) == "120 samples of 120 sample types; split the file"
