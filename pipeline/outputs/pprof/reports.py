"""The reports there are, by the names pprof has for them; google/pprof, internal/driver/commands.go.

To add one: a function of a Report that gives text or bytes, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.outputs.pprof import callgrind, dot, listings, proto, source, text, weblist
from pipeline.outputs.pprof.report import Kind, Report


@dataclass(frozen=True, slots=True)
class Entry:
    """A report.

    write          what makes it
    help           what it is
    takes_pattern  -NAME=REGEX
    """

    kind: Kind
    write: Callable[[Report], str | bytes]
    help: str
    takes_pattern: bool = False


_ENTRIES: Final = (
    Entry(Kind("top", nodecount=0), text.top, "The heaviest functions."),
    Entry(Kind("text", nodecount=0), text.top, "The same as -top."),
    Entry(Kind("tree"), text.tree, "Each function with its callers and callees."),
    Entry(
        Kind("peek", is_trimmed=False),
        text.tree,
        "Callers and callees of the functions that match REGEX.",
        takes_pattern=True,
    ),
    Entry(
        Kind("list", is_trimmed=False, granularity="lines", has_object_names=True),
        source.listing,
        "Source of the functions that match REGEX, with what each line weighs.",
        takes_pattern=True,
    ),
    Entry(
        Kind("weblist", is_trimmed=False, granularity="addresses", has_object_names=True, keeps_inlines=True),
        weblist.weblist,
        "The same as a page, with the calls inlined at each line.",
        takes_pattern=True,
    ),
    Entry(Kind("traces"), listings.traces, "Every sample with its stack and labels."),
    Entry(Kind("tags"), listings.tags, "What each value of each label weighs."),
    Entry(
        Kind("raw", is_trimmed=False, granularity="addresses", has_object_names=True),
        listings.raw,
        "All that is in the profile, as text.",
    ),
    Entry(Kind("comments"), listings.comments, "The comments of the profile."),
    Entry(
        Kind("proto", is_trimmed=False, granularity="addresses"),
        proto.proto,
        "What the options leave of the profile, as a pprof file.",
    ),
    Entry(Kind("dot"), dot.dot, "The call graph, for Graphviz."),
    *(
        Entry(Kind(name), write, f"The call graph as {name.upper()}; needs Graphviz.")
        for name, write in dot.IMAGES.items()
    ),
    Entry(
        Kind("callgrind", is_trimmed=False, granularity="addresses", has_object_names=True),
        callgrind.callgrind,
        "The call graph, for KCachegrind.",
    ),
    Entry(Kind("topproto", nodecount=0), proto.topproto, "The heaviest functions, as a pprof file."),
)

REPORTS: Final[Mapping[str, Entry]] = {entry.kind.name: entry for entry in _ENTRIES}
