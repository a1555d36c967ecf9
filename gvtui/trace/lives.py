"""Tells apart the lives of a sandbox, which may be started again under its container ID.

Within one life, a thread group id is one process at a time: ids are those of the whole sandbox,
whichever of a pod's containers the process belongs to and whichever connection tells of it.

A connection begins a new life if the runsc that made it starts a sandbox, or if it brings the start
of a container that ran before. Another connection of the same container belongs to the life that
the connections before it have, as when a session is replaced.

A life has ended, and its processes with it, when its first process has told its exit and no
connection is left; when it is noted that the sandbox's process has gone; or when the next life
begins. A connection that merely closes tells neither: somebody may have deleted the session.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import NamedTuple

MAX_LIVES = 1 << 16
"""How many lives are known, of those whose connections are summed up or have ended."""

_MAX_CONTAINERS = 64


class LifeEnding(Enum):
    """How it is known that a life has ended."""

    EXITED = "its first process has ended"
    CUT_OFF = "it was gone without an exit of its first process"
    RESTARTED = "it was started again"


@dataclass(slots=True)
class Life:
    """One run of a sandbox, from its start to its end, with all its connections."""

    number: int
    """Its number within the trace, from 1, in the order of the connections."""
    sandbox: str = ""
    """The sandbox's container ID as it is shown; "" if not known."""
    makers: set[tuple[int, int]] = field(default_factory=set)
    """The pid and start of each runsc that has connected and starts a sandbox."""
    containers: dict[str, int] = field(default_factory=dict)
    """The containers that messages tell of, the first `_MAX_CONTAINERS`, each with the connection
    that told first."""
    connected: set[int] = field(default_factory=set)
    """Its open connections."""
    exit_status: int | None = None
    """The wait status of its first process; None while it runs, and if none was told."""
    last_conn: int = 0
    """The connection that closed last; 0 while none has."""
    closed_ns: int = 0
    """When its last connection closed, Unix nanoseconds; 0 while one is open."""
    closed_by_monitor: bool = False
    """Whether that was because the monitor stopped, and not because of the sandbox."""
    ending: LifeEnding | None = None
    """How its end is known; None while it runs, and while it is not known whether it does."""
    ended_ns: int = 0
    """When it ended, Unix nanoseconds: at the latest, unless a process has told its exit."""
    traces_exits: bool | None = None
    """Whether exits of processes are traced, by the session or since one was told; None if nothing
    tells."""

    @property
    def is_out_of_sight(self) -> bool:
        """Whether no connection is left, and nothing tells whether the sandbox still runs."""
        return self.ending is None and bool(self.closed_ns) and not self.closed_by_monitor


class Change(NamedTuple):
    """A row tells that a sandbox has ended, or that nothing tells of it any more."""

    row: int
    life: int
    """The number of the sandbox's life."""
    has_ended: bool
    """False if the last connection has closed, and the sandbox may run on."""
    when_ns: int
    """Since when, Unix nanoseconds."""
    traces_exits: bool | None = None
    """As the life has it."""


class Lives:
    """The lives of all sandboxes of a trace, found from its rows in their order."""

    def __init__(self) -> None:
        self._next = 1
        self._of_conn: OrderedDict[int, Life] = OrderedDict()
        self._current: dict[str, Life] = {}
        self._maker: dict[int, tuple[int, int]] = {}
        self._changes: deque[Change] = deque(maxlen=MAX_LIVES)
        self._changed = 0

    def __len__(self) -> int:
        return len(self._of_conn)

    def of(self, conn: int) -> Life | None:
        """The life that a connection belongs to; None if it is not known any more."""
        return self._of_conn.get(conn)

    def standing(self) -> list[Life]:
        """The newest life of each sandbox, so far as it is known."""
        return list(self._current.values())

    def number(self, conn: int) -> int:
        """The number of a connection's life; below 0 if it is not known any more."""
        life = self._of_conn.get(conn)
        return life.number if life is not None else -conn

    def changes(self, known: int) -> list[Change]:
        """The changes in the order of their rows, without the first `known` of them; of very many,
        the newest."""
        count = min(self._changed - known, len(self._changes))
        return list(islice(self._changes, len(self._changes) - count, None))

    @property
    def changed(self) -> int:
        """How many changes there were."""
        return self._changed

    def meet(self, conn: int) -> None:
        """Note the first row of a connection."""
        life = self._of_conn[conn] = self._new("")
        life.connected.add(conn)
        while len(self._of_conn) > MAX_LIVES:
            _, oldest = self._of_conn.popitem(last=False)
            if self._current.get(oldest.sandbox) is oldest:
                del self._current[oldest.sandbox]

    def made(self, conn: int, pid: int, start: int) -> None:
        """Note that the runsc that made a connection starts a sandbox.

        Args:
            conn: the connection.
            pid: that of the runsc.
            start: when it started, in the kernel's clock ticks.
        """
        self._maker[conn] = (pid, start)

    def named(self, conn: int, sandbox: str, row: int, when_ns: int) -> None:
        """Note that a connection is a sandbox's: it joins the sandbox's life, or begins one.

        Args:
            conn: the connection.
            sandbox: the container ID as it is shown.
            row: the row that tells it.
            when_ns: its time of receipt.
        """
        own, known = self._of_conn.get(conn), self._current.get(sandbox)
        if own is None or own is known:
            return
        if own.sandbox:
            # It had the name of another sandbox, which has proven since that it is its own.
            own.connected.discard(conn)
            own = self._of_conn[conn] = self._new("")
            own.connected.add(conn)
        maker = self._maker.pop(conn, None)
        if known is None or known.ending is not None or (maker and maker not in known.makers):
            self._begin(own, sandbox, row, when_ns)
            known = own
        else:
            known.containers |= own.containers | known.containers
            known.connected |= own.connected
            if own.traces_exits is not None:
                known.traces_exits = own.traces_exits
            self._of_conn[conn] = known
            if known.closed_ns and known.connected:
                known.closed_ns = 0
        if maker:
            known.makers.add(maker)

    def speaks(
        self, conn: int, container: str, row: int, when_ns: int, *, is_start: bool = False
    ) -> None:
        """Note that a connection speaks for a container for the first time.

        Args:
            conn: the connection.
            container: the container's name as it is shown.
            row: the message's row.
            when_ns: its time of receipt.
            is_start: whether it tells that the container starts.
        """
        life = self._of_conn.get(conn)
        if life is None or not container:
            return
        told = life.containers.get(container, conn)
        if is_start and container == life.sandbox and told != conn:
            anew = self._new("")
            anew.connected.add(conn)
            life.connected.discard(conn)
            self._of_conn[conn] = anew
            self._begin(anew, life.sandbox, row, when_ns)
            life = anew
        if len(life.containers) < _MAX_CONTAINERS:
            life.containers.setdefault(container, conn)

    def exits(self, conn: int, status: int) -> None:
        """Note that a sandbox's first process has told its exit, with a wait status."""
        life = self._of_conn.get(conn)
        if life is not None and life.ending is None:
            life.exit_status = status

    def tells_exits(self, conn: int) -> None:
        """Note that a message of a connection tells the exit of a process or a thread."""
        life = self._of_conn.get(conn)
        if life is not None and life.ending is None:
            life.traces_exits = True

    def takes_session(self, sandbox: str, *, traces_exits: bool) -> None:
        """Note that a sandbox has another session, and whether that traces exits."""
        life = self._current.get(sandbox)
        if life is not None and life.ending is None:
            life.traces_exits = traces_exits

    def goes_on(self, conn: int) -> None:
        """Note that a sandbox's first process has called something after an exit of a thread that
        has its id: another thread has taken it over."""
        life = self._of_conn.get(conn)
        if life is not None and life.ending is None:
            life.exit_status = None

    def closes(self, conn: int, row: int, when_ns: int, *, by_monitor: bool) -> None:
        """Note that a connection has closed.

        Args:
            conn: the connection.
            row: the row that tells it.
            when_ns: when it closed.
            by_monitor: whether the monitor stopped.
        """
        life = self._of_conn.get(conn)
        if life is None or conn not in life.connected:
            return
        self._maker.pop(conn, None)
        life.connected.discard(conn)
        life.last_conn = conn
        if life.connected or life.ending is not None:
            return
        life.closed_ns, life.closed_by_monitor = when_ns or 1, by_monitor
        if life.exit_status is not None:
            self._end(life, LifeEnding.EXITED, row)
        elif not by_monitor:
            self._change(life, row)

    def gone(self, conn: int, row: int, when_ns: int) -> None:
        """Note that it is known from elsewhere that a connection's sandbox has gone."""
        life = self._of_conn.get(conn)
        if life is not None and life.ending is None and not life.connected:
            life.closed_ns = life.closed_ns or when_ns
            self._end(life, LifeEnding.CUT_OFF, row)

    def forget(self, conn: int) -> None:
        """A connection is not known one by one any more; its life stays known for a while."""
        self._maker.pop(conn, None)

    def _new(self, sandbox: str) -> Life:
        life = Life(self._next, sandbox)
        self._next += 1
        return life

    def _begin(self, life: Life, sandbox: str, row: int, when_ns: int) -> None:
        former = self._current.get(sandbox)
        if former is not None and former.ending is None:
            exited = former.exit_status is not None
            former.closed_ns = former.closed_ns or when_ns
            self._end(former, LifeEnding.EXITED if exited else LifeEnding.RESTARTED, row)
        life.sandbox = sandbox
        self._current[sandbox] = life

    def _end(self, life: Life, ending: LifeEnding, row: int) -> None:
        life.ending, life.ended_ns = ending, life.closed_ns
        self._change(life, row)

    def _change(self, life: Life, row: int) -> None:
        has_ended = life.ending is not None
        self._changes.append(Change(row, life.number, has_ended, life.closed_ns, life.traces_exits))
        self._changed += 1
