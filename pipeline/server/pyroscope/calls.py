"""One function a call of `querier.v1.QuerierService`; what has none is unimplemented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.errors import UsageError
from pipeline.generated import querier_pb2 as pb
from pipeline.server import question
from pipeline.server.pyroscope import files, graphs
from pipeline.server.pyroscope import request as asked
from pipeline.server.pyroscope.connect import Refusal, call, refused
from pipeline.warehouse import pyroscope_questions as questions


def routes() -> list[Route]:
    """Every call, and for all others that there is none."""
    service = "/querier.v1.QuerierService/"
    return [
        *(Route(f"{service}{name}", call(kind, answer), methods=["POST"]) for name, (kind, answer) in _CALLS.items()),
        Route("/settings.v1.SettingsService/Get", _settings, methods=["POST"]),
        Route("/{service:str}.v1.{rest:path}", _unknown, methods=["POST"]),
    ]


def _profile_types(request: Request, message: pb.ProfileTypesRequest) -> Message:
    during = asked.during(message.start, message.end, is_optional=True)
    with question(request) as connection:
        rows = questions.profile_types(connection, during).table.to_pylist()
    return pb.ProfileTypesResponse(
        profile_types=[
            pb.ProfileType(
                ID=row["profile_type"],
                name=row["name"],
                sample_type=row["sample_type"],
                sample_unit=row["unit"],
                period_type=row["period_type"],
                period_unit=row["period_unit"],
            )
            for row in rows
        ]
    )


def _label_names(request: Request, message: pb.LabelNamesRequest) -> Message:
    during = asked.during(message.start, message.end, is_optional=True)
    with question(request) as connection:
        found = questions.label_names(
            connection, asked.matchers(message.matchers), during, are_all=_takes_all_names(request)
        )
    return pb.LabelNamesResponse(names=found.table["name"].to_pylist())


def _label_values(request: Request, message: pb.LabelValuesRequest) -> Message:
    if not message.name:
        raise UsageError("whose values are wanted is not said: name a label")
    during = asked.during(message.start, message.end, is_optional=True)
    with question(request) as connection:
        found = questions.label_values(connection, message.name, asked.matchers(message.matchers), during)
    return pb.LabelValuesResponse(names=found.table["name"].to_pylist())


def _series(request: Request, message: pb.SeriesRequest) -> Message:
    during = asked.during(message.start, message.end, is_optional=True)
    with question(request) as connection:
        found = questions.label_sets(
            connection,
            asked.labels(message.label_names),
            asked.matchers(message.matchers),
            during,
            are_all=_takes_all_names(request),
        )
    return pb.SeriesResponse(
        labels_set=[
            pb.Labels(labels=[pb.LabelPair(name=label["key"], value=label["value"]) for label in labels])
            for labels in found.table["labels"].to_pylist()
        ]
    )


def _select_series(request: Request, message: pb.SelectSeriesRequest) -> Message:
    selection = asked.selection(
        message.profile_typeID, message.label_selector, message.start, message.end, stacks=message.stack_trace_selector
    )
    names = asked.labels(message.group_by)
    with question(request) as connection:
        rows = questions.points(
            connection,
            selection,
            step_ms=asked.step_ms(message.step),
            group_by=names,
            limit=max(0, message.limit),
            is_average=message.aggregation == pb.TIME_SERIES_AGGREGATION_TYPE_AVERAGE,
        ).table.to_pylist()
    return pb.SelectSeriesResponse(
        series=[
            pb.Series(
                labels=[
                    pb.LabelPair(name=name, value=value)
                    for name, value in zip(names, row["labels"], strict=True)
                    if value
                ],
                points=[
                    pb.Point(value=value, timestamp=at) for at, value in zip(row["at_ms"], row["value"], strict=True)
                ],
            )
            for row in rows
        ]
    )


def stacks_selection(message: pb.SelectMergeStacktracesRequest) -> questions.Selection:
    """What a request for merged stacks is about."""
    return asked.selection(
        message.profile_typeID,
        message.label_selector,
        message.start,
        message.end,
        stacks=message.stack_trace_selector,
        spans=message.span_selector or None,
        traces=message.trace_id_selector,
        profiles=message.profile_id_selector,
    )


def _select_merge_stacktraces(request: Request, message: pb.SelectMergeStacktracesRequest) -> Message:
    if message.HasField("async"):
        raise Refusal("unimplemented", "answers are given at once: ask without async")
    selection, nodes = stacks_selection(message), asked.nodes(message.max_nodes)
    if message.format == pb.PROFILE_FORMAT_PPROF:
        pgo = asked.pgo(message.stack_trace_selector)
        with question(request) as connection:
            return pb.SelectMergeStacktracesResponse(
                pprof=pb.PprofProfile(profile=files.profile(connection, selection, pgo))
            )
    return _merged(request, pb.SelectMergeStacktracesResponse, selection, nodes, message.format)


def _select_merge_span_profile(request: Request, message: pb.SelectMergeSpanProfileRequest) -> Message:
    selection = asked.selection(
        message.profile_typeID, message.label_selector, message.start, message.end, spans=message.span_selector
    )
    nodes = asked.nodes(message.max_nodes)
    return _merged(request, pb.SelectMergeSpanProfileResponse, selection, nodes, message.format)


def _merged(request: Request, kind: type[Message], selection: questions.Selection, nodes: int, format: int) -> Message:
    """Merged stacks as a flame graph, or as a tree."""
    if format not in (pb.PROFILE_FORMAT_UNSPECIFIED, pb.PROFILE_FORMAT_FLAMEGRAPH, pb.PROFILE_FORMAT_TREE):
        raise Refusal(
            "unimplemented", f"format {format}: not one that is given; ask for a flame graph, a tree or pprof"
        )
    with question(request) as connection:
        bars = questions.flame_graph(connection, questions.weights(connection, selection), max_nodes=nodes)
    return kind(tree=graphs.tree(bars)) if format == pb.PROFILE_FORMAT_TREE else kind(flamegraph=graphs.single(bars))


def _select_merge_profile(request: Request, message: pb.SelectMergeProfileRequest) -> Message:
    selection = asked.selection(
        message.profile_typeID,
        message.label_selector,
        message.start,
        message.end,
        stacks=message.stack_trace_selector,
        traces=message.trace_id_selector,
        profiles=message.profile_id_selector,
    )
    asked.nodes(message.max_nodes)
    pgo = asked.pgo(message.stack_trace_selector)
    with question(request) as connection:
        return files.profile(connection, selection, pgo)


def _diff(request: Request, message: pb.DiffRequest) -> Message:
    left, right = stacks_selection(message.left), stacks_selection(message.right)
    nodes = asked.nodes(max(message.left.max_nodes, message.right.max_nodes))
    with question(request) as connection:
        bars = difference(connection, left, right, nodes)
    return pb.DiffResponse(flamegraph=bars)


def difference(connection: Any, left: questions.Selection, right: questions.Selection, nodes: int) -> pb.FlameGraphDiff:
    """Two selections of one profile type laid over each other."""
    if left.profile_type != right.profile_type:
        raise UsageError(f"{left.profile_type} and {right.profile_type}: a difference is of one profile type")
    if left.call_site != right.call_site or left.span_ids != right.span_ids or left.trace_ids != right.trace_ids:
        raise Refusal("unimplemented", "a difference is of the same call sites, spans and traces on both sides")
    sides = questions.weights(connection, left), questions.weights(connection, right)
    return graphs.double(questions.flame_graph(connection, sides[1], left=sides[0], max_nodes=nodes))


def _stats(request: Request, message: pb.GetProfileStatsRequest) -> Message:
    with question(request) as connection:
        (row,) = questions.times(connection).table.to_pylist()
    return pb.GetProfileStatsResponse(
        data_ingested=row["oldest_ms"] is not None,
        oldest_profile_time=row["oldest_ms"] or 0,
        newest_profile_time=row["newest_ms"] or 0,
    )


def _takes_all_names(request: Request) -> bool:
    """A client says that it takes names of labels that Prometheus' old rules forbid."""
    return "allow-utf8-labelnames=true" in request.headers.get("accept", "").replace(" ", "").lower()


def _settings(request: Request) -> Response:
    return JSONResponse({})


def _unknown(request: Request) -> Response:
    return refused(Refusal("unimplemented", f"{request.url.path}: not a call that is answered here"))


_CALLS: Final[dict[str, tuple[type[Message], Callable[[Request, Any], Message]]]] = {
    "ProfileTypes": (pb.ProfileTypesRequest, _profile_types),
    "LabelNames": (pb.LabelNamesRequest, _label_names),
    "LabelValues": (pb.LabelValuesRequest, _label_values),
    "Series": (pb.SeriesRequest, _series),
    "SelectSeries": (pb.SelectSeriesRequest, _select_series),
    "SelectMergeStacktraces": (pb.SelectMergeStacktracesRequest, _select_merge_stacktraces),
    "SelectMergeSpanProfile": (pb.SelectMergeSpanProfileRequest, _select_merge_span_profile),
    "SelectMergeProfile": (pb.SelectMergeProfileRequest, _select_merge_profile),
    "Diff": (pb.DiffRequest, _diff),
    "GetProfileStats": (pb.GetProfileStatsRequest, _stats),
}
