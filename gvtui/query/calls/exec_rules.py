"""The rules that decide the outcome of an exec: execve or execveat with an exit without error.

Newer gVisor (seen on release-20260905.0) sends the exit of an exec before it loads the program: the
result is 0 whatever follows, except for faults of the arguments themselves. If the program could be
loaded, the thread sends `sentry/execve` next; if not, nothing says so, and the error is not sent.
Older gVisor (seen on those of 2022-12 and 2024-07) sends `sentry/execve` before the exit, and the
exit has the true error.

So an exit without an error is read in both ways, and if both agree, that is the outcome:

- By the old order the exec is done.
- By the new order it is done if `sentry/execve` is the next message of its thread. It has failed if
another message is, that point is on, and nothing was dropped between the two.

The messages of a connection may prove one of the orders for all its execs, before and after:

- The old one: `sentry/execve` came between an enter and its exit, or execve failed with an error
  that only loading a program gives.
- The new one: the point is on, and an exit without an error has no `sentry/execve` before it
although nothing was dropped.

The session mark of the trace, or any `sentry/execve`, shows that the point is on. The mark of a
sandbox's binary shows the old order, and the mark in a copy that lacks a connection's beginning
shows either. In a recording of chosen messages the neighbours of an exit prove nothing, so a mark
after the exit has its outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum

from gvtui.decode.outcome import ExecOutcome


class ExecCode(IntEnum):
    """The state of knowledge about an exit without an error."""

    NONE = 0
    """The row is not an exit of an exec."""
    ASKED = 1
    DONE = 2
    """The program began, and the exit was sent afterwards."""
    DONE_LATER = 3
    """The program began, but the exit was or may have been sent before it was loaded."""
    FAILED = 4


OUTCOMES = {
    ExecCode.ASKED: ExecOutcome.ASKED,
    ExecCode.DONE: ExecOutcome.DONE,
    ExecCode.DONE_LATER: ExecOutcome.DONE,
    ExecCode.FAILED: ExecOutcome.FAILED,
}


class ExecOrder(Enum):
    """When a sandbox sends `sentry/execve`."""

    UNKNOWN = 0
    OLD = 1
    """`sentry/execve` comes before the exit."""
    NEW = 2


class Before(Enum):
    """The kind of message that a thread sent directly before the exit of an exec."""

    UNKNOWN = 0
    OTHER = 1
    INFO_IN_CALL = 2
    """`sentry/execve`, with the enter before it."""
    INFO = 3
    """`sentry/execve`, after a message that is no exit of an exec."""
    DOUBTFUL_INFO = 4
    """`sentry/execve`, which may belong to an earlier exec."""


class Next(Enum):
    """The kind of message that a thread sent directly after the exit of an exec."""

    PENDING = 0
    INFO = 1
    OTHER = 2
    LOST = 3
    """Not known: points were dropped."""


@dataclass(slots=True)
class ExecRows:
    """An exit of an exec without an error: one row, or two from a raw and a decoded point."""

    rows: list[int]
    before: Before
    next: Next = Next.PENDING
    code: ExecCode = ExecCode.ASKED


@dataclass(slots=True)
class Sender:
    """What a connection's messages and marks prove about the gVisor that sends them."""

    order: ExecOrder = ExecOrder.UNKNOWN
    is_point_on: bool = False
    is_excerpt: bool = False
    """Whether the trace has only chosen messages, so that missing ones may have been sent."""
    lost_at: int = -1
    """The last row with an unreadable message or dropped points."""
    waiting: dict[int, ExecRows] = field(default_factory=dict)
    unnoted: list[ExecRows] = field(default_factory=list)
    """In an excerpt, the exec of each exit since the last mark of outcomes."""


def proof(exec_: ExecRows, connection: Sender) -> ExecOrder:
    """The order in which a connection sends execs, if this exec proves it."""
    if connection.is_excerpt:
        return ExecOrder.UNKNOWN
    if exec_.before is Before.INFO_IN_CALL:
        return ExecOrder.OLD
    if connection.is_point_on and exec_.before is Before.OTHER:
        return ExecOrder.NEW
    return ExecOrder.UNKNOWN


def reading(exec_: ExecRows, connection: Sender) -> ExecCode:
    """The `ExecCode` of an exec, given what its connection has proved."""
    if connection.order is ExecOrder.OLD:
        return ExecCode.DONE
    if connection.is_excerpt:
        return ExecCode.ASKED
    if exec_.next is Next.INFO:
        return ExecCode.DONE_LATER
    if connection.order is ExecOrder.NEW:
        is_failed = connection.is_point_on and exec_.next is Next.OTHER
        return ExecCode.FAILED if is_failed else ExecCode.ASKED
    return ExecCode.DONE if exec_.before is Before.INFO else ExecCode.ASKED


def may_change(exec_: ExecRows, connection: Sender) -> bool:
    """Whether later messages may still tell the outcome of an exec."""
    if connection.is_excerpt or connection.order is ExecOrder.UNKNOWN or exec_.next is Next.PENDING:
        return True
    return exec_.next is Next.OTHER and not connection.is_point_on
