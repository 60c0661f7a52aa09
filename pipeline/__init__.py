"""heapscape: where a Go service's heap grew, and why the compiler put it there."""

__version__ = "0.1.0"
