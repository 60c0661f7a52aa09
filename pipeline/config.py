"""Every setting, declared once: its name, default, environment variable and help."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Setting:
    """What a command-line option of this name falls back to: the environment, then the default."""

    name: str
    default: str | int | None
    environment: str
    help: str


LAKE = Setting("lake", "heapscape-lake", "HEAPSCAPE_LAKE", "Folder of the Parquet lake, or the URL of one in a bucket.")
DATABASE = Setting("db", "heapscape.duckdb", "HEAPSCAPE_DB", "The DuckDB file.")
MEMORY = Setting(
    "memory",
    "1GiB",
    "HEAPSCAPE_MEMORY",
    "Most memory DuckDB takes, and twelve times the largest profile; of traces, reports and executables the largest part.",
)
THREADS = Setting(
    "threads", None, "HEAPSCAPE_THREADS", "Threads of DuckDB, at most one a core; all cores when not given."
)
JOBS = Setting("jobs", 1, "HEAPSCAPE_JOBS", "Processes that decode at the same time.")
SCHEDULER = Setting(
    "scheduler",
    None,
    "HEAPSCAPE_SCHEDULER",
    "Dask scheduler whose workers decode, in place of --jobs: tcp://host:8786.",
)

# What every request to `heapscape serve` has to say; no option, because command lines are read by others.
TOKEN = "HEAPSCAPE_TOKEN"
# For reports of bugs; no option, because the command line itself may be what fails.
TRACEBACK = "HEAPSCAPE_TRACEBACK"

# With less not even the smallest lake can be loaded: one heap profile and two threads fit into 20 MB nine times of ten.
LEAST_MEMORY = "24MB"
# Of decoding alone: with less hardly a profile is small enough.
LEAST_DECODING_MEMORY = "64KB"

# Set by those who look for faults in kernels.
_BOUNDS = "NUMBA_BOUNDSCHECK"
_PREFIXES = "KMGT"
_UNITS = (
    {"B": 1}
    | {f"{prefix}B": 1000 ** (power + 1) for power, prefix in enumerate(_PREFIXES)}
    | {f"{prefix}IB": 1024 ** (power + 1) for power, prefix in enumerate(_PREFIXES)}
)
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?I?B)", re.IGNORECASE)


def wants_traceback() -> bool:
    """Whether an error that ends a command shows where it came from."""
    return os.environ.get(TRACEBACK, "").lower() not in ("", "0", "false", "no")


def token() -> str:
    """The token of the server; empty for none."""
    return os.environ.get(TOKEN, "")


def sql_history() -> Path:
    """Where what was typed into the shell is kept: in the user's folder of states, which XDG_STATE_HOME names."""
    given = os.environ.get("XDG_STATE_HOME", "")
    # A relative one is to be ignored, the specification of the XDG folders says.
    folder = Path(given) if os.path.isabs(given) else Path("~/.local/state").expanduser()
    return folder / "heapscape" / "sql_history"


def without_algebra() -> None:
    """Before numpy is imported: its library of linear algebra, which nothing here calls, makes no threads, which takes 20 ms."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def numba_settings() -> Mapping[str, str]:
    """What the environment says to numba, which compiles accordingly."""
    named = {name: value for name, value in sorted(os.environ.items()) if name.startswith("NUMBA_")}
    return {name: value for name, value in named.items() if (name, value) != (_BOUNDS, "0")}


def is_compiling() -> bool:
    """Whether kernels are compiled; if not they are ordinary functions, to be looked into."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"


def is_checking_bounds() -> bool:
    """Whether compiled kernels check each index."""
    return os.environ.get(_BOUNDS, "0") != "0"


def size_bytes(text: str) -> int:
    """Bytes of a size as DuckDB writes them: 512MB, 1GiB; raises ValueError for anything else."""
    found = _SIZE.fullmatch(text.strip())
    unit = found[2].upper() if found else ""
    if found is None or unit not in _UNITS:
        raise ValueError(f"{text!r} is not a size; write it like 512MB or 2GiB")
    return int(float(found[1]) * _UNITS[unit])
