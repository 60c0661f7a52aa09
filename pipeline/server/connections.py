"""Connections that are not waited for: there are only so many, and who holds one for nothing takes it from others."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

# Between two requests, and until the headers of one are there.
HEADERS_WITHIN_S: Final = 10.0
# Until a client takes what it is sent.
READ_WITHIN_S: Final = 30.0
# Connections without a whole request: of more, who has waited longest goes for who comes.
MOST_AT_REST: Final = 128


class Prompt(H11Protocol):
    """HTTP as uvicorn speaks it, which waits for ever for headers that do not come, and for a client that does not read."""

    _for_headers: asyncio.TimerHandle | None = None
    _for_reading: asyncio.TimerHandle | None = None
    _rests_since: float = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Headers have to come."""
        super().connection_made(transport)
        at_rest = [one for one in self.connections if isinstance(one, Prompt) and one is not self and one._is_at_rest()]
        if len(at_rest) >= MOST_AT_REST:
            min(at_rest, key=lambda one: one._rests_since).transport.abort()
        self._wait_for_headers()

    def on_response_complete(self) -> None:
        """The next ones, too."""
        super().on_response_complete()
        self._wait_for_headers()

    def pause_writing(self) -> None:
        """More was sent than is taken."""
        super().pause_writing()
        self._for_reading = self.loop.call_later(READ_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It is taken."""
        super().resume_writing()
        _cancel(self._for_reading)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        _cancel(self._for_headers)
        _cancel(self._for_reading)
        super().connection_lost(exc)

    def _wait_for_headers(self) -> None:
        _cancel(self._for_headers)
        self._rests_since = self.loop.time()
        self._for_headers = self.loop.call_later(HEADERS_WITHIN_S, self._give_up)

    def _give_up(self) -> None:
        # A body has a time of its own, and who is answered at the moment waits for us.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()

    def _is_at_rest(self) -> bool:
        """Whether it waits for its client, and not its client for us."""
        # One that is being ended is no more, though it is counted until the loop comes round.
        if self.transport.is_closing():
            return False
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()
