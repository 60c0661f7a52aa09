"""A batch of damaged inputs to the end of the pipeline: into the lake, into the database, through every view."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow.parquet as pq

from pipeline import flow
from pipeline.flow import Receipt
from pipeline.formats import is_streamed, recognise
from pipeline.hashes import hash_of, hexadecimal
from pipeline.inputs.find import find
from pipeline.inputs.read import read
from pipeline.lake.snapshot import files, read_known, read_snapshot
from pipeline.tables.source import labelled_hash
from pipeline.values import Blob, Origin, Source
from tests.fuzz.judge import LIMITS, check_reasons, folder
from tests.fuzz.target import Broken, Outcome
from tests.sql.everything import ask_everything, read_everything

# As a file system takes them.
_NAMES: Final = ("x", "x.pb.gz", "\x1b[31m", "a\nb", "größe", "k=v", "a!b", "\u202e", "x" * 200)
_THREADS: Final = 2


def to_the_end(inputs: Sequence[bytes], *, good: Sequence[bytes]) -> Outcome:
    """Judge inputs, each a file of its own among some sound ones."""
    with folder() as here:
        offered, lake, database = (str(Path(here, name)) for name in ("inputs", "lake", "end.duckdb"))
        for place, content in enumerate(good):
            _written(offered, f"service=good/build=1/sound-{place}", content)
        for place, content in enumerate(inputs):
            _written(
                offered, f"service={'ab'[place % 2]}/build={place % 3}/{_NAMES[place % len(_NAMES)]}{place}", content
            )
        receipt = _ingest(offered, lake)
        _account(offered, lake, receipt)
        again = _ingest(offered, lake)
        if again.batch > receipt.batch + 1 or any(again.ingested.values()):
            raise Broken(f"offered again, inputs went in again: {dict(again.ingested)}")
        if findings := list(flow.verify_lake(lake)):
            raise Broken(f"the lake is not sound: {findings[0]}")
        flow.load(lake, database, threads=_THREADS)
        with flow.open_warehouse(database, threads=_THREADS) as connection:
            _check_sound(connection, good)
            read_everything(connection)
            ask_everything(connection)
        return Outcome(len(inputs), len(read_known(lake).ingested) - len(good))


def _written(within: str, name: str, content: bytes) -> None:
    path = Path(within, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _ingest(inputs: str, lake: str) -> Receipt:
    return flow.ingest([inputs], lake, labels={}, limits=LIMITS)


def _account(inputs: str, lake: str, receipt: Receipt) -> None:
    """Every input went in, was refused with a reason, or is there already."""
    offered = sum(
        1 for origin in find([inputs], labels={}) for _ in read(origin, limits=LIMITS, is_streamed=is_streamed)
    )
    known = read_known(lake)
    ingested = len(known.ingested)
    if ingested + len(receipt.refusals) + receipt.known != offered:
        raise Broken(
            f"{offered} inputs were offered; {ingested} went in, {len(receipt.refusals)} were refused, "
            f"{receipt.known} are said to be there already"
        )
    check_reasons(reason for _, reason in receipt.refusals)
    rows = [row for path in files(read_snapshot(lake), "source") for row in pq.read_table(path).to_pylist()]
    reasons = {row["source_hash"]: row["reason"] for row in rows if row["status"] == "refused"}
    if reasons != dict(known.refused):
        raise Broken("the refusals in the lake are not those that the batch told of")


def _check_sound(connection: duckdb.DuckDBPyConnection, good: Sequence[bytes]) -> None:
    """The sound inputs are there, under any name: one of the others may hold the same bytes."""
    found = {
        one for (one,) in connection.execute("SELECT source_hash FROM source WHERE status = 'ingested'").fetchall()
    }
    origin = Origin("sound", labels={"service": "good", "build": "1"})
    for place, content in enumerate(good):
        source = Source(hash_of(content), origin, len(content), "")
        if hexadecimal(labelled_hash(source, recognise(Blob(source, content)).identity_labels)) not in found:
            raise Broken(f"sound input {place} did not go in")
