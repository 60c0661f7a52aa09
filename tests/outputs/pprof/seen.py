"""Profiles for these tests from readable lines, and lines from profiles."""

from __future__ import annotations

from typing import Any

from pipeline.formats.pprof.decode import decode
from pipeline.outputs.pprof.decoded import profile_of
from pipeline.outputs.pprof.profile import Profile
from pipeline.outputs.pprof.report import Report, prepare
from pipeline.outputs.pprof.reports import REPORTS
from pipeline.outputs.pprof.settings import Settings
from tests.builders.profile import blob
from tests.builders.profile import profile as built


def profile(*samples: str, **header: Any) -> Profile:
    """A profile of such samples; see tests/builders/profile.py."""
    (decoded,) = decode([blob(built(*samples, **header))])
    return profile_of(decoded)


def prepared(made: Profile, *, report: str = "top", pattern: str = "", **settings: Any) -> Report:
    """What a report of it is written of."""
    return prepare(made, Settings(**settings), kind=REPORTS[report].kind, pattern=pattern)


def written(made: Profile, report: str, *, pattern: str = "", **settings: Any) -> str:
    """A report of it."""
    text = REPORTS[report].write(prepared(made, report=report, pattern=pattern, **settings))
    assert isinstance(text, str)
    return text


def lines(made: Profile) -> list[str]:
    """Samples as they were given: frames leaf first, lines of one location with | between, then the values."""
    functions, locations = made.functions, made.locations
    frames = []
    for place in range(len(locations)):
        begin, end = locations.offsets[place : place + 2]
        frames.append("|".join(functions.names[function] for function in locations.function[begin:end]))
    return [
        " ".join(
            [
                *(frames[place] for place in made.stacks[made.offsets[sample] : made.offsets[sample + 1]]),
                *map(str, made.values[sample].tolist()),
            ]
        )
        for sample in range(len(made))
    ]
