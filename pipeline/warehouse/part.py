"""The part of a lake that a database holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date

from pipeline.warehouse.modules import quoted


@dataclass(frozen=True, slots=True)
class Part:
    """What of a lake is loaded; None is everything.

    service  profiles, traces, reports and executables of this service
    kind     profiles of this kind, `trace` for traces
    since    profiles and traces taken on this UTC day or later
    """

    service: str | None = None
    kind: str | None = None
    since: date | None = None

    @property
    def is_whole(self) -> bool:
        """Nothing is left out."""
        return self == Part()

    def __str__(self) -> str:
        """The options that say it, in a sentence."""
        options = ((name, value) for name, value in asdict(self).items() if value is not None)
        return " ".join(f"--{name} {value}" for name, value in options) or "all of its lake"

    def to_json(self) -> str:
        """What `of_json` reads."""
        return json.dumps({name: str(value) for name, value in asdict(self).items() if value is not None})

    @classmethod
    def of_json(cls, text: str) -> Part:
        """The part that `to_json` wrote."""
        found = json.loads(text)
        since = date.fromisoformat(found["since"]) if "since" in found else None
        return cls(service=found.get("service"), kind=found.get("kind"), since=since)

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
        of_day = [] if self.since is None else [f"rows.day >= DATE '{self.since}'"]
        yield "profile", of_service + of_kind + of_day
        for table in ("escape_report", "binary_file"):
            yield table, of_service
