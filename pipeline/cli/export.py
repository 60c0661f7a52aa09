"""heapscape export: what is selected, for other tools."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import click
import pyarrow.compute as pc

from pipeline import __version__
from pipeline.cli.console import STANDARD_OUTPUT, deliver_pieces
from pipeline.cli.options import (
    Output,
    database_option,
    merge_option,
    opened,
    resource_options,
    selection,
    selection_options,
)
from pipeline.cli.profiles import Chosen, choose
from pipeline.errors import UsageError
from pipeline.outputs import folded, otlp_file, otlp_json, perfetto_profile, perfetto_trace, pprof_file, speedscope
from pipeline.warehouse import perfetto_questions, pprof_questions, questions
from pipeline.warehouse.pprof_questions import sampled

if TYPE_CHECKING:
    import duckdb

    from pipeline.values import Sampled
    from pipeline.warehouse.questions import Selection


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be written.

    sample_index  a sample type, where not all of them are
    """

    chosen: Chosen
    sample_index: str

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.chosen.profiles[-1]["uri"])

    @property
    def resource(self) -> dict[str, str]:
        """Whose it is, in OpenTelemetry's words, as far as all profiles are of the same."""
        words = {"service": "service.name", "instance": "service.instance.id", "build": "service.version"}
        said = {word: {one[label] for one in self.chosen.profiles} for label, word in words.items()}
        return {word: str(values.pop()) for word, values in said.items() if len(values) == 1 and None not in values}


@dataclass(frozen=True, slots=True)
class _Format:
    """One way to write it.

    ending  of files, by which it is known
    views   what its questions stand on
    """

    ending: str
    views: tuple[str, ...]
    write: Callable[[duckdb.DuckDBPyConnection, Asked], Iterable[bytes]]
    is_text: bool = False


def _samples(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Sampled:
    """Each sample of one profile; of several what `go tool pprof -proto` makes of them."""
    ids = asked.chosen.ids
    if asked.sample_index:
        types: list[str] | None = [asked.chosen.sample_type]
    elif len(ids) > 1:
        types = questions.sample_types(connection, ids).table["sample_type"].to_pylist()
    else:
        types = None
    return sampled(connection, dict.fromkeys(ids, 1), types, unit="sample" if len(ids) == 1 else "labelled stack")


def _pprof(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[bytes]:
    return gzipped(pprof_file.pieces(pprof_file.columns_of(_samples(connection, asked))))


def _folded(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[bytes]:
    yield folded.write(questions.folded(connection, asked.chosen.ids, asked.chosen.sample_type)).encode()


def _speedscope(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[bytes]:
    found = _samples(connection, asked)
    if below := pc.sum(pc.less(found.values["value"], 0)).as_py():
        raise UsageError(
            f"{asked.name}: {below:,} values are less than zero, as in a difference of two profiles, and speedscope opens no file "
            "with such; write it as pprof or folded, or choose a sample type without with -sample_index"
        )
    return speedscope.pieces(found, name=asked.name, exporter=f"heapscape {__version__}")


def _otlp(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[bytes]:
    return otlp_file.write(_samples(connection, asked), resource=asked.resource, exporter="heapscape")


def _otlp_json(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[bytes]:
    return otlp_json.pieces(_otlp(connection, asked))


def _perfetto(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[bytes]:
    if {one["kind"] for one in asked.chosen.profiles} != {"trace"}:
        return perfetto_profile.pieces(_samples(connection, asked), name=asked.name)
    if len(asked.chosen.ids) > 1:
        raise UsageError(f"{len(asked.chosen.ids):,} traces, each with a clock of its own; choose one with --profile")
    return _trace(connection, asked)


def _trace(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[bytes]:
    (trace_id,), naming = asked.chosen.ids, perfetto_trace.Naming()
    yield from perfetto_trace.opening(perfetto_questions.trace(connection, trace_id), name=asked.name)
    for batch in perfetto_questions.slices(connection, trace_id):
        yield from naming.slices(batch)
    for batch in perfetto_questions.moments(connection, trace_id):
        yield from naming.moments(batch)
    for batch in perfetto_questions.values(connection, trace_id):
        yield from naming.values(batch)
    stacks = perfetto_questions.cpu_stacks(connection, trace_id)
    found = sampled(connection, {trace_id: 1}, unit="stack", stack_ids=stacks)
    yield from perfetto_trace.cpu_samples(found, perfetto_questions.cpu_samples(connection, trace_id))


FORMATS: Final = {
    "pprof": _Format(".pb.gz", pprof_questions.VIEWS, _pprof),
    "pgo": _Format(".pgo", pprof_questions.VIEWS, _pprof),
    "folded": _Format(".folded", questions.FLAMES, _folded, is_text=True),
    "otlp": _Format(".otlp", pprof_questions.VIEWS, _otlp),
    "otlp-json": _Format(".otlp.json", pprof_questions.VIEWS, _otlp_json, is_text=True),
    "perfetto": _Format(".pftrace", (*perfetto_questions.VIEWS, *pprof_questions.VIEWS), _perfetto),
    "speedscope": _Format(".speedscope.json", pprof_questions.VIEWS, _speedscope, is_text=True),
}


def gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same compressed; the same bytes whenever it is done."""
    packing = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    for piece in pieces:
        if packed := packing.compress(piece):
            yield packed
    yield packing.flush()


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(tuple(FORMATS)),
    help="By default what the ending of -o says, else pprof.",
)
@click.option(
    "--output",
    "-o",
    "path",
    metavar="FILE",
    type=Output(),
    default=STANDARD_OUTPUT,
    help="Where to write; standard output without. What ends in .gz is compressed.",
)
@click.option(
    "-sample_index",
    "--sample-index",
    "sample_index",
    default="",
    metavar="TYPE",
    help="Only this sample type, by name or number; without, all, but folded has one.",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help="This profile, by id or part of its uri; repeat to add up.",
)
@merge_option
@selection_options
@database_option
@resource_options
def export(
    inputs: tuple[str, ...],
    format_: str | None,
    path: str,
    sample_index: str,
    profiles: tuple[str, ...],
    merge: bool,
    db: str,
    memory: str,
    threads: int | None,
    **chosen: str | None,
) -> None:
    """Write profiles and traces for other tools: pprof, `go build -pgo`, OpenTelemetry, speedscope, Perfetto, folded stacks.

    One profile is written as it was read, sample for sample; several are merged as `go tool pprof -proto` merges
    them. A PGO profile is all CPU profiles that fit, merged. For Perfetto it is an execution trace where one fits.

    \b
      heapscape export --service checkout -o heap.pb.gz
      heapscape export --service checkout --build 1.4.2 -o default.pgo
      heapscape export cpu.pb.gz -o cpu.speedscope.json
      heapscape export go.trace -o go.pftrace
      heapscape export --kind cpu --format folded | flamegraph.pl > cpu.svg
    """
    name = format_ or _format_of(path)
    known = FORMATS[name]
    if inputs and inputs[0] in FORMATS and not os.path.exists(inputs[0]):
        raise UsageError(f"{inputs[0]}: no such input; a format is chosen with --format {inputs[0]}")
    with opened(inputs, db, memory=memory, threads=threads, views=known.views) as connection:
        picked = _of_format(connection, selection(profiles, **chosen), name)
        found = choose(connection, picked, sample_index=sample_index, is_all=bool(inputs) or name == "pgo", merge=merge)
        pieces = known.write(connection, Asked(found, sample_index))
        is_packed = path.endswith(".gz") and known.write is not _pprof
        deliver_pieces(gzipped(pieces) if is_packed else pieces, path, is_text=known.is_text and not is_packed)


def _of_format(connection: duckdb.DuckDBPyConnection, picked: Selection, name: str) -> Selection:
    """What is picked, as far as the format says more of it: a PGO profile is of CPU profiles, Perfetto is best at traces."""
    if name == "pgo":
        if picked.kind not in (None, "cpu"):
            raise UsageError(f"--kind {picked.kind}: a PGO profile is made of CPU profiles; leave the kind out")
        return replace(picked, kind="cpu")
    if name == "perfetto" and not (picked.kind or picked.profiles):
        traces = replace(picked, kind="trace")
        return traces if questions.profiles(connection, traces).table.num_rows else picked
    return picked


def _format_of(path: str) -> str:
    """The format that the name of a file says."""
    plain = path.removesuffix(".gz")
    for name, known in FORMATS.items():
        if path.endswith(known.ending) or plain.endswith(known.ending):
            return name
    if path == STANDARD_OUTPUT or plain.endswith((".pb", ".pprof", ".prof")):
        return "pprof"
    endings = ", ".join(known.ending for known in FORMATS.values())
    raise UsageError(f"{path}: which format is not said; choose one with --format, or call it {endings}")
