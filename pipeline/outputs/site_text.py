"""One allocation site as text: how it grew, how the value gets to the heap, who calls it, and its lines of source."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.outputs import wording
from pipeline.outputs.flame_tree import FlameTree
from pipeline.outputs.growth_table import trend
from pipeline.outputs.units import readable, share, signed
from pipeline.text import printable

Row = Mapping[str, Any]

# Callers that are told; the others are a count.
_STACKS = 8
_AROUND = 4


def text(site: Row, *, profiles: int, flow: Sequence[Row], stacks: FlameTree | None, source: Sequence[str] = ()) -> str:
    """What is known of a site.

    site    a row of questions.growth
    flow    steps of escape.flow of the record that explains it
    stacks  the flame graph of the stacks that allocate there
    source  lines of its file, when there is one
    """
    parts = [_facts(site, profiles), _flow(flow), _candidates(site), _source(site, source), _stacks(stacks)]
    return "\n\n".join("\n".join(map(printable, part)) for part in parts if part)


def _facts(site: Row, profiles: int) -> list[str]:
    rose, history = wording.rose(site, profiles=profiles), site["history"] or []
    part = "" if site["growth_share"] is None else share(site["growth_share"])
    facts = {
        "place": wording.place(site),
        "function": wording.text(site, "function"),
        "inlined": f"{site['inner_function']} at {site['inner_file']}:{site['inner_line']}"
        if site["inner_file"]
        else "",
        "live bytes": f"{readable(site['first_bytes'], unit='bytes')} → {readable(site['last_bytes'], unit='bytes')}",
        "growth": ", ".join(filter(None, (signed(site["growth_bytes"], unit="bytes"), part))),
        "error": f"± {wording.error(site)}" if wording.error(site) else "",
        "slope": f"{wording.slope(site)}, R² {wording.fit(site)}",
        "rose": f"in {rose} intervals" if rose else "",
        "history": f"{trend(history)}  of {len(history):,} profiles" if history else "",
        "class": " ".join(filter(None, (wording.text(site, "attribution"), wording.text(site, "decided_by")))),
        "why": wording.text(site, "reason"),
        "expression": wording.text(site, "expression"),
        "allocates": wording.text(site, "allocation_kind"),
        "caller": f"{site['caller_function']} at {site['caller_file']}:{site['caller_line']}"
        if site["caller_function"]
        else "",
    }
    return [f"{name:<11} {told}" for name, told in facts.items() if told]


def _flow(steps: Sequence[Row]) -> list[str]:
    if not steps:
        return []
    told = [
        f"  {step['from']} → {step['to']}  {' '.join(filter(None, (step['operation'], step['expression'])))}"
        f"  {wording.short_path(wording.place(step))}"
        for step in steps
    ]
    return ["how the value gets to the heap, as the compiler tells it:", *told]


def _candidates(site: Row) -> list[str]:
    names = [name for name in site["candidates"] or [] if name is not None]
    return ["what the compiler reports on this line:", *(f"  {name}" for name in names)] if names else []


def _source(site: Row, lines: Sequence[str]) -> list[str]:
    place = int(wording.number(site, "line"))
    if not 0 < place <= len(lines):
        return []
    begin = max(0, place - 1 - _AROUND)
    told = [
        f"{'→' if begin + at == place - 1 else ' '} {begin + at + 1:>5}  {line.expandtabs(4)}".rstrip()
        for at, line in enumerate(lines[begin : place + _AROUND])
    ]
    return ["the source here, which may be of another build:", *told]


def _stacks(tree: FlameTree | None) -> list[str]:
    """The heaviest stacks, leaf first, each as a paragraph."""
    if tree is None:
        return []
    ends = np.flatnonzero(tree.self)
    heaviest = ends[np.argsort(-np.abs(tree.self[ends].astype(np.float64)), kind="stable")]
    told = [f"stacks that reach it, by live bytes of the last profile: {len(heaviest):,}"]
    for node in heaviest[:_STACKS].tolist():
        told.append(f"  {readable(int(tree.self[node]), unit='bytes')}")
        # The root is no function.
        told += [f"    {_frame(tree, one)}" for one in reversed(tree.path(node)[1:])]
    if len(heaviest) > _STACKS:
        told.append(f"  and {len(heaviest) - _STACKS:,} more, which the flame graph has")
    return told


def _frame(tree: FlameTree, node: int) -> str:
    file, line = tree.text(node, "file"), tree.text(node, "line")
    at = ":".join(filter(None, (os.path.basename(file.replace("\\", "/")), line)))
    return f"{wording.short_name(tree.text(node, 'label'))}{f'  {at}' if at else ''}"
