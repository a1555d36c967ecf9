"""What became of each exec: a call of execve or execveat whose exit says that nothing went wrong.

Newer gVisor (seen on release-20260905.0) sends the exit of an exec before it loads the program: the
result is 0 whatever follows, but for faults of the arguments themselves. If the program could be
loaded, `sentry/execve` comes next from the same thread; if not, nothing tells, and the error is not
sent. Older gVisor (seen on those of 2022-12 and 2024-07) sends `sentry/execve` before the exit, and
the exit has the true error.

So an exit without an error is read both ways, and the answer is given where it is one:

- The old way it is done.
- The new way it is done if `sentry/execve` is the next message of its thread. It has failed if
  another message is, that point is on, and nothing was dropped between the two.

What a connection has sent may prove one of the ways for all its execs, before and after:

- The old one: `sentry/execve` came between an enter and its exit, or execve failed with an error
  that only loading a program gives.
- The new one: the point is on, and an exit without an error has no `sentry/execve` before it though
  nothing was dropped.

That the point is on is known from the session noted in the trace, or from a `sentry/execve`.

Besides, the old way is known where the sandbox's binary was noted when it connected, and both ways
where what was known of a connection was noted in a copy of what came later. In a recording of
chosen messages what stands beside an exit proves nothing: there its outcome is noted behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum

from gvtui.decode.outcome import Outcome


class Code(IntEnum):
    """What is known of an exit without an error."""

    NONE = 0
    """It is no exec's."""
    ASKED = 1
    DONE = 2
    """The program began, and the exit was sent afterwards."""
    DONE_LATER = 3
    """The program began, but the exit was sent before it was loaded, or may have been."""
    FAILED = 4


OUTCOMES = {
    Code.ASKED: Outcome.ASKED,
    Code.DONE: Outcome.DONE,
    Code.DONE_LATER: Outcome.DONE,
    Code.FAILED: Outcome.FAILED,
}


class Order(Enum):
    """When a sandbox sends `sentry/execve`."""

    UNKNOWN = 0
    OLD = 1
    """`sentry/execve` comes before the exit."""
    NEW = 2


class Before(Enum):
    """What a thread sent just before the exit of an exec."""

    UNKNOWN = 0
    OTHER = 1
    INFO_IN_CALL = 2
    """`sentry/execve`, and the enter before it."""
    INFO = 3
    """`sentry/execve`, which followed what is no exit of an exec."""
    DOUBTFUL_INFO = 4
    """`sentry/execve`, which may belong to an exec of before."""


class Next(Enum):
    """What a thread sent just after the exit of an exec."""

    PENDING = 0
    INFO = 1
    OTHER = 2
    LOST = 3
    """Not known: points were dropped."""


@dataclass(slots=True)
class Exec:
    """An exit without an error; two rows where a raw and a decoded point told of it."""

    rows: list[int]
    before: Before
    next: Next = Next.PENDING
    code: Code = Code.ASKED


@dataclass(slots=True)
class Sender:
    """What a connection has proved of the gVisor that sends on it."""

    order: Order = Order.UNKNOWN
    is_point_on: bool = False
    is_excerpt: bool = False
    """Whether its messages were chosen, so that what is missing may have been sent."""
    lost_at: int = -1
    """The last row of which it is not known what its message was."""
    waiting: dict[int, Exec] = field(default_factory=dict)
    unnoted: list[Exec] = field(default_factory=list)
    """In an excerpt, for each exit since the last note of outcomes the exec that it ended."""


def proof(exec_: Exec, connection: Sender) -> Order:
    """The way in which a connection sends execs, as far as one of them proves it."""
    if connection.is_excerpt:
        return Order.UNKNOWN
    if exec_.before is Before.INFO_IN_CALL:
        return Order.OLD
    if connection.is_point_on and exec_.before is Before.OTHER:
        return Order.NEW
    return Order.UNKNOWN


def reading(exec_: Exec, connection: Sender) -> Code:
    """What is known of an exec, by what its connection has proved."""
    if connection.order is Order.OLD:
        return Code.DONE
    if connection.is_excerpt:
        return Code.ASKED
    if exec_.next is Next.INFO:
        return Code.DONE_LATER
    if connection.order is Order.NEW:
        is_failed = connection.is_point_on and exec_.next is Next.OTHER
        return Code.FAILED if is_failed else Code.ASKED
    return Code.DONE if exec_.before is Before.INFO else Code.ASKED


def may_change(exec_: Exec, connection: Sender) -> bool:
    """Whether what comes later may yet tell what became of an exec."""
    if connection.is_excerpt or connection.order is Order.UNKNOWN or exec_.next is Next.PENDING:
        return True
    return exec_.next is Next.OTHER and not connection.is_point_on
