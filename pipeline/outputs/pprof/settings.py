"""What a report may be asked; google/pprof, internal/driver/config.go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# The names that pprof gives its filters where it lists them, in its order.
FILTERS = ("focus", "ignore", "hide", "show", "show_from", "tagfocus", "tagignore", "tagshow", "taghide")


@dataclass(frozen=True, slots=True)
class Settings:
    """pprof's options by its names, with its defaults.

    nodecount    -1 is as many as the report has unless told
    granularity  one of granularity.GRANULARITIES, or empty for what the report has unless told
    """

    unit: str = "minimum"
    sample_index: str = ""
    mean: bool = False
    divide_by: float = 1.0
    normalize: bool = False
    sort: Literal["flat", "cum"] = "flat"
    call_tree: bool = False
    compact_labels: bool = False
    relative_percentages: bool = False
    source_path: str = ""
    trim_path: str = ""
    tagroot: str = ""
    tagleaf: str = ""
    drop_negative: bool = False
    nodecount: int = -1
    nodefraction: float = 0.005
    edgefraction: float = 0.001
    trim: bool = True
    focus: str = ""
    ignore: str = ""
    prune_from: str = ""
    hide: str = ""
    show: str = ""
    show_from: str = ""
    tagfocus: str = ""
    tagignore: str = ""
    tagshow: str = ""
    taghide: str = ""
    noinlines: bool = False
    showcolumns: bool = False
    granularity: str = ""
