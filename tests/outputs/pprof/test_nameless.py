"""Profiles without names weigh what they weighed."""

from __future__ import annotations

from pipeline.outputs.pprof.nameless import nameless
from pipeline.outputs.pprof.proto import write
from pipeline.pseudonyms import Pseudonyms
from tests.outputs.pprof.seen import lines, profile


def test_samples_stay_where_they_are_in_the_tree() -> None:
    made = nameless(profile("acme.put@acme/put.go:3 main.main 100", "runtime.gc main.main 7"), Pseudonyms())

    assert lines(made) == ["n1.n2 main.main 100", "runtime.gc main.main 7"]
    assert next(iter(made.functions.files)) == "n1/n2.go"


def test_nothing_of_a_name_is_left_in_the_bytes() -> None:
    secret = profile(
        "secret.put@secret/put.go:3 main.main@secret.go:1 100 {secret=secret} {bytes=16secrets}",
        comments=["secret"],
        doc_url="https://secret",
        types=("secret.conns/secrets",),
        period_type="secret/secret",
        default_type="secret.conns",
        keep_frames="secret",
        binary="/srv/secret",
        build_id="secret",
    )

    written = write(nameless(secret, Pseudonyms()))

    assert b"secret" in write(secret)
    assert b"secret" not in written
    assert b"bytes" in written


def test_frames_that_were_to_be_dropped_are() -> None:
    made = nameless(profile("secret.alloc secret.put main.main 100", drop_frames="secret.alloc"), Pseudonyms())

    assert lines(made) == ["n1.n3 main.main 100"]
    assert made.header.drop_frames == ""
