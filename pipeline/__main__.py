"""The `heapscape` command, and `python -m pipeline`, which is the same."""

from __future__ import annotations

import sys

from pipeline.endings import check_address_space, end, leave, prepare_streams
from pipeline.errors import PipelineError


def command() -> int:
    """Run the command line; what it returns is what the process ends with."""
    try:
        prepare_streams()
        check_address_space()
        # Here, because Ctrl-C, or too little memory for the libraries, may come in the middle of it.
        from pipeline import cli
    except PipelineError as error:
        return end(error)
    except Exception as error:
        # Too little memory makes each of them fail in its own way.
        unloaded = ImportError(f"{type(error).__name__}: {error}")
        unloaded.__cause__ = error
        return leave(end(unloaded))
    except BaseException as error:
        return leave(end(error))
    return cli.command()


if __name__ == "__main__":
    sys.exit(command())
