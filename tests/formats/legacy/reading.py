"""A profile that is no protobuf, decoded, as facts a test can write down."""

from __future__ import annotations

from typing import Any

from pipeline.formats.legacy.decode import decode
from pipeline.notes import NOTE_KINDS
from pipeline.values import Decoded
from tests.builders.facts import Facts, facts_of_decoded
from tests.builders.profile import blob

Shown = tuple[list[Any], tuple[int, ...], list[tuple[bytes, Any]]]


def read(content: bytes, *, piece_bytes: int = 8 << 20) -> Facts:
    """What a sound profile says."""
    decoded = decoded_of(content, piece_bytes=piece_bytes)
    assert decoded.refusals == {}
    return facts_of_decoded(decoded)


def decoded_of(content: bytes, *, piece_bytes: int = 8 << 20) -> Decoded:
    """What the decoder makes of one profile."""
    (decoded,) = decode([blob(content)], piece_bytes=piece_bytes)
    assert all(note.kind in NOTE_KINDS for note in decoded.notes)
    return decoded


def refusal(content: bytes) -> str:
    """Why a profile is refused."""
    (reason,) = decoded_of(content).refusals.values()
    return reason


def notes(content: bytes) -> set[str]:
    """The kinds of what was odd."""
    return {note.kind for note in decoded_of(content).notes}


def samples(facts: Facts) -> list[Shown]:
    """Each sample: for each location its lines as `function file:line`, else its address; values; labels."""

    def shown(place: int) -> Any:
        _, address, _, lines = facts.locations[place]
        named = [f"{facts.functions[f][0].decode()} {facts.functions[f][2].decode()}:{line}" for f, line, _ in lines]
        return named or hex(address)

    return [
        (
            [shown(place) for place in stack],
            values,
            [(of.key, of.text if of.text is not None else of.num) for of in labels],
        )
        for stack, values, labels in facts.samples
    ]
