"""Attribution against the machine code of a program of 640 packages: `python -m tests.corpus [--go 1.27.3] [--show N]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from tests.corpus.build import Corpus, ModulesMissingError, corpus, spellings
from tests.corpus.demands import shortfalls
from tests.corpus.judge import (
    CONTRADICTS,
    FALSE_IMPLICIT,
    Leaf,
    agreement,
    as_said,
    as_text,
    disagreeing,
    leaves,
    shares,
)
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
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="another program: corpus (executable), profiles/, escape-m.txt and, if there are, escape-m2.txt and json/",
    )
    parser.add_argument("--cwd", type=Path, metavar="DIR", help="where that program was built; DIR/src without it")
    asked = parser.parse_args(argv)
    try:
        return _judge(asked)
    except ModulesMissingError as error:
        # Nothing is known to be wrong, and a machine without a module proxy cannot cure it.
        print(f"SKIPPED: attribution was not judged, as the modules of the corpus cannot be fetched\n{error}")
        return 0


def _judge(asked: argparse.Namespace) -> int:
    short: list[str] = []
    for version in asked.go or VERSIONS:
        built = _given(asked.folder, asked.cwd, version) if asked.folder else corpus(version)
        judged = {given: leaves(built, given) for given in asked.given or _all(built)}
        for given, found in judged.items():
            grown = sum(leaf.growth_bytes for leaf in found)
            print(f"\nGo {version}, {given}: {len(found):,} leaves, {grown:+,} bytes\n{_table(found)}")
            if asked.show:
                print(_worst(found, asked.verdict or [CONTRADICTS, FALSE_IMPLICIT], limit=asked.show))
        for one, other in combinations([given for given in judged if "+" not in given], 2):
            print(f"Go {version}: {one} and {other} agree on {agreement(judged[one], judged[other]):.2%} of bytes")
            if asked.show:
                print(_differing(judged[one], judged[other], limit=asked.show))
        lost = [leaf for leaf in next(iter(judged.values())) if leaf.is_lost]
        print(
            f"Go {version}: {len(lost):,} leaves, {sum(abs(leaf.growth_bytes) for leaf in lost):,} bytes, are not compared: "
            "the compiler overwrote their file in its JSON log"
        )
        short += [f"Go {version}, {one}" for one in shortfalls(judged)]
    print("\n".join(["", *(short or ["all as it must be"])]))
    return 1 if short else 0


def _given(folder: Path, cwd: Path | None, version: str) -> Corpus:
    """Another program, built by whoever wants it judged."""
    return Corpus(version, folder.resolve(), (cwd or folder / "src").resolve())


def _all(built: Corpus) -> list[str]:
    """Every spelling, alone and with the binary."""
    return [*spellings(built), *(f"{one}+binary" for one in spellings(built))]


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


def _differing(one: Sequence[Leaf], other: Sequence[Leaf], *, limit: int) -> str:
    """The leaves that weigh most of those that two spellings do not agree on, and what the second says."""
    return "\n".join(
        f"{as_text(leaf)}\n              second {as_said(counterpart) if counterpart else 'nothing'}"
        for leaf, counterpart in disagreeing(one, other)[:limit]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
