"""Attribution against the machine code of a program of 640 packages: `python -m tests.corpus [--go 1.27.3] [--show N]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import combinations

from tests.corpus.build import SPELLINGS, corpus
from tests.corpus.judge import CONTRADICTS, FALSE_IMPLICIT, VERDICTS, Leaf, agreement, as_text, leaves, shares
from tests.oracle import toolchain

VERSIONS = (toolchain.GO_1_24, toolchain.GO_1_27)
MOST_CONTRADICTING, MOST_FALSELY_IMPLICIT, LEAST_AGREEING = 0.01, 0.005, 0.99


def main(argv: Sequence[str]) -> int:
    """Judge each version in each spelling, print the tables; 1 when a share is worse than it may be."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument(
        "--go", action="append", metavar="VERSION", help="a Go version of tests/oracle/toolchain.py; may be repeated"
    )
    parser.add_argument("--spelling", action="append", choices=SPELLINGS, help="of the report; may be repeated")
    parser.add_argument(
        "--show", type=int, default=0, metavar="N", help="the N worst leaves of each verdict that must not be"
    )
    parser.add_argument("--verdict", action="append", help="what --show shows, by how it begins")
    asked = parser.parse_args(argv)
    failures: list[str] = []
    for version in asked.go or VERSIONS:
        built = corpus(version)
        judged = {spelling: leaves(built, spelling) for spelling in asked.spelling or SPELLINGS}
        for spelling, found in judged.items():
            print(
                f"\nGo {version}, {spelling}: {len(found):,} leaves, {sum(leaf.growth_bytes for leaf in found):+,} bytes"
            )
            print(_table(found))
            for verdict in _shown(asked.verdict or [CONTRADICTS, FALSE_IMPLICIT]) if asked.show else ():
                print(f"\n{verdict}, the worst {asked.show}:\n{_worst(found, verdict, asked.show)}")
        failures += _failures(version, judged)
    print("\n".join(["", *failures]))
    return 1 if failures else 0


def _shown(beginnings: Sequence[str]) -> list[str]:
    return [verdict for verdict in VERDICTS if verdict.startswith(tuple(beginnings))]


def _table(found: Sequence[Leaf]) -> str:
    rows = (
        f"  {one:<34}{s.leaves:>7,}{s.of_leaves:>8.2%}{s.growth_bytes:>14,}{s.of_bytes:>8.2%}"
        for one, s in shares(found).items()
    )
    return "\n".join(rows)


def _worst(found: Sequence[Leaf], verdict: str, limit: int) -> str:
    fitting = sorted(
        (leaf for leaf in found if leaf.verdict == verdict),
        key=lambda leaf: (-abs(leaf.growth_bytes), leaf.location_id),
    )
    return "\n".join(as_text(leaf) for leaf in fitting[:limit])


def _failures(version: str, judged: Mapping[str, Sequence[Leaf]]) -> list[str]:
    """What is worse than it may be, one line each."""
    failures: list[str] = []
    for spelling, found in judged.items():
        all_shares = shares(found)
        for verdict, most in ((CONTRADICTS, MOST_CONTRADICTING), (FALSE_IMPLICIT, MOST_FALSELY_IMPLICIT)):
            share = all_shares.get(verdict)
            if share and share.of_bytes >= most:
                failures.append(
                    f"Go {version}, {spelling}: {verdict}: {share.of_bytes:.2%} of bytes, at most {most:.1%} expected"
                )
            if share and verdict == CONTRADICTS and share.of_leaves >= most:
                failures.append(
                    f"Go {version}, {spelling}: {verdict}: {share.of_leaves:.2%} of leaves, at most {most:.1%} expected"
                )
    for one, other in combinations(judged, 2):
        alike = agreement(judged[one], judged[other])
        print(f"Go {version}: {one} and {other} agree on {alike:.2%} of bytes")
        if alike < LEAST_AGREEING:
            failures.append(
                f"Go {version}: {one} and {other} agree on {alike:.2%} of bytes, at least {LEAST_AGREEING:.0%} expected"
            )
    return failures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
