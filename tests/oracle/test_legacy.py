"""Profiles that are no protobuf, as we read them and as `go tool pprof` does: every value, address, line and mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline.formats.legacy.decode import decode
from pipeline.formats.legacy.recognise import looks_like_legacy
from tests.builders.facts import Facts, facts_of_decoded
from tests.builders.legacy import EVERY_SPELLING
from tests.builders.profile import blob
from tests.oracle import toolchain
from tests.oracle.test_pprof_decode import as_go_keeps_them, go_facts, go_verdicts, written

pytestmark = pytest.mark.oracle


def read(content: bytes) -> Facts:
    (decoded,) = decode([blob(content)])
    assert decoded.refusals == {}
    return as_go_keeps_them(facts_of_decoded(decoded))


def unfolded(facts: Facts) -> dict[str, Any]:
    """What a profile says, each sample with all that its locations say."""
    # What pprof says of frames to drop is its own opinion, and in no file.
    header = (*facts.header[:6], facts.header[8])
    locations = [
        (
            None if mapping is None else facts.mappings[mapping],
            address,
            tuple((*facts.functions[function], line, column) for function, line, column in lines),
        )
        for mapping, address, _, lines in facts.locations
    ]
    # The size 0 is for pprof a label as long as the file is not written again.
    samples = [
        (tuple(locations[place] for place in stack), values, [label for label in labels if label.text or label.num])
        for stack, values, labels in facts.samples
    ]
    return {"header": header, "types": facts.sample_types, "mappings": facts.mappings, "samples": samples}


def assert_same(contents: Sequence[bytes], folder: Path) -> None:
    for content, expected in zip(contents, go_facts(written(contents, folder)), strict=True):
        assert unfolded(read(content)) == unfolded(expected), content


@pytest.mark.parametrize("name", EVERY_SPELLING)
def test_every_spelling_says_what_pprof_reads(name: str, tmp_path: Path) -> None:
    assert_same([EVERY_SPELLING[name]], tmp_path)


# What pprof's own tests read; it is downloaded, and not kept here.

_MODULE = "github.com/google/pprof"


@pytest.fixture(scope="module")
def samples() -> Path:
    """The folder of pprof's own samples, of the version that Go's tool is made of."""
    (version,) = re.findall(rf"{_MODULE} (\S+)", (toolchain.goroot() / "src" / "cmd" / "go.mod").read_text())
    environment = {name: value for name, value in toolchain.environment().items() if name != "GOPROXY"}
    try:
        said = toolchain.run([toolchain.go(), "mod", "download", "-json", f"{_MODULE}@{version}"], env=environment)
    except toolchain.ToolchainError as error:
        pytest.skip(f"pprof's own samples cannot be had: {error}")
    return Path(json.loads(said)["Dir"]) / "profile" / "testdata"


def test_pprofs_own_samples_say_what_pprof_reads(samples: Path, tmp_path: Path) -> None:
    contents = {path.name: path.read_bytes() for path in sorted(samples.iterdir()) if path.suffix != ".string"}

    legacy = [content for content in contents.values() if looks_like_legacy(content)]

    assert len(legacy) >= 12
    assert_same(legacy, tmp_path)
    assert [name for name, content in contents.items() if not looks_like_legacy(content)] == []


def changed(content: bytes, random: Random) -> bytes:
    """The content with some bytes, lines or numbers changed."""
    found = bytearray(content)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(found) + 1)
        match random.randrange(5):
            case 0:
                found[at : at + 1] = random.choice(_BYTES)
            case 1:
                del found[at : at + random.randint(1, 30)]
            case 2:
                found[at:at] = found[random.randrange(len(found) + 1) :][: random.randint(1, 60)]
            case 3:
                found[at:at] = random.choice(_PIECES)
            case _:
                del found[at:]
    return bytes(found)


_BYTES = [bytes([byte]) for byte in b"\x00\x01\x02\xff 09afx@:-\n\t#[]"]
_PIECES = [
    b"0",
    b"99999999999999999999",
    b"\n",
    b" 0x",
    b"-",
    b"0x400000-0x500000 /bin/x\n",
    b"MAPPED_LIBRARIES:\n",
    b"--- ",
]


def test_what_pprof_and_we_read_of_damaged_profiles_is_the_same(tmp_path: Path) -> None:
    contents = [changed(content, Random(seed)) for content in EVERY_SPELLING.values() for seed in range(250)]
    known = [content for content in contents if looks_like_legacy(content)]
    (decoded,) = decode([blob(content) for content in known])
    sound = [content for place, content in enumerate(known) if place not in decoded.refusals]
    paths = written(sound, tmp_path)

    verdicts = go_verdicts(paths)

    both = [(content, path) for content, path, verdict in zip(sound, paths, verdicts, strict=True) if verdict == "ok"]
    assert len(both) > len(contents) // 3
    for (content, _), expected in zip(both, go_facts([path for _, path in both]), strict=True):
        # What is no contention profile to pprof may be one of Java's without anything in it.
        assert not expected.sample_types or unfolded(read(content)) == unfolded(expected), content
