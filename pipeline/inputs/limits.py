"""How much one input may cost, and the account that is kept of it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import DecodeError

# Below this a ratio means nothing: a page of zeros is no attack, and costs a millisecond.
_HARMLESS_BYTES = 4 << 20
# Times as much memory as one input has plain bytes: columns and tables multiply them.
MEMORY_FOR_ONE = 12


@dataclass(frozen=True, slots=True)
class Limits:
    """What one input may cost before it is refused.

    max_plain_bytes  plain bytes of one source, and of one archive inside another
    max_ratio        plain bytes for each offered byte, counted for each file or member, and for all of an
                     archive together; means nothing below 4 MiB
    max_members      members of one archive, folders among them
    max_depth        archives inside one another; also, how often one file may be compressed over
    """

    max_plain_bytes: int
    max_ratio: int
    max_members: int
    max_depth: int


class LimitError(DecodeError):
    """An input would cost more than its limits; `budget` says of which file or archive."""

    def __init__(self, reason: str, *, budget: Budget) -> None:
        super().__init__(reason)
        self.budget = budget


def memory_for(plain_bytes: int) -> str:
    """The least --memory, in whole GiB, with which so many plain bytes of one input may be held."""
    return f"{-(-MEMORY_FOR_ONE * plain_bytes >> 30)}GiB"


@dataclass(slots=True, eq=False)
class Budget:
    """The plain bytes unpacked so far from `offered` bytes; what a member spends, its archive spends too."""

    offered: int
    limits: Limits
    parent: Budget | None = None
    spent: int = 0

    @property
    def allowance(self) -> int:
        """The most that may be spent."""
        return max(_HARMLESS_BYTES, self.offered * self.limits.max_ratio)

    def spend(self, amount: int) -> None:
        """Count `amount` more plain bytes; raises LimitError when it is too much, here or further out."""
        self.spent += amount
        if self.spent > self.allowance:
            raise LimitError(
                f"stopped after inflating {self.offered:,} bytes to {self.spent:,}, more than {self.limits.max_ratio:,} times as "
                "many; if this is not a decompression bomb, unpack it and give what comes out",
                budget=self,
            )
        if self.parent is not None:
            self.parent.spend(amount)

    def check_plain(self, size: int) -> None:
        """Raise LimitError when one source has more plain bytes than it may."""
        if size > self.limits.max_plain_bytes:
            raise LimitError(
                f"stopped at {size:,} plain bytes, more than the {self.limits.max_plain_bytes:,} that fit into --memory; "
                f"give --memory {memory_for(size)} or more, or split the file",
                budget=self,
            )

    def check_members(self, count: int) -> None:
        """Raise LimitError when an archive has more members than it may."""
        if count > self.limits.max_members:
            raise LimitError(
                f"stopped at member {count:,}: an archive may have {self.limits.max_members:,}; unpack it and give the folder",
                budget=self,
            )
