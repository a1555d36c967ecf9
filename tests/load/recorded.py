"""Whether a recording has all that a herd has sent, connection by connection, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gvtui.trace.details import int_in
from gvtui.trace.marks import RefusedMark, read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Flag, Kind
from tests.load.herd import CYCLE, Sent

_CHUNK = 1 << 18


@dataclass(slots=True)
class _Came:
    """What came on the connections of one process."""

    connections: int = 0
    messages: int = 0
    dropped: int = 0
    malformed: int = 0
    out_of_order: int = 0
    """How often a message was not the one after that before it."""
    waited_ns: list[npt.NDArray[np.int64]] = field(default_factory=list)
    """How long each message waited until it was received."""


class Recorded:
    """What a recording has, by the process that sent it."""

    def __init__(self, trace: Trace) -> None:
        """Read all of it; the trace stays the caller's."""
        self.by_peer: dict[int, _Came] = {}
        self.refused = 0
        self._trace = trace
        self._peers: dict[int, int] = {}
        self._next: dict[int, int] = {}
        for start in range(trace.first_row, trace.end_row, _CHUNK):
            rows = trace.rows(start, min(start + _CHUNK, trace.end_row))
            self._take_events(rows, start)
            self._take_messages(rows[rows["kind"] == Kind.MESSAGE])

    def _take_events(self, rows: npt.NDArray[np.void], start: int) -> None:
        for place in np.flatnonzero(rows["kind"] != Kind.MESSAGE).tolist():
            kind, conn = int(rows["kind"][place]), int(rows["conn"][place])
            if kind == Kind.OPENED:
                peer = int_in(self._trace.details(start + place), "peer_pid")
                self._peers[conn] = peer
                self._next[conn] = 0
                self.by_peer.setdefault(peer, _Came()).connections += 1
            elif kind == Kind.DROP:
                self.by_peer[self._peers[conn]].dropped += int(rows["result"][place])
            elif kind == Kind.MARK:
                mark = read_mark(self._trace.details(start + place))
                self.refused += mark.count if isinstance(mark, RefusedMark) else 0

    def _take_messages(self, rows: npt.NDArray[np.void]) -> None:
        order = np.argsort(rows["conn"], kind="stable")
        rows = rows[order]
        conns, firsts = np.unique(rows["conn"], return_index=True)
        for conn, part in zip(conns.tolist(), np.split(rows, firsts[1:]), strict=True):
            came = self.by_peer[self._peers[conn]]
            came.messages += len(part)
            bad = part["flags"] & Flag.MALFORMED != 0
            came.malformed += int(np.count_nonzero(bad))
            good = part[~bad]
            if not len(good):
                continue
            numbers = good["result"]
            before = np.concatenate(([self._next[conn] - 1], numbers[:-1]))
            came.out_of_order += int(np.count_nonzero((before + 1) % CYCLE != numbers))
            self._next[conn] = (int(numbers[-1]) + 1) % CYCLE
            came.waited_ns.append(good["recv_ns"] - good["time_ns"])

    def waited_ms(self, sent: Sequence[Sent]) -> npt.NDArray[np.float64]:
        """How long each message of some processes waited until it was received, in milliseconds."""
        empty = np.zeros(0, np.int64)
        found = [each for one in sent for each in self._of(one).waited_ns]
        return np.concatenate([empty, *found]) / 1e6

    def problems(self, sent: Sequence[Sent]) -> list[str]:
        """What was sent and is not there, or not in order, in sentences without full stop."""
        problems = []
        for one in sent:
            who = f"{one.kind} {one.pid}"
            if one.problem:
                problems.append(f"{who} failed: {one.problem}")
            came = self._of(one)
            for name in ("messages", "dropped", "malformed", "connections"):
                told, found = getattr(one, name), getattr(came, name)
                if told != found:
                    problems.append(f"{who}: {told:,} {name}, {found:,} recorded")
            if came.out_of_order:
                problems.append(f"{who}: {came.out_of_order:,} out of order")
        refused = sum(one.refused for one in sent)
        if refused != self.refused:
            problems.append(f"{refused:,} connections were refused, {self.refused:,} are told of")
        return problems

    def total(self, sent: Sequence[Sent]) -> dict[str, int]:
        """The sums of what came from some processes."""
        names = ("connections", "messages", "dropped", "malformed", "out_of_order")
        return {name: sum(getattr(self._of(one), name) for one in sent) for name in names}

    def _of(self, sent: Sent) -> Any:
        return self.by_peer.get(sent.pid, _Came())
