"""What size classes hold, moment by moment: the heat map of the page and of pictures."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from pipeline.outputs.units import readable
from pipeline.values import Int64s, Result


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """Bytes by size class and moment.

    names    of the size classes
    moments  when; None where that is not known
    held     int64 [class, moment]
    """

    names: Sequence[str]
    moments: Sequence[datetime.datetime | None]
    held: Int64s

    def shades(self) -> npt.NDArray[np.float64]:
        """How dark each cell is, by the root, so that small classes are seen beside large ones."""
        most = self.held.max(initial=0)
        found: npt.NDArray[np.float64] = np.sqrt(np.maximum(self.held, 0) / max(most, 1))
        return found

    def rows(self) -> list[tuple[str, list[tuple[float, str]]]]:
        """Each class, and of each moment how dark its cell is and what it says."""
        shades = self.shades().tolist()
        return [
            (name, [(shade, readable(float(size), unit="bytes")) for shade, size in zip(dark, sizes, strict=True)])
            for name, dark, sizes in zip(self.names, shades, self.held.tolist(), strict=True)
        ]


def size_classes(found: Result) -> Heat:
    """Of rows with object_bytes, position, taken_at and span_bytes, those of a class together; NULL bytes are those of large objects."""
    rows = found.table.to_pylist()
    moments = {row["position"]: row["taken_at"] for row in rows}
    positions = sorted(moments)
    place = {position: at for at, position in enumerate(positions)}
    classes = [(size, list(own)) for size, own in groupby(rows, key=lambda row: row["object_bytes"])]
    held = np.zeros((len(classes), len(positions)), np.int64)
    for at, (_, own) in enumerate(classes):
        for row in own:
            held[at, place[row["position"]]] = row["span_bytes"]
    names = ["large" if size is None else readable(float(size), unit="bytes") for size, _ in classes]
    return Heat(names, [moments[position] for position in positions], held)
