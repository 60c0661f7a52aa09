"""What is fuzzed, what a case of it may come to, and the inputs that are changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

_KEPT_BYTES: Final = 64 << 10


class Broken(Exception):
    """A promise that was not kept."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case came to.

    inputs    how many there were in it
    accepted  how many of them were not refused
    traits    what was said of each; an input with traits that were not there before is worth changing further
    """

    inputs: int
    accepted: int
    traits: Mapping[bytes, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """One part that is fuzzed.

    seeds       what to begin with
    mutate      another input, made of the corpus
    run         does what the product does with some inputs; raises for all that may not be
    together    how many inputs are a case: what decodes many at once is given many
    is_guided   whether it is Python that atheris sees the branches of, and quick
    most_s      the longest a case may take
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    mutate: Callable[[Sequence[bytes], Random], bytes]
    run: Callable[[Sequence[bytes]], Outcome]
    together: int = 1
    is_guided: bool = False
    most_s: float = 20.0


@dataclass
class Corpus:
    """The seeds, and the cases that brought something new."""

    contents: list[bytes]
    traits: set[str] = field(default_factory=set)
    most: int = 400

    def take(self, outcome: Outcome) -> None:
        """Keep the inputs of which something new was said."""
        for content, traits in outcome.traits.items():
            if not traits <= self.traits and len(self.contents) < self.most and len(content) < _KEPT_BYTES:
                self.contents.append(content)
            self.traits |= traits
