"""Targets that break each promise on purpose, so that what watches for it can be seen to see it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from tests.fuzz.target import Broken, Outcome, Target


def _numbered(corpus: Sequence[bytes], draw: Random) -> bytes:
    return b"%d" % draw.randrange(10**6)


def _nothing(inputs: Sequence[bytes]) -> Outcome:
    return Outcome(len(inputs), len(inputs), {inputs[0]: frozenset({inputs[0].decode()[:1]})})


def _when(condition: Callable[[bytes], bool], fault: Callable[[], object]) -> Callable[[Sequence[bytes]], Outcome]:
    """Does the fault for the inputs that meet the condition."""

    def run(inputs: Sequence[bytes]) -> Outcome:
        for one in inputs:
            if condition(one):
                fault()
        return _nothing(inputs)

    return run


def _is_odd(content: bytes) -> bool:
    return int(content) % 2 == 1


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hang() -> None:
    while True:
        pass


def _foreign() -> None:
    # As from a decoder that trusts a length.
    _ = (0, 1)[len("too many")]


def _broken() -> None:
    raise Broken("two rows of one key")


def _gone_before() -> None:
    raise SystemExit(3)


TOYS: Final = {
    "sound": Target("sound", lambda: (b"2",), _numbered, _nothing),
    "crash": Target("crash", lambda: (b"2",), _numbered, _when(_is_odd, _crash)),
    "hang": Target("hang", lambda: (b"2",), _numbered, _when(_is_odd, _hang), most_s=1.0),
    "foreign": Target("foreign", lambda: (b"2",), _numbered, _when(_is_odd, _foreign), together=8),
    "broken": Target("broken", lambda: (b"2",), _numbered, _when(_is_odd, _broken)),
    "unready": Target("unready", lambda: (b"1",), _numbered, _when(_is_odd, _gone_before)),
}
