"""Holds heapscape's attribution of each allocating leaf against the call that the leaf's machine code makes."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pipeline
from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.corpus.build import Corpus, report, spellings
from tests.corpus.calls import REPORTED, calls, kind_of, load_address
from tests.corpus.fits import compiles, fits, form
from tests.corpus.losses import is_lost, lost
from tests.corpus.records import Place, Record, records

LIMITS = Limits(max_plain_bytes=8 << 30, max_ratio=1_100, max_members=100_000, max_depth=3)

LEAVES = """
WITH grown AS (
  SELECT
    series.series_id,
    sample.stack_id,
    SUM(CASE sample.profile_id WHEN series.last_profile_id THEN sample.value ELSE -sample.value END)::BIGINT AS growth_bytes
  FROM heap.series AS series
  JOIN main.sample_value AS sample ON sample.profile_id IN (series.first_profile_id, series.last_profile_id)
  WHERE sample.sample_type = 'inuse_space'
  GROUP BY series.series_id, sample.stack_id
),
lines AS (
  SELECT location_id, any_value(address) AS address, list({'function': function, 'file': file, 'line': line} ORDER BY depth) AS lines
  FROM stack._line
  GROUP BY location_id
),
candidates AS (
  SELECT
    candidate.series_id,
    candidate.location_id,
    list([candidate.kind, candidate.expression] ORDER BY candidate.kind, candidate.expression, site.line, site.column) AS records,
    list([site.line, site.column] ORDER BY candidate.kind, candidate.expression, site.line, site.column) AS places
  FROM attribution._candidate AS candidate
  JOIN escape_site AS site USING (escape_site_id)
  GROUP BY candidate.series_id, candidate.location_id
)
SELECT
  stacks.location_id,
  lines.address,
  lines.lines,
  stacks.attribution,
  candidates.records,
  candidates.places,
  calls.kind AS allocation_kind,
  SUM(coalesce(grown.growth_bytes, 0))::BIGINT AS growth_bytes
FROM attribution._stack AS stacks
JOIN lines USING (location_id)
LEFT JOIN grown USING (series_id, stack_id)
LEFT JOIN candidates USING (series_id, location_id)
LEFT JOIN attribution._call AS calls USING (series_id, location_id)
GROUP BY ALL
ORDER BY stacks.location_id, stacks.attribution
"""

CONTRADICTS = "escape, contradicts the call"
FALSE_IMPLICIT = "implicit, though a record fits"
# In the order of the table; a class that is not among them stands below.
VERDICTS = (
    "escape, agrees with the call",
    CONTRADICTS,
    "ambiguous, some fit",
    "ambiguous, none fits",
    FALSE_IMPLICIT,
    "implicit, no record fits",
    "implicit, the language's own",
    "unmatched, though a record fits",
    "unmatched",
    "caller, though a record fits",
    "caller",
    "unreported, though a record fits",
    "unreported",
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf location of one class: what heapscape says of it, what it calls, and what stands on its line."""

    location_id: int
    lines: tuple[tuple[str, str, int], ...]
    attribution: str
    choices: tuple[Record, ...]
    places: tuple[tuple[int, int], ...]
    allocation_kind: str | None
    is_lost: bool
    growth_bytes: int
    target: str
    call: str
    here: tuple[Record, ...]
    verdict: str


def leaves(corpus: Corpus, given: str) -> list[Leaf]:
    """Every allocating leaf of the corpus, judged by the machine code.

    given  what heapscape has beside the profiles: the report in a spelling, `json`, or the binary as well, `json+binary`
    """
    evidence = _evidence(corpus)
    return [_judged(row, evidence) for row in _attributed(corpus, given)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known without heapscape: calls by return address, where the binary is mapped, records by place, lost files."""

    targets: Mapping[int, str]
    start: int
    known: Mapping[Place, list[Record]]
    losses: frozenset[tuple[str, str]]


@cache
def _evidence(corpus: Corpus) -> Evidence:
    text = report(corpus, next(one for one in ("m2", "m") if one in spellings(corpus)))
    return Evidence(
        targets=calls(corpus.binary, version=corpus.version),
        start=load_address(corpus.binary),
        known=records(text, cwd=corpus.cwd),
        losses=lost(text, report(corpus, "json"), cwd=corpus.cwd) if "json" in spellings(corpus) else frozenset(),
    )


def _attributed(corpus: Corpus, given: str) -> list[dict[str, Any]]:
    """What heapscape says: the lake is kept as long as what fills it is the same, the database is made anew."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"{folder}/corpus.duckdb"
        flow.load(str(_lake(corpus, given.split("+"))), database, memory="6GiB")
        with flow.open_warehouse(database, memory="6GiB") as connection:
            return connection.sql(LEAVES).to_arrow_table().to_pylist()


def _lake(corpus: Corpus, given: Sequence[str]) -> Path:
    """The lake of the profiles and of what is given; what is given last goes into a copy of the lake of the others."""
    others = given[:-1]
    inputs = [corpus.profiles, *(corpus.binary if one == "binary" else report(corpus, one) for one in given)]
    folder = corpus.folder / "lakes" / f"{'+'.join(given)}-{_decoders()}-{_digest(inputs)}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        if others:
            shutil.copytree(_lake(corpus, others), folder / "lake")
        flow.ingest(
            [str(path) for path in (inputs[-1:] if others else inputs)], str(folder / "lake"), labels={}, limits=LIMITS
        )
        (folder / "done").touch()
    return folder / "lake"


def _digest(inputs: Iterable[Path]) -> str:
    """Of what tells that these files are the same as before."""
    everything = hashlib.sha256()
    for path in (one for root in inputs for one in (root, *sorted(root.rglob("*"))) if one.is_file()):
        everything.update(f"{path}\0{path.stat().st_size}\0{path.stat().st_mtime_ns}\0".encode())
    return everything.hexdigest()[:12]


@cache
def _decoders() -> str:
    """A digest of all that decides what is in a lake."""
    root = Path(pipeline.__file__).parents[1]
    rooms = [
        path
        for room in ("formats", "tables", "lake", "inputs", "kernels")
        for path in (root / "pipeline" / room).rglob("*.py")
    ]
    everything = hashlib.sha256()
    for path in sorted([*rooms, *(root / "schemas").glob("*.sql")]):
        everything.update(path.read_bytes())
    return everything.hexdigest()[:12]


def _judged(row: Mapping[str, Any], evidence: Evidence) -> Leaf:
    lines = tuple((str(line["function"]), str(line["file"]), int(line["line"] or 0)) for line in row["lines"])
    target = evidence.targets.get(int(row["address"]) + evidence.start + 1, "")
    call = kind_of(target, function=lines[-1][0])
    choices = tuple((kind, expression) for kind, expression in row["records"] or ())
    # Of what was inlined the compiler says at the outermost line whether it escapes there; elsewhere it may.
    here = tuple(dict.fromkeys(evidence.known.get(lines[-1][1:], ())))
    attribution = str(row["attribution"])
    return Leaf(
        location_id=int(row["location_id"]),
        lines=lines,
        attribution=attribution,
        choices=choices,
        places=tuple((int(line), int(column)) for line, column in row["places"] or ()),
        allocation_kind=row["allocation_kind"],
        is_lost=is_lost(lines, evidence.losses),
        growth_bytes=int(row["growth_bytes"]),
        target=target,
        call=call,
        here=here,
        verdict=verdict(attribution, choices, call=call, here=here),
    )


def verdict(attribution: str, choices: Sequence[Record], *, call: str, here: Sequence[Record]) -> str:
    """Which of VERDICTS a leaf has that heapscape attributes so, makes this call, and has these records on its line."""
    agreeing = any(fits(kind, expression, call=call) for kind, expression in choices)
    if attribution == "escape":
        return VERDICTS[0] if agreeing else CONTRADICTS
    if attribution == "ambiguous":
        return "ambiguous, some fit" if agreeing else "ambiguous, none fits"
    missed = call in REPORTED and any(compiles(kind, expression, call=call) for kind, expression in here)
    if attribution == "implicit" and not missed:
        return "implicit, no record fits" if call in REPORTED else "implicit, the language's own"
    return f"{attribution}, though a record fits" if missed else attribution


@dataclass(frozen=True, slots=True)
class Share:
    """Part of all leaves and of all growth."""

    leaves: int
    growth_bytes: int
    of_leaves: float
    of_bytes: float


def shares(judged: Iterable[Leaf]) -> dict[str, Share]:
    """The share of each verdict, by leaves and by bytes of growth (shrinking counts like growing)."""
    counted: Counter[str] = Counter()
    grown: Counter[str] = Counter()
    for leaf in judged:
        counted[leaf.verdict] += 1
        grown[leaf.verdict] += abs(leaf.growth_bytes)
    all_leaves, all_bytes = max(1, counted.total()), max(1, grown.total())
    order = [*VERDICTS, *sorted(set(counted) - set(VERDICTS))]
    return {
        one: Share(counted[one], grown[one], counted[one] / all_leaves, grown[one] / all_bytes)
        for one in order
        if counted[one]
    }


def agreement(first: Iterable[Leaf], second: Iterable[Leaf]) -> float:
    """Share of growth for which two spellings say the same: class, and the records, by place and form.

    The compiler's text has constants where its JSON log has the parameters that they are given for, and says of one append more.

    Leaves of files that the compiler's JSON log has lost are not counted.
    """
    said = {_said(leaf) for leaf in second}
    both = [(abs(leaf.growth_bytes), _said(leaf) in said) for leaf in first if not leaf.is_lost]
    return sum(growth for growth, is_same in both if is_same) / max(1, sum(growth for growth, _ in both))


def disagreeing(first: Iterable[Leaf], second: Sequence[Leaf]) -> list[tuple[Leaf, Leaf | None]]:
    """The leaves of the first that the second says something else of, the weightiest first, each with what that is."""
    said, others = {_said(leaf) for leaf in second}, {leaf.location_id: leaf for leaf in second}
    found = [(leaf, others.get(leaf.location_id)) for leaf in first if not leaf.is_lost and _said(leaf) not in said]
    return sorted(found, key=lambda pair: -abs(pair[0].growth_bytes))


def _said(leaf: Leaf) -> tuple[object, ...]:
    is_named = leaf.attribution in ("escape", "ambiguous")
    records = {
        (place, kind, form(expression)) for (kind, expression), place in zip(leaf.choices, leaf.places, strict=True)
    }
    return (leaf.location_id, leaf.attribution, frozenset(records) if is_named else None)


def as_text(leaf: Leaf) -> str:
    """A leaf for people: where, how much, what was chosen, what is called, what the report has on its line."""
    places = " < ".join(f"{function} {Path(file).name}:{line}" for function, file, line in leaf.lines)
    known = "; ".join(_spelt(record) for record in leaf.here[:12]) or "-"
    return (
        f"{leaf.growth_bytes:>12,}  {places}\n"
        f"              said   {as_said(leaf)}\n"
        f"              calls  {leaf.target or 'nothing known'} ({leaf.call})\n"
        f"              has    {known}"
    )


def as_said(leaf: Leaf) -> str:
    """What heapscape says of a leaf."""
    chosen = (
        f"{_spelt(record)} at {place[0]}:{place[1]}" for record, place in zip(leaf.choices, leaf.places, strict=True)
    )
    return f"{leaf.attribution}: {'; '.join(chosen) or '-'}"


def _spelt(record: Record) -> str:
    kind, expression = record
    return f"moved {expression}" if kind == "moved_to_heap" else expression
