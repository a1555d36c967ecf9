"""A target: what is fed with random input, and where its inputs start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Target:
    """A reader of strangers' bytes. It takes any; it answers, or raises its own error."""

    name: str
    feed: Callable[[bytes], None]
    """Raises if the reader does what it must not, or breaks what it promises."""
    seeds: Callable[[], Iterable[bytes]]
    """Inputs that lead far into it."""
    share: int = 1
    """How much longer than others it is fed."""
