"""-proto and -topproto, read again with protobuf's own runtime and with our decoder."""

from __future__ import annotations

import gzip

from pipeline.formats.pprof.decode import decode
from pipeline.generated.profile_pb2 import Profile as Message
from pipeline.outputs.pprof.decoded import profile_of
from pipeline.outputs.pprof.proto import proto, topproto, write
from tests.builders.profile import blob, message
from tests.outputs.pprof.seen import lines, prepared, profile, written


def test_what_is_written_is_what_was_read() -> None:
    sent = message(
        "a@x.go:3|b c 5 {n=1ms} {n=2} {k=v}", "c -7", comments=["x"], period=5, period_type="a/b", drop_frames="d"
    )

    (decoded,) = decode([blob(sent.SerializeToString())])
    again = Message.FromString(write(profile_of(decoded)))

    assert written(read(again.SerializeToString()), "raw") == written(profile_of(decoded), "raw")
    assert [list(one.value) for one in again.sample] == [[5], [-7]]


def read(content: bytes):  # type: ignore[no-untyped-def]
    (decoded,) = decode([blob(content)])
    return profile_of(decoded)


def test_filters_and_divisions_are_in_the_file() -> None:
    report = prepared(profile("a c 5", "b 7"), report="proto", focus="^a$", divide_by=2.0)

    assert lines(read(gzip.decompress(proto(report)))) == ["a c 2"]


def test_the_heaviest_functions_are_a_sample_each() -> None:
    report = prepared(profile("a c 2048", "c 1024"), report="topproto")

    again = read(gzip.decompress(topproto(report)))

    assert lines(again) == ["a 2 2", "c 3 1"]
    assert again.sample_types == (("cum", "kB"), ("flat", "kB"))
