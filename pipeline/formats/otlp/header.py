"""What a file says of all its samples: the first profile's words, and what only pprof has, from attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.formats.otlp.samples import Samples
from pipeline.formats.otlp.symbols import Dictionary
from pipeline.formats.otlp.values import any_value, key_and_value
from pipeline.kernels.protowire import FIXED64

_COMMENT = re.compile(r"pprof\.profile\.comment(?:\.(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Header:
    """Texts by their number."""

    time_ns: int
    duration_ns: int
    period: int
    period_type: int
    period_unit: int
    default_sample_type: int
    drop_frames: int
    keep_frames: int
    doc_url: int
    comments: tuple[int, ...]


def header_of(found: Samples, known: Dictionary) -> Header:
    """The header; of several profiles the earliest time and the longest duration."""
    profile, n_strings = found.profile, len(known.texts.starts)
    owners, period = profile.inside(5, "period type of profile")
    of_first = np.flatnonzero(owners == 0)
    texts = [period.indices(field, n_strings, of="string")[of_first].tolist()[-1:] for field in (1, 2)]
    times = profile.numbers(3, FIXED64)
    said, comments = _attributes(found, known)
    return Header(
        time_ns=int(min(times[times != 0], default=0)),
        duration_ns=int(profile.numbers(4).max()),
        period=int(profile.numbers(6)[0]),
        period_type=texts[0][0] if texts[0] else 0,
        period_unit=texts[1][0] if texts[1] else 0,
        default_sample_type=_default_sample_type(found, known),
        drop_frames=said.get("pprof.profile.drop_frames", 0),
        keep_frames=said.get("pprof.profile.keep_frames", 0),
        doc_url=said.get("pprof.profile.doc_url", 0),
        comments=comments,
    )


def _attributes(found: Samples, known: Dictionary) -> tuple[Mapping[str, int], tuple[int, ...]]:
    """Texts among the attributes of the first profile, by key, and its comments."""
    ends, named = found.profile.index_lists(11, max(len(known.attributes), 1), of="attribute")
    said: dict[str, int] = {}
    comments: list[tuple[int, int]] = []
    attributes, texts = known.attributes, known.texts
    for place in named[: ends[0]].tolist():
        key = texts.bytes_of(int(attributes.key[place])).decode("utf-8", "replace")
        if is_comment := _COMMENT.fullmatch(key):
            value = any_value(texts.data[attributes.starts[place] : attributes.ends[place]], texts)
            lines = value if isinstance(value, list) else [value]
            comments += [(int(is_comment[1] or 0), texts.add(str(line).encode())) for line in lines]
        elif attributes.text[place] >= 0:
            said[key] = int(attributes.text[place])
    # The collector numbers them; a list has its order.
    comments.sort(key=lambda one: one[0])
    return said, tuple(text for _, text in comments)


def _default_sample_type(found: Samples, known: Dictionary) -> int:
    owners, scope = found.scopes.inside(1, "scope")
    whose, starts, ends = scope.spans(3)
    for one in np.flatnonzero(owners[whose] == found.scope[0]).tolist():
        key, value = key_and_value(found.top.data[starts[one] : ends[one]], known.texts)
        if key == "pprof.scope.default_sample_type":
            return known.texts.add(str(value).encode())
    return 0
