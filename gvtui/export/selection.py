"""Chooses the rows that an export writes: those that pass a filter, also as the trace grows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.analysis import Analysis
from gvtui.query.calls.doubles import Twins
from gvtui.query.calls.exec_outcomes import BINARY_SECONDS
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.naming import containers_of
from gvtui.query.helpers.ahead import Ahead
from gvtui.query.once import leave_out_doubles
from gvtui.query.processes.events import AUDIT_VARIABLE
from gvtui.query.processes.notices import notice_at
from gvtui.trace.row import Direction, Flag
from gvtui.wire.messages import RAW_SYSCALL, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from gvtui.query.facts import ProcessFacts
    from gvtui.query.helpers.ahead import Helper
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.redact.redactor import Redactor
    from gvtui.trace.reader import Trace
    from gvtui.trace.row import Row
    from gvtui.wire.messages import Decoded

CHUNK = 1 << 14
"""How many rows are filtered in one step."""

NAMING_SECONDS = 1.5
"""How long a row waits for the name of its container, where the filter asks for it."""
_MAX_UNNAMED = 1 << 12

PATIENCE_SECONDS = 0.5
"""How long a row waits for the rows that tell more of its call: an exec's outcome, or its other
point."""
_NEWEST = 512
"""How many of the newest rows may wait for the other point of their call."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A range of rows, and which of them were chosen."""

    start: int
    rows: npt.NDArray[np.void]
    chosen: npt.NDArray[np.bool_] | None
    """A flag for each row of the range; None if all are chosen."""

    def row_ids(self) -> list[int]:
        """Ids of the chosen rows."""
        if self.chosen is None:
            return list(range(self.start, self.start + len(self.rows)))
        ids: list[int] = (self.chosen.nonzero()[0] + self.start).tolist()
        return ids


class NamePatience:
    """Has rows wait until it is known what their containers are called, but not for long."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._since: dict[tuple[int, str], float] = {}
        """When each container without a name was met, by connection."""

    def ready(self, start: int, stop: int, now: float) -> int:
        """How far the rows from `start` to before `stop` may be tested; `now` as for
        `Selection.ready`."""
        rows = self._trace.rows(start, stop)
        if not len(rows):
            return stop
        places, containers = containers_of(self._trace, rows)
        names = self._trace.connections.names
        if len(self._since) > _MAX_UNNAMED:
            self._since.clear()
        waits = [
            each[0] > 0
            and not names(*each)
            and now - self._since.setdefault(each, now) < NAMING_SECONDS
            for each in containers
        ]
        held = np.flatnonzero(np.array(waits, np.bool_)[places])
        return start + int(held[0]) if len(held) else stop


class Selection:
    """The rows of a trace that pass a filter. The caller closes the trace."""

    def __init__(
        self,
        trace: Trace,
        filter_text: str = "",
        *,
        analysis: Analysis | None = None,
        helpers: Sequence[Helper] = (),
        conns: Sequence[int] = (),
        audit_variable: str = "",
    ) -> None:
        """Choose rows.

        Args:
            trace: the trace whose rows are chosen.
            filter_text: a condition; empty chooses all rows.
            analysis: an analysis that somebody else advances, such as the viewer: the selection
                uses what it knows so far and reads no rows ahead. Without it, the selection makes
                its own.
            helpers: processes that test rows too; see `gvtui.query.helpers`.
            conns: the connections of one sandbox, whose rows alone are chosen; empty for all rows.
            audit_variable: the environment variable with the audit ID of exec sessions; "" for that
                of Kubernetes.

        Raises:
            FilterError: the text is no filter.
        """
        self.trace = trace
        self._looks_ahead = analysis is None
        if analysis is None:
            # A filter that asks for it has the whole trace analysed first, unless that is kept.
            analysis = Analysis(
                trace,
                audit_variable=audit_variable or AUDIT_VARIABLE,
                is_kept=compile_filter(filter_text).asks_context,
            )
        self.pairs = analysis.pairs
        """Which enter belongs to which exit, as far as `look_ahead` has read."""
        self._context = analysis.context
        self._processes = analysis.processes
        self.filter_text = filter_text.strip()
        """The condition; "" for none."""
        self._filter = compile_filter(filter_text, self._context) if filter_text.strip() else None
        asks_names = self._filter is not None and self._filter.asks_names
        self._names = NamePatience(trace) if asks_names else None
        self._ahead = None
        if self._filter is not None and helpers:
            self._ahead = Ahead(trace, self._filter, helpers)
        self.joins_points = False
        """Whether raw and decoded points of a call are one: a raw row then waits for the other, in
        a trace that grows."""
        self.leaves_out_doubles = False
        """Whether raw rows that a chosen decoded row of the same call repeats are not chosen."""
        self._twins = Twins(trace)
        self.conns = list(conns)
        """The connections whose rows alone are chosen; empty for those of all."""
        self._containers = {
            "",
            *(each.container_id for each in trace.connections.values() if each.conn in self.conns),
        }
        self.redactor: Redactor | None = None
        """Takes secrets out of messages that are put into words; None for none."""
        self._doubled: set[tuple[int, int]] = set()
        """Connections and numbers of calls that came twice, for `joins_points`."""
        self._waits_for = -1
        self._waits_since = 0.0

    @property
    def is_filtered(self) -> bool:
        """Whether there is a condition at all."""
        return self._filter is not None or self.is_of_one

    @property
    def is_of_one(self) -> bool:
        """Whether all rows are of one sandbox, whatever the trace has."""
        return bool(self.conns)

    def concerns(self, conn: int, container: str = "") -> bool:
        """Whether what is said of a connection, or of a container, may stand beside the chosen rows:
        rows of one sandbox do not tell who the others are.

        Args:
            conn: the connection; 0 for none.
            container: the container's ID; "" for none.
        """
        if not self.conns:
            return True
        return conn in self.conns if conn else container in self._containers

    @property
    def facts(self) -> ProcessFacts:
        """What the processes tell of each row."""
        return self._context.facts

    def shown(self, payload: bytes, row: Row) -> bytes:
        """A message as it may be shown; one that cannot be read as it is."""
        if self.redactor is None or row.flags & Flag.MALFORMED:
            return payload
        is_whole = not row.flags & Flag.TRUNCATED
        return self.redactor.for_export(payload, row.type, is_whole=is_whole)

    def shown_raw(self, payload: bytes) -> bytes:
        """What may be shown of a message that cannot be read."""
        return payload if self.redactor is None else self.redactor.cut(payload)

    def decoded(self, row_id: int) -> Decoded:
        """The decoded message of a row as it may be shown; raises as `Trace.decoded` does."""
        decoded = self.trace.decoded(row_id)
        if self.redactor is not None and not isinstance(decoded.message, Unknown):
            self.redactor.fields(decoded.message)
        return decoded

    def shortfall(self) -> str:
        """What the filter could not compare whole, as a part of a sentence; "" for nothing."""
        return self._context.facts.cut_text()

    def look_ahead(self) -> None:
        """Pair the enters and exits of all rows that the trace has now."""
        while self._looks_ahead and self.pairs.advance():
            pass
        self.look_ahead_at_execs()

    def look_ahead_at_execs(self) -> None:
        """Find the outcomes of execs, as far as the rows that the trace has now tell them."""
        while self._looks_ahead and self.pairs.execs.advance():
            pass

    def resolve(self) -> Resolved:
        """What calls did, as far as the rows that the trace has now tell."""
        resolved = self._context.resolved
        while self._looks_ahead and self._context.advance():
            pass
        return resolved

    def notice(self, row_id: int, row: Row) -> str:
        """What other rows that the trace has now tell of a program that began at a row, if it is
        to be noticed; "" if nothing is. See `gvtui.query.processes.notices`."""
        while self._looks_ahead and self._context.advance():
            pass
        return notice_at(self._processes, row_id, row)[0]

    def ready(self, start: int, stop: int, now: float) -> int:
        """How far the rows from `start` to before `stop` may be written, in a trace that grows.

        An exec's outcome is told by the next message of its thread, or by a trace mark about its
        sandbox's binary: the row waits for that, but not for long.

        Args:
            start: the first row to be written.
            stop: the row after the last one.
            now: the time of a monotonic clock, in seconds.
        """
        self.look_ahead_at_execs()
        execs = self.pairs.execs
        waiting = (
            (execs.first_unnoted(start), BINARY_SECONDS),
            (execs.first_open(start), PATIENCE_SECONDS),
        )
        near = ((row, most) for row, most in waiting if row is not None and row < stop)
        held, patience = next(near, (stop, 0.0))
        stop = self._names.ready(start, stop, now) if self._names is not None else stop
        if self.joins_points and (alone := self._first_alone(start, stop)) < held:
            held, patience = alone, PATIENCE_SECONDS
        held = min(held, stop)
        if held != self._waits_for:
            self._waits_for, self._waits_since = held, now
        return stop if now - self._waits_since >= patience else held

    def _first_alone(self, start: int, stop: int) -> int:
        """The first raw row that is its thread's newest, of a call that came twice before; `stop`
        if there is none."""
        begin = max(self.trace.first_row, self.trace.end_row - _NEWEST)
        rows = self.trace.rows(begin, self.trace.end_row)
        newest: dict[tuple[int, int], tuple[int, int, int, bool]] = {}
        columns = (rows[name].tolist() for name in ("conn", "tid", "direction", "sysno", "type"))
        for row_id, (conn, tid, direction, sysno, kind) in enumerate(
            zip(*columns, strict=True), begin
        ):
            if direction == Direction.NONE or not tid:
                continue
            is_raw = kind == RAW_SYSCALL
            before = newest.get((conn, tid))
            if not is_raw and before is not None and before[1:] == (direction, sysno, True):
                self._doubled.add((conn, sysno))
            newest[conn, tid] = (row_id, direction, sysno, is_raw)
        alone = (
            row_id
            for (conn, _), (row_id, _, sysno, is_raw) in newest.items()
            if is_raw and start <= row_id < stop and (conn, sysno) in self._doubled
        )
        return min(alone, default=stop)

    def includes(self, row_id: int) -> bool:
        """Whether a row is chosen."""
        if self.conns and self.trace.row(row_id).conn not in self.conns:
            return False
        return self._filter is None or self._filter.matches(self.trace, row_id)

    def chunks(self, start: int, stop: int) -> Iterator[Chunk]:
        """The rows from `start` to before `stop`, as far as the trace still has them."""
        self.look_ahead_at_execs()
        while self._filter is not None and self._filter.asks_context and self._context.advance():
            pass
        start = max(start, self.trace.first_row)
        while start < stop:
            until, may_pass = min(start + CHUNK, stop), None
            if self._ahead is not None:
                until, may_pass = self._ahead.look(start, until, is_waiting=True)
            began = time.perf_counter()
            rows = self.trace.rows(start, until)
            if not len(rows):
                return
            chosen = self._filter.mask(self.trace, rows, start, may_pass) if self._filter else None
            if self._ahead is not None and may_pass is None:
                took = time.perf_counter() - began
                self._ahead.took(took, len(rows), start + len(rows))
            if self.conns:
                own = np.isin(rows["conn"], self.conns)
                chosen = own if chosen is None else chosen & own
            if self.leaves_out_doubles:
                chosen = np.ones(len(rows), np.bool_) if chosen is None else chosen
                leave_out_doubles(start, rows, chosen, self._twins, self.includes)
            yield Chunk(start, rows, chosen)
            start += len(rows)

    def row_ids(self, start: int, stop: int) -> Iterator[int]:
        """Ids of the chosen rows from `start` to before `stop`."""
        for chunk in self.chunks(start, stop):
            yield from chunk.row_ids()
