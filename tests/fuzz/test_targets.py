"""What the fuzzer offers: the same for a seed, sound where nothing is changed, and often sound where something is."""

from __future__ import annotations

import io
import tarfile
import zipfile
from random import Random

import pytest

from pipeline.formats.escape.recognise import looks_like_report
from pipeline.formats.pprof.wire import parse
from tests.builders.odd import random_message
from tests.builders.trace import header
from tests.builders.trace_text import to_binary
from tests.builders.trace_v1 import RICH
from tests.fuzz import archives, compressions, pprof, traces
from tests.fuzz.judge import decoded, unpacked
from tests.fuzz.mutate import dumb
from tests.fuzz.target import Broken, Corpus, Outcome, Target
from tests.fuzz.targets import DECODERS, TARGETS, contents, logs, profiles, text_reports, traces_since_122

FEW = 40


def offered(target: Target, *, seed: int) -> list[bytes]:
    """The first inputs of a run."""
    return [target.mutate(target.seeds(), Random(f"{seed} {place}")) for place in range(FEW)]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_seed_says_what_is_offered(target: Target) -> None:
    once, again, other = (offered(target, seed=seed) for seed in (1, 1, 2))

    assert once == again
    assert once != other
    assert len(set(once)) > FEW // 2


@pytest.mark.parametrize("target", DECODERS, ids=lambda target: target.name)
def test_every_seed_of_a_decoder_is_accepted(target: Target) -> None:
    refused = [seed for seed in target.seeds() if not target.run([seed]).accepted]

    assert refused == []


def test_a_profile_that_is_not_changed_is_put_together_as_it_was() -> None:
    sound = [*profiles(), *(random_message(Random(seed)).SerializeToString() for seed in range(50))]

    assert [pprof.put_together(pprof.taken_apart(content)) for content in sound] == sound


def test_a_trace_that_is_not_changed_is_put_together_as_it_was() -> None:
    built = traces_since_122()[:-1]

    assert [to_binary("\n".join(traces.lines_of(content))) for content in built] == list(built)
    assert traces.old_bytes(*traces.old_events(RICH)) == RICH
    assert RICH.startswith(header(21))


def test_archives_without_a_lie_are_read_by_the_library() -> None:
    entries = [
        archives.zip_entry(b"one", b"first" * 99, deflated=True),
        archives.zip_entry(b"two", b"2", deflated=False),
    ]
    with zipfile.ZipFile(io.BytesIO(archives.zip_bytes(entries))) as opened:
        assert opened.testzip() is None
        assert opened.read("one") == b"first" * 99

    whole = archives.tar_bytes(
        [
            archives.pax(b"x", (b"path", b"a/long/name")),
            archives.TarEntry(b"short", b"first"),
            archives.TarEntry(b"b", b""),
        ]
    )
    with tarfile.open(fileobj=io.BytesIO(whole)) as opened_tar:
        assert [(entry.name, entry.size) for entry in opened_tar] == [("a/long/name", 5), ("b", 0)]


@pytest.mark.parametrize("codec", compressions.PACK)
def test_what_is_packed_for_the_fuzzer_is_unpacked_by_the_library(codec: str) -> None:
    assert [compressions.LIBRARY[codec](compressions.PACK[codec](content)) for content in contents()] == list(
        contents()
    )


def test_changed_profiles_and_reports_are_often_still_what_they_were() -> None:
    accepted = [content for content in offered(TARGETS["pprof"], seed=3) if not parse([content]).refusals]
    recognised = [content for content in offered(TARGETS["escape-text"], seed=3) if looks_like_report(content)]

    assert FEW // 8 < len(accepted) < FEW
    assert len(recognised) > FEW // 4


def test_bytes_are_changed_without_knowing_them() -> None:
    changed = {dumb(b"some bytes", Random(seed), others=[b"others"]) for seed in range(100)}

    assert len(changed) > 50


def test_an_input_of_which_something_new_is_said_is_changed_further() -> None:
    corpus = Corpus([b"seed"])

    corpus.take(Outcome(1, 1, {b"new": frozenset({"a reason"})}))
    corpus.take(Outcome(1, 1, {b"the same": frozenset({"a reason"})}))

    assert corpus.contents == [b"seed", b"new"]


def test_sound_neighbours_of_a_damaged_input_are_looked_at() -> None:
    damaged = profiles()[0][:-3] + b"\xff\xff\xff"

    outcome = decoded([damaged, profiles()[1]], good=profiles()[0])

    assert (outcome.inputs, outcome.accepted) == (2, 1)


def test_what_a_decoder_says_is_kept_without_its_numbers() -> None:
    reports = [text_reports()[0], logs()[0], b"no report"]

    outcome = decoded(reports, good=text_reports()[0])

    assert outcome.accepted == 2
    assert [answer for answer in outcome.traits[b"no report"] if "not a format heapscape knows" in answer]


def test_an_exception_of_a_decoder_is_not_taken_for_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(*_: object, **__: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr("tests.fuzz.judge.build_tables", trusting)

    with pytest.raises(IndexError):
        decoded([profiles()[1]], good=profiles()[0])


def test_more_bytes_than_the_limits_allow_are_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = compressions.PACK["gzip"](bytes(60_000) + Random(1).randbytes(20))
    assert unpacked(packed).accepted == 1

    # What was unpacked is counted anew, so a reader that counted wrongly would be seen.
    monkeypatch.setattr("tests.fuzz.judge._HARMLESS_BYTES", 0)

    with pytest.raises(Broken, match="more than the limits allow"):
        unpacked(packed)
