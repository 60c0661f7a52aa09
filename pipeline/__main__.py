"""`python -m pipeline` is the `heapscape` command."""

from __future__ import annotations

import sys

from pipeline.cli import command

if __name__ == "__main__":
    sys.exit(command())
