"""In which stages stored views are worked out: those of one key together, after what they stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.warehouse.modules import Key, dependencies, in_order, modules, staged_by, standing_on, stored_by


@dataclass(frozen=True, slots=True)
class Stage:
    """Stored views that are worked out together: by the same key, after those of the stages before."""

    key: Key
    # In order; among them what they are worked out of, staged.
    views: tuple[str, ...]


def stages(names: Sequence[str]) -> list[Stage]:
    """The stored ones of some views that are in order, in as few stages as their dependences allow."""
    rank: dict[str, int] = {}
    below: dict[str, dict[Key, int]] = {}
    for name in names:
        highest: dict[Key, int] = {}
        for other in dependencies(name):
            for key, number in below[other].items():
                highest[key] = max(highest.get(key, 0), number)
        if key := stored_by(modules()[name]):
            # Of another key only a finished stage can be stood on.
            others = [number + 1 for other, number in highest.items() if other != key]
            rank[name] = max([0, highest.get(key, 0), *others])
            highest[key] = rank[name]
        below[name] = highest
    _put_off(rank)
    groups = sorted({(number, stored_by(modules()[name])) for name, number in rank.items()})
    return [
        Stage(key, _with_staged([name for name in rank if (rank[name], stored_by(modules()[name])) == (number, key)]))
        for number, key in groups
    ]


def _put_off(rank: dict[str, int]) -> None:
    """Let every view wait for the first stage that stands on it: what is staged for both is worked out once."""
    key = {name: stored_by(modules()[name]) for name in rank}
    below = {name: set(standing_on([name])) - {name} for name in rank}
    for name in reversed(rank):
        users = [rank[other] - (key[other] != key[name]) for other in rank if name in below[other]]
        rank[name] = min(users, default=rank[name])


def _with_staged(stored: Sequence[str]) -> tuple[str, ...]:
    """Some stored views of one key with the staged ones of that key that they are worked out of, in order."""
    found, left = set(stored), list(stored)
    seen = set(left)
    while left:
        for other in dependencies(left.pop()):
            if other not in seen and not stored_by(modules()[other]):
                seen.add(other)
                left.append(other)
                if staged_by(modules()[other]) == stored_by(modules()[stored[0]]):
                    found.add(other)
    return tuple(name for name in in_order() if name in found)
