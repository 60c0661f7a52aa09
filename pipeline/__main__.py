"""The `heapscape` command, and `python -m pipeline`, which is the same."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn

from pipeline import config
from pipeline.endings import check_address_space, end, leave, prepare_streams
from pipeline.errors import PipelineError


def command() -> NoReturn:
    """Run the command line, and end the process as it says."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    config.without_algebra()
    try:
        prepare_streams()
        check_address_space()
        # Here, because there may be too little memory for the libraries.
        from pipeline import cli
    except PipelineError as error:
        leave(end(error))
    except Exception as error:
        # Too little memory makes each of them fail in its own way.
        unloaded = ImportError(f"{type(error).__name__}: {error}")
        unloaded.__cause__ = error
        leave(end(unloaded))
    except BaseException as error:
        leave(end(error))
    cli.command()


def _leave(number: int, frame: FrameType | None) -> None:
    """What a signal does while the libraries are loaded: it ends the process without a word."""
    os._exit(128 + number)


if __name__ == "__main__":
    command()
