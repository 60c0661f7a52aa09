"""What is selected as a profile of pprof, one sample a stack, as Pyroscope gives it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.generated.profile_pb2 import Profile
from pipeline.generated.querier_pb2 import GoPGO
from pipeline.outputs.pprof_file import columns_of, write
from pipeline.server.pyroscope.go_pgo import reduced
from pipeline.warehouse import pyroscope_questions as questions
from pipeline.warehouse.pprof_questions import sampled

if TYPE_CHECKING:
    import duckdb


def profile(connection: duckdb.DuckDBPyConnection, selection: questions.Selection, pgo: GoPGO | None = None) -> Profile:
    """The profile: one sample type, and no labels, for the stacks of many profiles are added up.

    pgo  how much of each stack a profile for `go build -pgo` keeps; None for any other
    It weighs what the flame graph of the selection weighs. Where nothing is selected it has no samples, but says of what.
    """
    weights = questions.weights(connection, selection)
    found = sampled(
        connection,
        weights.profiles,
        [weights.sample_type],
        unit="stack",
        stack_ids=weights.stacks,
        label_set_ids=weights.label_sets,
        is_never_negative=True,
    )
    if pgo is not None:
        found = reduced(found, keep=pgo.keep_locations, is_by_callee=pgo.aggregate_callees)
    _, name, unit, period_type, period_unit = selection.profile_type.split(":")
    header = {
        **found.header,
        "period_type": period_type,
        "period_unit": period_unit,
        "default_sample_type": name,
        "time_ns": found.header["time_ns"] or selection.during.end * 1_000_000,
    }
    return Profile.FromString(write(columns_of(replace(found, header=header, sample_types=[(name, unit)]))))
