"""The labels of samples as a call graph has them, beside its nodes; google/pprof, internal/graph/graph.go and dotgraph.go.

The texts of a sample are one label, of the numbers only `bytes` is shown, and what is much alike is drawn as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.outputs import units
from pipeline.outputs.pprof.graph import Frames
from pipeline.outputs.pprof.profile import BASE_LABEL, LabelSet
from pipeline.outputs.pprof.report import Report, quotient
from pipeline.values import Bools

# Boxes of one kind at a node; graph.maxNodelets.
MOST: Final = 4
_SHOWN: Final = "bytes"


@dataclass(frozen=True, slots=True)
class Tag:
    """graph.Tag: what the samples weigh that have it."""

    name: str
    flat: int
    cum: int
    flat_divisor: int = 0
    cum_divisor: int = 0
    number: int = 0
    unit: str = ""

    @property
    def flat_value(self) -> int:
        """Tag.FlatValue."""
        return quotient(self.flat, self.flat_divisor) if self.flat_divisor else self.flat

    @property
    def cum_value(self) -> int:
        """Tag.CumValue."""
        return quotient(self.cum, self.cum_divisor) if self.cum_divisor else self.cum

    def with_samples_of(self, other: Tag) -> Tag:
        """Both as one."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _WEIGHTS}
        return replace(self, **sums)


_WEIGHTS: Final = ("flat", "cum", "flat_divisor", "cum_divisor")


@dataclass(frozen=True, slots=True)
class NodeTags:
    """Labels by node; numbers by the text of their samples, too, which is empty for those without."""

    texts: Mapping[int, Sequence[Tag]] = field(default_factory=dict)
    numbers: Mapping[int, Mapping[str, Sequence[Tag]]] = field(default_factory=dict)

    def heavier(self, cutoff: int) -> NodeTags:
        """TrimLowFrequencyTags."""

        def kept(tags: Sequence[Tag]) -> list[Tag]:
            return [tag for tag in tags if abs(tag.flat) >= cutoff or abs(tag.cum) >= cutoff]

        return NodeTags(
            {node: kept(tags) for node, tags in self.texts.items()},
            {node: {text: kept(tags) for text, tags in of_texts.items()} for node, of_texts in self.numbers.items()},
        )

    def counts(self, nodes: int) -> np.ndarray:
        """How many labels of each node have a flat weight; graph.countTags."""
        counts = np.zeros(nodes, np.int64)
        for node, tags in self.texts.items():
            counts[node] += sum(tag.flat != 0 for tag in tags)
        for node, of_texts in self.numbers.items():
            counts[node] += sum(tag.flat != 0 for tags in of_texts.values() for tag in tags)
        return counts


def node_tags(report: Report, frames: Frames, *, kept: Bools) -> NodeTags:
    """The labels of every node that is kept; Node.addSample."""
    profile = report.profile
    weighs = (report.values != 0) | (False if report.divisors is None else report.divisors != 0)
    label_set = profile.label_set[weighs]
    texts = [joined_texts(one) for one in profile.label_sets]
    numbers = [one.numbers.get(_SHOWN, ()) for one in profile.label_sets]
    if not (any(texts) or any(numbers)):
        return NodeTags()
    known = list(dict.fromkeys(["", *texts]))
    place = {text: number for number, text in enumerate(known)}
    text_of = np.array([place[text] for text in texts], np.int64)
    pairs = _pairs(frames, kept)
    sets = label_set[pairs["sample"].to_numpy()]
    pairs = pairs.append_column("text", pa.array(text_of[sets]))
    of_texts: dict[int, list[Tag]] = {}
    for row in _summed(pairs.filter(pc.greater(pairs["text"], 0)), ["node", "text"]):
        of_texts.setdefault(row["node"], []).append(_tag(row, known[row["text"]]))
    counts = np.array([len(one) for one in numbers], np.int64)[sets]
    of_pair = pa.array([list(one) for one in numbers], pa.list_(pa.int64())).take(pa.array(sets))
    rows = pairs.take(pa.array(np.repeat(np.arange(len(sets)), counts))).append_column("number", of_pair.flatten())
    unit = report.label_units.get(_SHOWN, _SHOWN)
    of_numbers: dict[int, dict[str, dict[str, Tag]]] = {}
    for row in _summed(rows, ["node", "text", "number"]):
        name = units.scaled_label(row["number"], unit=unit, to=report.settings.unit)
        tag = replace(_tag(row, name), number=row["number"], unit=unit)
        # Numbers that are written alike are one, the one that came first; TagMap.findOrAddTag.
        alike = of_numbers.setdefault(row["node"], {}).setdefault(known[row["text"]], {})
        alike[name] = alike[name].with_samples_of(tag) if name in alike else tag
    return NodeTags(
        of_texts, {node: {text: list(tags.values()) for text, tags in one.items()} for node, one in of_numbers.items()}
    )


def joined_texts(labels: LabelSet) -> str:
    """All texts as one, with a line break of DOT's, not one of ours, in between; graph.joinLabels."""
    pairs = ((key, value) for key, values in labels.texts.items() if key != BASE_LABEL for value in values)
    return "\\n".join(sorted(f"{key}:{value}" for key, value in pairs))


def in_order(tags: Sequence[Tag], *, is_flat: bool) -> list[Tag]:
    """The heaviest first; graph.SortTags, with a last word on what Go leaves to chance."""
    if is_flat:
        return sorted(tags, key=lambda tag: (-abs(tag.flat), tag.name, tag.number))
    return sorted(tags, key=lambda tag: (-abs(tag.cum), -abs(tag.flat), tag.name, tag.number))


def collapsed(tags: Sequence[Tag], *, is_flat: bool) -> list[Tag]:
    """As many as there is room for: the lighter ones go to the nearest of the heavier; builder.collapsedTags."""
    ordered = in_order(tags, is_flat=is_flat)
    if len(ordered) <= MOST:
        return ordered
    groups = [[tag] for tag in ordered[:MOST]]
    for tag in ordered[MOST:]:
        nearest = min(range(MOST), key=lambda place: abs(groups[place][0].number - tag.number))
        groups[nearest].append(tag)
    return in_order([_group(group) for group in groups], is_flat=is_flat)


def _pairs(frames: Frames, kept: Bools) -> pa.Table:
    """Each sample with each node on it once, and whether that is its leaf."""
    count = max(len(frames.infos), 1)
    is_kept = kept[frames.node]
    keys = np.sort((frames.sample * count + frames.node)[is_kept])
    keys = keys[np.diff(keys, prepend=-1) != 0]
    sample, node = keys // count, keys % count
    leaf = np.full(len(frames.values), -1, np.int64)
    # Frames come root first, so that the last of each sample stays.
    leaf[frames.sample] = frames.node
    is_leaf = leaf[sample] == node
    columns = {"sample": sample, "node": node}
    for name, values in (("", frames.values), ("_divisor", frames.divisors)):
        columns |= {f"cum{name}": values[sample], f"flat{name}": values[sample] * is_leaf}
    return pa.table(columns)


def _summed(pairs: pa.Table, keys: list[str]) -> list[dict[str, int]]:
    """Weights by some keys, in the order of the samples."""
    sums = [(name, "sum") for name in _WEIGHTS]
    grouped = pairs.group_by(keys, use_threads=False).aggregate([("sample", "min"), *sums])
    rows: list[dict[str, int]] = grouped.sort_by([("sample_min", "ascending")]).to_pylist()
    return rows


def _tag(row: Mapping[str, int], name: str) -> Tag:
    flat, cum, flat_divisor, cum_divisor = (row[f"{weight}_sum"] for weight in _WEIGHTS)
    return Tag(name, flat, cum, flat_divisor, cum_divisor)


def _group(tags: Sequence[Tag]) -> Tag:
    """Several as one, from the least to the largest; builder.tagGroupLabel."""
    first = tags[0]
    if len(tags) == 1:
        return Tag(units.label(first.number, unit=first.unit), first.flat_value, first.cum_value)
    low, high = (units.label(pick(tag.number for tag in tags), unit=first.unit) for pick in (min, max))
    summed = tags[0]
    for tag in tags[1:]:
        summed = summed.with_samples_of(tag)
    return Tag(f"{low}..{high}", summed.flat_value, summed.cum_value)
