"""Attribution against the machine code of a program of 640 packages: `python -m tests.corpus [--go 1.27.3] [--show N]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import combinations

from tests.corpus.build import SPELLINGS, corpus
from tests.corpus.demands import shortfalls
from tests.corpus.judge import CONTRADICTS, FALSE_IMPLICIT, Leaf, agreement, as_text, leaves, shares
from tests.oracle import toolchain

VERSIONS = (toolchain.GO_1_24, toolchain.GO_1_27)


def main(argv: Sequence[str]) -> int:
    """Judge each version in each spelling, print the tables; 1 when a figure is worse than it may be."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument(
        "--go", action="append", metavar="VERSION", help="repeat for more; of tests/oracle/toolchain.py"
    )
    parser.add_argument(
        "--given", action="append", metavar="WHAT", help="m, m2, json, or with the binary: json+binary; repeat for more"
    )
    parser.add_argument(
        "--show", type=int, default=0, metavar="N", help="the N worst leaves of verdicts that must not be"
    )
    parser.add_argument("--verdict", action="append", help="of others, by how they begin; repeat for more")
    asked = parser.parse_args(argv)
    short: list[str] = []
    for version in asked.go or VERSIONS:
        built = corpus(version)
        judged = {given: leaves(built, given) for given in asked.given or SPELLINGS}
        for given, found in judged.items():
            grown = sum(leaf.growth_bytes for leaf in found)
            print(f"\nGo {version}, {given}: {len(found):,} leaves, {grown:+,} bytes\n{_table(found)}")
            if asked.show:
                print(_worst(found, asked.verdict or [CONTRADICTS, FALSE_IMPLICIT], limit=asked.show))
        for one, other in combinations(judged, 2):
            print(f"Go {version}: {one} and {other} agree on {agreement(judged[one], judged[other]):.2%} of bytes")
        short += [f"Go {version}, {one}" for one in shortfalls(judged)]
    print("\n".join(["", *(short or ["all as it must be"])]))
    return 1 if short else 0


def _table(found: Sequence[Leaf]) -> str:
    return "\n".join(
        f"  {verdict:<34}{share.leaves:>7,}{share.of_leaves:>8.2%}{share.growth_bytes:>14,}{share.of_bytes:>8.2%}"
        for verdict, share in shares(found).items()
    )


def _worst(found: Sequence[Leaf], beginnings: Sequence[str], *, limit: int) -> str:
    """The leaves that grew or shrank most, of each verdict that begins so."""
    parts: list[str] = []
    for verdict in (one for one in shares(found) if one.startswith(tuple(beginnings))):
        theirs = sorted((leaf for leaf in found if leaf.verdict == verdict), key=lambda leaf: -abs(leaf.growth_bytes))
        parts += [f"\n{verdict}, the worst {limit}:", *map(as_text, theirs[:limit])]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
