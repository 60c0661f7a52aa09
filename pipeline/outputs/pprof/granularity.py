"""What of a location tells it from another; google/pprof, driver.aggregate and profile.Aggregate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.outputs.pprof.profile import Profile

# Whether function, file, line and address are kept.
GRANULARITIES = {
    "functions": (True, False, False, False),
    "filefunctions": (True, True, False, False),
    "files": (False, True, False, False),
    "lines": (True, True, True, False),
    "addresses": (True, True, True, True),
}


def aggregated(profile: Profile, granularity: str, *, has_inlines: bool, has_columns: bool) -> Profile:
    """With as much of each location as is asked for.

    granularity  of GRANULARITIES
    has_inlines  functions that were inlined are kept apart from those they were inlined into
    has_columns  columns are kept with lines
    """
    if granularity == "addresses" and has_inlines:
        return profile
    has_function, has_file, has_line, has_address = GRANULARITIES[granularity]
    locations = profile.locations
    if not has_inlines:
        is_last = np.zeros(len(locations.function), np.bool_)
        has_lines = np.diff(locations.offsets) > 0
        is_last[locations.offsets[1:][has_lines] - 1] = True
        locations = locations.lines_kept(is_last)
    if not has_line:
        locations = replace(locations, line=np.zeros_like(locations.line))
    if not (has_line and has_columns):
        locations = replace(locations, column=np.zeros_like(locations.column))
    if not has_address:
        locations = replace(locations, address=np.zeros_like(locations.address))
    functions, none = profile.functions, [""] * len(profile.functions)
    if not has_function:
        functions = replace(functions, names=none, system_names=none)
    if not has_file:
        functions = replace(functions, files=none)
    mappings = tuple(
        replace(
            one,
            has_inline_frames=one.has_inline_frames and has_inlines,
            has_functions=one.has_functions and has_function,
            has_filenames=one.has_filenames and has_file,
            has_line_numbers=one.has_line_numbers and has_line,
        )
        for one in profile.mappings
    )
    return replace(profile, locations=locations, functions=functions, mappings=mappings)
