"""Go's text against Go's protobuf of the same moment: the same functions, lines, values and labels."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

import pytest

from pipeline.formats.legacy.decode import decode
from pipeline.formats.pprof.decode import decode as decode_pprof
from pipeline.values import Decoded
from tests.builders.facts import Facts, facts_of_decoded
from tests.builders.profile import blob

TWINS = Path(__file__).parents[2] / "fixtures" / "files" / "twins" / "service=twins"
PAIRS = sorted(TWINS.glob("*/*.debug1.txt"))
# Of the goroutine that writes, each file says what it was at.
_WRITING = "main.write"

# Lines of each location, leaf first, values, labels.
Sample = tuple[
    tuple[tuple[tuple[str, str, int], ...], ...], tuple[int, ...], tuple[tuple[bytes, bytes | None, int], ...]
]


def one(found: list[Decoded]) -> Facts:
    (decoded,) = found
    assert decoded.refusals == {}
    return facts_of_decoded(decoded)


def samples(facts: Facts) -> Counter[Sample]:
    """What both files can say, each sample as often as it is there."""
    found: Counter[Sample] = Counter()
    for stack, values, labels in facts.samples:
        lines = [
            tuple(
                (_name(facts.functions[function][0]), facts.functions[function][2].decode(), line)
                for function, line, _ in facts.locations[place][3]
            )
            for place in stack
        ]
        shown = tuple((key, text, num) for key, text, num, _ in labels)
        if any(values) and not any(name == _WRITING for location in lines for name, _, _ in location):
            found[
                tuple(without_hidden([tuple(line for line in location if line[0]) for location in lines])),
                values,
                tuple(sorted(shown, key=str)),
            ] += 1
    return found


def _name(name: bytes) -> str:
    return re.sub(r"\[.*\]", "[...]", name.decode())


def without_hidden(stack: list[tuple[tuple[str, str, int], ...]]) -> list[tuple[tuple[str, str, int], ...]]:
    """Without the runtime's own frames at the leaf, if there are others."""
    is_own = [all(line[0].startswith(("runtime.", "internal/runtime/")) for line in location) for location in stack]
    first = is_own.index(False) if False in is_own else 0
    return [location for location in stack[first:] if location]


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_text_has_the_samples_of_its_protobuf(path: Path) -> None:
    twin = gzip.decompress(path.with_name(path.name.replace(".debug1.txt", ".pb.gz")).read_bytes())

    found = samples(one(list(decode([blob(path.read_bytes())]))))

    expected = samples(one(list(decode_pprof([blob(twin)]))))
    assert found == expected
    assert found or path.name.startswith("threadcreate")


def test_every_release_and_kind_has_its_pair() -> None:
    assert len(PAIRS) == 6 * 6
