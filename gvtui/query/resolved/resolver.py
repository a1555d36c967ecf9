"""Turns the messages of a trace into what happened: descriptors, folders, paths, bytes.

What is told twice, by a raw point and by a decoded one, counts once, from the decoded one. Where
points were dropped, what a process had open is not known any more. Threads are taken to share the
descriptors of their process, as those of every usual thread library do.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.calls.execs import LateOutcomes
from gvtui.query.column import RowColumn
from gvtui.query.follower import Follower
from gvtui.query.resolved.accounting import ByteAccounting
from gvtui.query.resolved.assigning import Uses
from gvtui.query.resolved.doubled import DOUBLED, Doubled
from gvtui.query.resolved.effects import Effects
from gvtui.query.resolved.files import OpenFiles
from gvtui.query.resolved.growth import DescriptorGrowth
from gvtui.query.resolved.naming import DescriptorNaming
from gvtui.query.resolved.paths import told
from gvtui.query.resolved.rawfds import first_arguments
from gvtui.query.resolved.seeds import seed
from gvtui.query.resolved.slicemessages import SliceMessages
from gvtui.query.resolved.telling import (
    CLOSED,
    EXEC,
    LOST,
    MARK,
    NAMED,
    OPENED,
    Telling,
    TellingRows,
)
from gvtui.query.resolved.undoing import RawUndoing
from gvtui.query.source import CHUNK
from gvtui.trace.row import NO_FD, Direction, Kind, Row
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import WITH_ADDRESS, WITH_PATH, MessageType

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.processes.processes import Processes
    from gvtui.query.source import RowSource

_CLONE_FS, _CLONE_FILES, _CLONE_THREAD = 0x200, 0x400, 0x10000
_EBADF = 9
_START, _CLONE = int(MessageType.CONTAINER_START), int(MessageType.SENTRY_CLONE)
_CHDIR = int(MessageType.SYSCALL_CHDIR)
_WATCH, _EXIT = int(MessageType.SYSCALL_INOTIFY_ADD_WATCH), int(Direction.EXIT)
_PATHS = frozenset(map(int, WITH_PATH))
"""To find an enum's member takes ten times as long, which counts for each call."""
_AHEAD = 1 << 9
"""How many rows after a slice may have the decoded row of a raw one at its end."""


def _used(
    rows: npt.NDArray[np.void], telling: Telling, messages: SliceMessages, architecture: str
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """The places of the rows that are about a descriptor, and the descriptors."""
    fds, about = rows["fd"].astype(np.int64), telling.about
    if telling.asked.any():
        fds[telling.asked] = first_arguments(messages, telling.asked, architecture)
        about = about | (telling.asked & (fds >= 0))
    places = np.flatnonzero(about & (fds != NO_FD))
    return places, fds[places]


class Resolver(Follower):
    """What happened in the rows that `Pairs` and `Processes` have read."""

    def __init__(
        self, trace: RowSource, pairs: Pairs, processes: Processes, files: OpenFiles | None = None
    ) -> None:
        super().__init__(trace)
        self._pairs = pairs
        self._processes = processes
        self.files = files if files is not None else OpenFiles()
        """What each process has open now."""
        self.descriptions = self.files.descriptions
        self.texts = self.descriptions.texts
        self.growth = DescriptorGrowth()
        """Which processes open more descriptors than they close."""
        self.missed_rows = 0
        """How many rows were removed from the trace before they could be read."""
        self.column = RowColumn(trace.side_folders)
        """For each row the number of its description, or below 0 that of its path's text."""
        self.others = RowColumn(trace.side_folders)
        """For the exit of a call between two descriptors the number of the second's description."""
        self.bytes = ByteAccounting(self.descriptions)
        """The bytes that the rows moved."""
        self._naming = DescriptorNaming(trace, self.texts)
        self._doubled = Doubled()
        self._undoing = RawUndoing(self.files)
        self._late = LateOutcomes(pairs.execs)
        self._architecture = ""
        self._tree_version = -1
        self._settle_architecture()

    def _settle_architecture(self) -> None:
        if self._architecture == self._trace.architecture:
            return
        self._architecture = architecture = self._trace.architecture
        self.effects = Effects(self.files, architecture, self._naming, self._pairs.partner)
        self._telling = TellingRows(architecture)
        self.bytes.settle(architecture)

    @property
    def _end(self) -> int:
        return min(self._pairs.position, self._processes.position)

    def _begin(self) -> None:
        self._settle_architecture()
        self.missed_rows += max(0, self._trace.first_row - self.position)
        self.column.let_go(self._trace.first_row)
        self.others.let_go(self._trace.first_row)
        if self._trace.first_row > self.position:
            for process in self.files.known():
                self.files.lose(process, self._trace.first_row)
        self._take_late(self.position)

    def unsure_rows(self, start: int, count: int) -> list[int]:
        """Those of `count` rows from `start` on that may turn out to repeat a decoded row."""
        return self._doubled.unsure_rows(start, count)

    def told_paths(self, strings: npt.NDArray[np.uint32]) -> npt.NDArray[np.int32]:
        """The numbers in `texts` of interned strings that are absolute paths; 0 for others."""
        return self._naming.numbers(strings)

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        self._take_late(start)
        offset = start % CHUNK
        out = self.column.chunk(start // CHUNK)[offset : offset + len(rows)]
        readable = (rows["kind"] == Kind.MESSAGE) & (rows["flags"] == 0)
        is_raw = readable & (rows["type"] == RAW_SYSCALL)
        stop = start + len(rows)
        self._doubled.learn(self._trace.rows(stop, min(stop + _AHEAD, self._trace.end_row)))
        doubled = self._doubled.mask(start, rows, is_raw)
        for row in self._doubled.take_late():
            self._undo(row)
        processes = self._processes.tree.numbers(start, rows)
        known = readable & (processes > 0)

        codes = self._pairs.execs.codes(start, len(rows))
        absolute = self._naming.absolute(rows["path"])
        telling = self._telling.find(rows, known, is_raw & ~doubled, codes, absolute)
        messages = SliceMessages(self._trace, start, rows, telling.asked | telling.read)
        places, fds = _used(rows, telling, messages, self._architecture)
        uses = Uses(places, processes[places], fds, self._now)
        meets = uses.unknown(self._proves(rows, places))
        self._apply(start, rows, telling, messages, processes, uses, meets)
        runs = uses.resolved(start, self.files.changes)
        self._end_changes()
        numbers = runs.numbers
        mine = out[places] == 0
        out[places[mine]] = numbers[mine]
        out[is_raw & doubled] = DOUBLED
        self._note_told(start, rows, places, numbers)
        self.bytes.add(start, rows, out, places, numbers, processes)

    def _end_changes(self) -> None:
        self.growth.take(self.files.changes)
        self.files.changes.clear()

    def _now(self, process: int, fd: int) -> int:
        files = self.files.get(process)
        return files.table.get(fd) if files is not None else 0

    def _apply(
        self,
        start: int,
        rows: npt.NDArray[np.void],
        telling: Telling,
        messages: SliceMessages,
        processes: npt.NDArray[np.int64],
        uses: Uses,
        meets: list[int],
    ) -> None:
        """Let the slice's calls take effect in their order, and name their paths."""
        out = self.column.chunk(start // CHUNK)
        plain = telling.plain
        out[start % CHUNK + np.flatnonzero(plain)] = -self._naming.numbers(rows["path"][plain])
        ends = self._ends(start + len(rows), processes)
        changed = self.files.changes.numbers
        seen = len(changed)
        heapq.heapify(meets)
        chosen = np.flatnonzero(telling.tells)
        others = np.flatnonzero(telling.read & (telling.kinds == 0))
        held = dict(zip(others.tolist(), rows[others].tolist(), strict=True))
        columns = (
            telling.kinds,
            processes,
            rows["fd"],
            rows["result"],
            rows["sysno"],
            telling.acts,
        )
        values: dict[int, int] = {}
        for place, kind, process, fd, result, sysno, is_act in zip(
            chosen.tolist(), *(column[chosen].tolist() for column in columns), strict=True
        ):
            number = start + place
            # Asked here too, since most rows have nothing before them.
            if (meets and meets[0] <= place) or (ends and ends[-1][0] < number):
                self._before(number, start, rows, uses, meets, ends)
            if kind == CLOSED:
                self.files.close(process, fd, number)
            elif kind == EXEC:
                self.files.exec(process, number)
            elif kind == LOST:
                self._lose(int(rows["conn"][place]), number)
            elif kind == MARK:
                seed(self.files, self._processes.tree, self._trace, number)
            elif (message := messages.get(place)) is None:
                continue
            elif kind == OPENED:
                values[place] = self.effects.opened(process, number, result, sysno, message)
            elif kind == NAMED:
                values[place] = -self.effects.path(process, sysno, message)
            else:
                row = Row(*held[place])
                if self._doubled.is_unsure(number):
                    with self._undoing.watched(number, process):
                        values[place] = self._take(process, number, row, message, acts=is_act)
                else:
                    values[place] = self._take(process, number, row, message, acts=is_act)
            if len(changed) > seen:
                seen = self._expect(seen, uses, meets, start)
        out[start % CHUNK + np.fromiter(values, np.intp, len(values))] = list(values.values())
        self._before(start + len(rows), start, rows, uses, meets, ends)
        for number, other in self.effects.others.items():
            self.others.chunk_of(number)[number % CHUNK] = other
        self.effects.others.clear()

    def _before(
        self,
        stop: int,
        start: int,
        rows: npt.NDArray[np.void],
        uses: Uses,
        meets: list[int],
        ends: list[tuple[int, int]],
    ) -> None:
        """Take up the descriptors that are met up to a row, and the processes that end before."""
        while True:
            met = start + meets[0] if meets else stop + 1
            end = ends[-1][0] if ends else stop
            if met <= min(end, stop):
                self._meet(start, rows, uses, heapq.heappop(meets))
            elif end < stop:
                process = ends.pop()[1]
                self.files.end(process, end)
                self.growth.end(process, end)
            else:
                return

    def _expect(self, seen: int, uses: Uses, meets: list[int], start: int) -> int:
        """Look for the next use of each descriptor that was closed: it may be one whose opening
        is not seen. Gives how many changes have been looked at."""
        for row, process, fd in self.files.changes.closings(seen):
            place = uses.next_proof(process, fd, row - start)
            if place >= 0:
                heapq.heappush(meets, place)
        return len(self.files.changes.numbers)

    def _take(self, process: int, number: int, row: Row, message: Any, acts: bool) -> int:  # noqa: ANN401
        """Apply one message; gives what the column has for its row."""
        if row.type == _START:
            files = self.files.of(process)
            files.cwd.path = message.cwd or message.context_data.cwd or files.cwd.path
            return 0
        if row.type == _CLONE:
            self._cloned(process, number, row, message)
            return 0
        path = 0
        if row.type in _PATHS and message.pathname:
            path = self._path(process, row, message)
        made = self.effects.apply(process, number, row, message) if acts else 0
        return made or -path

    def _path(self, process: int, row: Row, message: Any) -> int:  # noqa: ANN401
        if row.type == _CHDIR and row.direction == _EXIT and row.errno == 0:
            # The context of the exit has the new folder already.
            files = self.files.get(process)
            base = files.cwd.path if files is not None else ""
        elif row.type == _WATCH:
            base = self.effects.cwd(process, message)
        else:
            return self.effects.path(process, row.sysno, message)
        return self._naming.resolved(base, message.pathname).number

    def _cloned(self, process: int, number: int, row: Row, message: Any) -> None:  # noqa: ANN401
        if message.flags & _CLONE_THREAD:
            return
        pid = message.created_thread_group_id
        child = self._processes.tree.spans.at(row.conn, pid, number)
        if child is None or child.number == process:
            return
        self.files.fork(
            process,
            child.number,
            number,
            shares_files=bool(message.flags & _CLONE_FILES),
            shares_cwd=bool(message.flags & _CLONE_FS),
        )

    def _lose(self, conn: int, row: int) -> None:
        """Points of a connection were dropped: any of its processes may have done anything."""
        life = self._processes.tree.life_of(conn)
        for process in self._processes.tree.of_life(life):
            self.files.lose(process.number, row)

    def _proves(
        self, rows: npt.NDArray[np.void], places: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.bool_]:
        """Which rows about descriptors show that theirs is open: a failed call may not."""
        is_exit = rows["direction"][places] == Direction.EXIT
        told_paths = self._naming.tells(rows["path"][places])
        told_paths &= ~np.isin(rows["type"][places], WITH_ADDRESS)
        proves: npt.NDArray[np.bool_] = (is_exit & (rows["errno"][places] != _EBADF)) | told_paths
        return proves

    def _meet(self, start: int, rows: npt.NDArray[np.void], uses: Uses, place: int) -> None:
        """Describe a descriptor whose opening was not seen, unless it is known by now."""
        process, fd = uses.descriptor(place)
        if self._now(process, fd):
            return
        description = self.files.meet(process, fd, start + place, self._told(rows, place))
        self.files.put(process, fd, description.number, start + place, since=-1)

    def _told(self, rows: npt.NDArray[np.void], place: int) -> str:
        """What a row says that its descriptor is; "" if it does not."""
        if rows["type"][place] in WITH_ADDRESS:
            return ""
        return told(self._naming.string(int(rows["path"][place])))

    def _note_told(
        self,
        start: int,
        rows: npt.NDArray[np.void],
        places: npt.NDArray[np.intp],
        numbers: npt.NDArray[np.int64],
    ) -> None:
        """Note what the sandbox says that descriptors are."""
        strings = rows["path"][places].astype(np.int64)
        tells = (strings > 0) & (numbers > 0) & ~np.isin(rows["type"][places], WITH_ADDRESS)
        pairs, last = np.unique((numbers << 32 | strings)[tells][::-1], return_index=True)
        places = places[tells][::-1]
        for pair, index in zip(pairs.tolist(), last.tolist(), strict=True):
            path = told(self._naming.string(pair & 0xFFFFFFFF))
            self.descriptions.tell(pair >> 32, path, start + int(places[index]))

    def _undo(self, row: int) -> None:
        """A raw row that was taken in has turned out to have a decoded twin after it."""
        number = self.column.get(row)
        self.column.put(row, DOUBLED)
        held = self._trace.rows(row, row + 1)
        if len(held):
            process = int(self._processes.tree.numbers(row, held)[0])
            self.bytes.take_back(held, number, process)
            self._undoing.undo(row, process)
        made = self.descriptions.get(number)
        if made is not None and made.opened_row == row:
            self.descriptions.remove(number)

    def _take_late(self, before: int) -> None:
        """Let execs take effect whose outcome became known after their rows were read."""
        self._pairs.execs.bring_up(before)
        for number in self._late.before(before):
            if self._pairs.execs.code(number) not in (ExecCode.DONE, ExecCode.DONE_LATER):
                continue
            try:
                row = self._trace.row(number)
            except IndexError:
                continue
            process = self._processes.tree.spans.at(row.conn, row.pid, number)
            if process is not None:
                self.files.exec(process.number, number)
        self._end_changes()

    def _ends(self, before: int, processes: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
        """The processes that end before a row, with the rows of their ends, the latest first."""
        ends = []
        for number in {*self.files.known(), *np.unique(processes).tolist()} - {0}:
            process = self._processes.tree.get(number)
            if process is None:
                ends.append((before - 1, number))
            elif process.has_ended and process.end_row < before:
                ends.append((process.end_row if process.end_row >= 0 else before - 1, number))
        return sorted(ends, reverse=True)
