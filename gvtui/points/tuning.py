"""Named settings of the remote sink: how often it retries, and what that costs the program.

Costs as `python -m tests.benchmarks tunings` measured them on 2 cores: one-byte reads and writes
with all context fields, 400,012 messages, systrap, five rounds; the times are medians.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gvtui.points.session import REMOTE, Sink


@dataclass(frozen=True, slots=True)
class Tuning:
    """Retry settings of the remote sink, under a name."""

    name: str
    title: str
    retries: int
    backoff: str
    backoff_max: str
    cost: str
    """What the tuning loses and costs, as measured."""

    def config(self) -> dict[str, Any]:
        """The settings as the sink's configuration holds them."""
        if not self.retries:
            return {"retries": 0}
        return {
            "retries": self.retries,
            "backoff": self.backoff,
            "backoff_max": self.backoff_max,
        }


LOSSLESS = Tuning(
    "lossless",
    "lose nothing while the monitor keeps up on the whole",
    5,
    "100us",
    "5ms",
    "the traced program waits while the sender's buffer is full: 4.2 s for a workload of 1.4 s, "
    "0 of 400,012 messages dropped (3.4 s where gvtui has real-time priority and may enlarge that "
    "buffer)",
)

LOWEST_OVERHEAD = Tuning(
    "lowest-overhead",
    "never make the traced program wait",
    0,
    "25us",
    "10ms",
    "a point that finds the sender's buffer full (4 to 6 ms of messages at full rate) is dropped: "
    "4.2 s for a workload of 1.4 s, 3,337 to 9,918 of 400,012 messages dropped (3.5 s and none where "
    "gvtui has real-time priority and may enlarge that buffer)",
)

TUNINGS = {tuning.name: tuning for tuning in (LOSSLESS, LOWEST_OVERHEAD)}
"""The tunings by name; the first is the default."""


def remote_sink(
    endpoint: str, tuning: Tuning = LOSSLESS, *, ignore_setup_error: bool = False
) -> Sink:
    """Make a remote sink that sends to a socket.

    Args:
        endpoint: the monitor's socket.
        tuning: the sink's retry settings.
        ignore_setup_error: containers start even if nobody listens; for pod init files.
    """
    return Sink(REMOTE, {"endpoint": endpoint, **tuning.config()}, ignore_setup_error)


def tuning_of(sink: Sink) -> Tuning | None:
    """The tuning whose settings a remote sink has; None for settings of its own."""
    settings = {key: value for key, value in sink.config.items() if key != "endpoint"}
    if not settings:
        return LOWEST_OVERHEAD
    return next((each for each in TUNINGS.values() if each.config() == settings), None)


def with_tuning(sink: Sink, tuning: Tuning) -> Sink:
    """The sink with the settings of a tuning and its own endpoint."""
    known = ("retries", "backoff", "backoff_max")
    rest = {key: value for key, value in sink.config.items() if key not in known}
    return Sink(sink.name, {**rest, **tuning.config()}, sink.ignore_setup_error)
