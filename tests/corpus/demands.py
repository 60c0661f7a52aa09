"""What attribution must show on the corpus, and in which figures it falls short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from tests.corpus.judge import CONTRADICTS, FALSE_IMPLICIT, Leaf, Share, agreement, shares

# Without these a figure says nothing: too little was allocated, or the calls were not found.
LEAST_LEAVES, LEAST_BYTES, LEAST_KNOWN = 2_000, 10_000_000, 0.99
MOST_BEYOND_THE_JUDGE = 0.0001
MOST_CONTRADICTING, MOST_FALSELY_IMPLICIT, MOST_AMBIGUOUS, LEAST_AGREEING = 0.01, 0.005, 0.03, 0.99


def shortfalls(judged: Mapping[str, Sequence[Leaf]]) -> Iterator[str]:
    """Each figure that is worse than it may be; `judged` by what heapscape was given: `m2`, `json+binary`."""
    for given, leaves in judged.items():
        found = _with_binary(leaves) if "binary" in given.split("+") else _without_binary(leaves)
        yield from (f"{given}: {one}" for one in (*_meaningless(leaves), *found))
    for one, other in combinations(judged, 2):
        alike = agreement(judged[one], judged[other])
        # The binary tells what no report does.
        if alike < LEAST_AGREEING and "+" not in one + other:
            yield f"{one} and {other}: they agree on {alike:.2%} of bytes, on {LEAST_AGREEING:.0%} at least expected"


def _meaningless(leaves: Sequence[Leaf]) -> Iterator[str]:
    grown = sum(abs(leaf.growth_bytes) for leaf in leaves)
    known = sum(bool(leaf.target) for leaf in leaves)
    if len(leaves) < LEAST_LEAVES or grown < LEAST_BYTES:
        yield f"{len(leaves):,} leaves and {grown:,} bytes, {LEAST_LEAVES:,} and {LEAST_BYTES:,} at least expected"
    if known < LEAST_KNOWN * len(leaves):
        yield f"what is called is known for {known:,} leaves of {len(leaves):,}, for {LEAST_KNOWN:.0%} at least expected"


def _without_binary(leaves: Sequence[Leaf]) -> Iterator[str]:
    found = shares(leaves)
    contradicting = found.get(CONTRADICTS)
    if contradicting and contradicting.of_bytes >= MOST_CONTRADICTING:
        yield f"{CONTRADICTS}: {contradicting.of_bytes:.2%} of bytes, less than {MOST_CONTRADICTING:.1%} expected"
    if contradicting and contradicting.of_leaves >= MOST_CONTRADICTING:
        yield f"{CONTRADICTS}: {contradicting.of_leaves:.2%} of leaves, less than {MOST_CONTRADICTING:.1%} expected"
    yield from _falsely_implicit(found)


def _with_binary(leaves: Sequence[Leaf]) -> Iterator[str]:
    found = shares(leaves)
    ambiguous = sum(share.of_bytes for verdict, share in found.items() if verdict.startswith("ambiguous"))
    # Heapscape leaves none by its own table of what compiles to what; the judge reads expressions by another.
    if CONTRADICTS in found and found[CONTRADICTS].of_bytes >= MOST_BEYOND_THE_JUDGE:
        yield f"{CONTRADICTS}: {found[CONTRADICTS].of_bytes:.2%} of bytes, less than {MOST_BEYOND_THE_JUDGE:.2%} expected"
    yield from _falsely_implicit(found)
    unnamed = sum(
        abs(leaf.growth_bytes) for leaf in leaves if leaf.attribution == "implicit" and leaf.allocation_kind is None
    )
    if unnamed:
        yield f"implicit without the kind of its allocation: {unnamed:,} bytes, none expected"
    if ambiguous >= MOST_AMBIGUOUS:
        yield f"ambiguous: {ambiguous:.2%} of bytes, less than {MOST_AMBIGUOUS:.0%} expected"


def _falsely_implicit(found: Mapping[str, Share]) -> Iterator[str]:
    share = found.get(FALSE_IMPLICIT)
    if share and share.of_bytes >= MOST_FALSELY_IMPLICIT:
        yield f"{FALSE_IMPLICIT}: {share.of_bytes:.2%} of bytes, less than {MOST_FALSELY_IMPLICIT:.1%} expected"
