"""The part of a lake that a database holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from pipeline.warehouse.modules import quoted


@dataclass(frozen=True, slots=True)
class Part:
    """What of a lake is loaded; None is everything.

    service  profiles, traces, reports and executables of this service
    kind     profiles of this kind, `trace` for traces
    since    profiles and traces taken then, UTC, or later
    until    the same, then or before
    """

    service: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Nothing is left out."""
        return self == Part()

    def __str__(self) -> str:
        """The options that say it, in a sentence."""
        return " ".join(f"--{name} {_spelled(value)}" for name, value in self._given()) or "all of its lake"

    def to_json(self) -> str:
        """What `of_json` reads."""
        return json.dumps({name: _spelled(value) for name, value in self._given()})

    @classmethod
    def of_json(cls, text: str) -> Part:
        """The part that `to_json` wrote."""
        found = json.loads(text)
        times = {name: datetime.fromisoformat(found[name]) for name in ("since", "until") if name in found}
        return cls(service=found.get("service"), kind=found.get("kind"), **times)

    def _given(self) -> Iterator[tuple[str, str | datetime]]:
        return ((name, value) for name, value in asdict(self).items() if value is not None)

    def left_out(self, rows: Callable[[str], str]) -> str:
        """A query of the hashes of sources that are not of it.

        rows  what stands in FROM for the new rows of a table of the lake
        """
        return "\nUNION\n".join(
            f"SELECT source_hash FROM {rows(table)} AS rows WHERE NOT ({' AND '.join(conditions)})"
            for table, conditions in self._conditions()
            if conditions
        )

    def _conditions(self) -> Iterator[tuple[str, list[str]]]:
        # Without a label it is of no service.
        of_service = [] if self.service is None else [f"coalesce(rows.service = {quoted(self.service)}, false)"]
        of_kind = [] if self.kind is None else [f"rows.kind = {quoted(self.kind)}"]
        of_time = [
            # The day is what files are apart by.
            f"rows.day {sign} DATE '{moment:%Y-%m-%d}' AND rows.taken_at {sign} TIMESTAMP '{moment}'"
            for sign, moment in ((">=", self.since), ("<=", self.until))
            if moment is not None
        ]
        # What does not say when it was, is of 1970, and of no span.
        of_time += ["rows.time_ns <> 0"] if of_time else []
        yield "profile", of_service + of_kind + of_time
        for table in ("escape_report", "binary_file"):
            yield table, of_service


def _spelled(value: str | datetime) -> str:
    """A day where it is one."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else value.isoformat()
    return value
