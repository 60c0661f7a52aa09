"""Inputs as they are decoded, one by one, for a question that is asked of files as they are; no tables are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set

import numpy as np

from pipeline.batch import BatchResult, Ready, losses_of, read_together, recognised, unheard
from pipeline.inputs.limits import Limits
from pipeline.values import Decoded, Known, Loss, Origin, Refusal, Written


def decode(
    origins: Iterable[Origin], *, limits: Limits, names: Set[str], ready: Ready = unheard
) -> tuple[list[Decoded], BatchResult]:
    """What each input of some formats was decoded to, in their order, and what became of all; nothing is made tables.

    An input that is several is several; one of another format is refused.
    """
    decoded: list[Decoded] = []
    ingested: Counter[str] = Counter()
    refusals: list[Refusal] = []
    losses: list[Loss] = []
    for blobs, unread in read_together(origins, limits=limits, held={}):
        offered, unknown = recognised(blobs, known=Known())
        refusals += [*unread, *unknown]
        ready({f"{one.name} {one.variant(blob.content)}".strip() for blob, one in offered if one.name in names})
        for blob, known_format in offered:
            if known_format.name not in names:
                wanted = " or ".join(sorted(names))
                refusals.append(
                    Refusal(blob.source, f"{known_format.name}, where {wanted} was expected", known_format.name)
                )
                continue
            for one in known_format.decode([blob]):
                refusals += [Refusal(blob.source, reason, known_format.name) for reason in one.refusals.values()]
                losses += losses_of(() if one.refusals else one.notes, [blob])
                decoded += [] if one.refusals else [one]
                ingested[known_format.name] += not one.refusals
    reasons = tuple((refusal.source.origin.uri, refusal.reason) for refusal in refusals)
    return decoded, BatchResult(Written((), np.empty(0, np.int64), {}), +ingested, 0, reasons, tuple(losses))
