"""Programs: those that ran, those that did not start, and who came in from outside."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.decode.errno_names import errno_name
from gvtui.decode.events import NOTICE_SIGN
from gvtui.decode.origin import ANONYMOUS, Origin, mapping_origin
from gvtui.decode.outcome import ExecOutcome
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.activity.activity import ActivityLine, Behind
from gvtui.query.activity.searches import searches_of
from gvtui.query.numbered import Numbered
from gvtui.query.processes.notices import may_be_noticed, notice
from gvtui.query.processes.process import MAX_EXECS
from gvtui.query.processes.rows import processes_filter
from gvtui.query.resolved.call import Happened
from gvtui.wire.header import WireError
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gvtui.query.activity.lines import ActivityLines
    from gvtui.query.activity.part import ActivityPart
    from gvtui.query.processes.process import Exec, Process
    from gvtui.query.processes.processes import Processes
    from gvtui.query.source import RowSource

MAX_PROCESSES = 1 << 16
"""How many processes are known; programs that failed to start in others are not told."""
_MAX_FED = 1 << 12
"""How many shells that are fed through pipes are looked at again; of more it is told what is known
as they start."""


class Programs:
    """The programs of the processes whose rows were read."""

    def __init__(self, trace: RowSource, processes: Processes) -> None:
        self.untold_origins = 0
        """How many programs ran of which nothing tells where their files came from."""
        self.untold_stdio = 0
        """How many ran of which nothing tells what their standard input and output were."""
        self.new = 0
        """How many ran whose files gVisor found in the upper layer alone."""
        self.untold_first = 0
        """How many containers began with a program, of which gVisor tells its arguments alone."""
        self._trace = trace
        self._processes = processes
        self._known: Numbered[Process] = Numbered()
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._count: dict[int, int] = {}
        self._exec_rows: dict[int, str] = {}
        """The rows of execs, with their names: their outcomes may become known later."""
        self._fed: dict[int, tuple[int, str, ActivityLine]] = {}
        """The rows of shells that are fed through pipes, with their processes and names, and what
        was known of them as they started."""

    @property
    def cut(self) -> int:
        """How many processes executed more programs than are known of each."""
        return sum(len(process.execs) >= MAX_EXECS for process in self._known)

    def take_in(self, part: ActivityPart, lines: ActivityLines) -> None:
        """Read a slice of rows."""
        start, rows, chosen, happened = part.start, part.rows, part.chosen, part.happened
        self._meet(start, rows, part.passed)
        numbers = sysnos_by_name(self._trace.architecture)
        execs = [numbers.get("execve", -2), numbers.get("execveat", -2)]
        asked = chosen & ((rows["type"] == MessageType.SENTRY_EXEC) | np.isin(rows["sysno"], execs))
        for place in np.flatnonzero(asked).tolist():
            self._exec_rows[start + place] = lines.name(rows[place])
        for place in np.flatnonzero(happened & int(Happened.EXECUTED)).tolist():
            self._ran(start + place, rows[place], lines)
        for place in np.flatnonzero(
            chosen & (rows["type"] == MessageType.CONTAINER_START)
        ).tolist():
            self._started(start + place, rows[place], lines)
        for place in np.flatnonzero(chosen & (rows["type"] == MessageType.SENTRY_MMAP)).tolist():
            self._mapped(start + place, rows[place], lines)
        for place in np.flatnonzero(happened & int(Happened.CREATED_PROCESS)).tolist():
            who = self.label(rows[place], start + place)
            lines.add("forks", f"by {who}", [start + place], [lines.name(rows[place])])

    def label(self, row: np.void, number: int) -> str:
        """The process of a row in words: the program that it ran then, and its id."""
        process = self._processes.tree.spans.at(int(row["conn"]), int(row["pid"]), number)
        if process is None:
            name = self._trace.string(int(row["process"]))
            return f"{name or 'a process that is not known'} (pid {int(row['pid'])})"
        name = _program(process, number) or self._trace.string(int(row["process"]))
        return f"{name or 'a program that is not known'} (pid {process.pid})"

    def _meet(self, start: int, rows: npt.NDArray[np.void], chosen: npt.NDArray[np.bool_]) -> None:
        for places, process in self._processes.tree.spans.runs(start, rows):
            own = np.arange(len(rows))[places]
            own = own[chosen[own]]
            if not len(own) or (
                process.number not in self._known and len(self._known) >= MAX_PROCESSES
            ):
                continue
            number = process.number
            self._known.put(number, process)
            self._first.setdefault(number, start + int(own[0]))
            self._last[number] = start + int(own[-1])
            self._count[number] = self._count.get(number, 0) + len(own)

    def _ran(self, number: int, row: np.void, lines: ActivityLines) -> None:
        process = self._processes.tree.spans.at(int(row["conn"]), int(row["pid"]), number)
        entry = _exec_at(process, number)
        if process is None or entry is None:
            return
        image, name = entry.image, lines.name(row)
        if entry.is_told:
            self.untold_origins += image is None or image.file.origin is Origin.UNKNOWN
            self.new += image is not None and image.file.origin is Origin.NEW
            self.untold_stdio += image is None or (image.stdin is None and image.stdout is None)
        if may_be_noticed(entry) and len(self._fed) < _MAX_FED:
            self._fed[number] = (process.number, name, self._made(process, entry))
            return
        made = self._made(process, entry)
        line = lines.add("programs", made.what, [number], [name], details=made.details)
        if line is not None:
            line.origin, line.is_noticed, line.bare = made.origin, made.is_noticed, made.bare
            line.session = made.session

    def _made(self, process: Process, entry: Exec) -> ActivityLine:
        """The line of a program that ran, without rows behind it."""
        line = ActivityLine(_words(entry), Behind())
        top = self._processes.tree.session_of(process)
        line.session = top.number if top is not None else 0
        by, noticed, told = f"by {_caller(process, entry)}", "", []
        if entry.image is not None:
            file = entry.image.file
            line.origin = file.origin
            words = notice(self._processes.tree, process, entry)
            noticed = f"{NOTICE_SIGN} {words}" if words else ""
            line.is_noticed = bool(words) or file.origin.is_looked_at
            if file.origin is not Origin.UNKNOWN:
                told.append(f"from {file.origin.shown}")
            if file.origin is not Origin.IMAGE and file.sha256:
                told.append(f"sha256 {file.sha256}")
        # First, for the end of a long line is not on the screen.
        line.details = ", ".join(filter(None, (noticed, entry.path, *told, by)))
        bare = ", ".join(filter(None, (entry.path, by)))
        line.bare = bare if bare != line.details else ""
        return line

    def _fed_shells(self) -> Iterator[ActivityLine]:
        """Shells that are fed through a pipe: who feeds them, and from where, rows tell later."""
        found: dict[tuple[str, str], ActivityLine] = {}
        for number, (process_number, name, known) in self._fed.items():
            process = self._processes.tree.get(process_number)
            entry = _exec_at(process, number)
            made = replace(known, behind=Behind())
            if process is not None and entry is not None:
                made = self._made(process, entry)
            found.setdefault((made.what, made.details), made).behind.add([number], [name])
        yield from found.values()

    def _started(self, number: int, row: np.void, lines: ActivityLines) -> None:
        try:
            message: Any = self._trace.decoded(number).message
            args = list(message.args)
        except (WireError, IndexError):
            args = []
        self.untold_first += 1
        words = shlex.join(args) or "(arguments not told)"
        details = "as the container's first program"
        lines.add("programs", words, [number], ["container/start"], details=details)

    def _mapped(self, number: int, row: np.void, lines: ActivityLines) -> None:
        """Note mapped code that is not the image's."""
        try:
            message: Any = self._trace.decoded(number).message
        except (WireError, IndexError):
            return
        origin = mapping_origin(message)
        if origin in (Origin.UNKNOWN, Origin.IMAGE):
            return
        what = message.mapped_path or ANONYMOUS
        details = f"{origin.shown}, by {self.label(row, number)}"
        line = lines.add("mapped", what, [number], [lines.name(row)], details=details)
        if line is not None:
            line.origin, line.is_noticed = origin, origin.is_looked_at

    def lines(self, key: str) -> Iterator[ActivityLine]:
        """The lines of a section that depend on what is known at the end."""
        if key == "programs":
            yield from self._fed_shells()
        elif key in ("not_started", "searched", "maybe_started"):
            yield from self._attempts(key)
        elif key == "sessions":
            yield from self._sessions()

    def _attempts(self, key: str) -> Iterator[ActivityLine]:
        """The execs that failed or of which nothing tells whether they did, by section: those of one
        search in one line. Searches that found their program have a section of their own."""
        wanted = ExecOutcome.ASKED if key == "maybe_started" else ExecOutcome.FAILED
        alone: dict[tuple[str, str], ActivityLine] = {}
        searched: dict[tuple[str, str, str], dict[tuple[str, str], ActivityLine]] = {}
        for process in self._met():
            tries = {id(entry): row for entry in process.execs if (row := self._row_of(entry)) >= 0}
            found = searches_of(process) if wanted is ExecOutcome.FAILED else ()
            for search in found:
                own = [entry for entry in search.tries if id(entry) in tries]
                if len(own) < 2 and not search.is_found:
                    continue
                if (key == "searched") is search.is_found and own:
                    by = f"by {_caller(process, own[0])}"
                    details, bare = f"{search.words}, {by}", f"{search.bare_words}, {by}"
                    inner = searched.setdefault((_words(own[0]), details, bare), {})
                    for entry in own:
                        self._add_attempt(inner, process, entry, tries[id(entry)])
                for entry in own:
                    del tries[id(entry)]
            for entry in process.execs if key != "searched" else ():
                if entry.outcome is wanted and id(entry) in tries:
                    self._add_attempt(alone, process, entry, tries[id(entry)])
        for (what, details, bare), inner in searched.items():
            behind = Behind()
            for line in inner.values():
                behind.join(line.behind)
            bare = bare if bare != details else ""
            yield ActivityLine(what, behind, details, bare=bare, inner=tuple(inner.values()))
        yield from alone.values()

    def _row_of(self, entry: Exec) -> int:
        """The row that stands for an exec that did not start its program; -1 if none was read."""
        row = entry.row if entry.row in self._exec_rows else entry.exit_row
        return row if row in self._exec_rows else -1

    def _add_attempt(
        self, found: dict[tuple[str, str], ActivityLine], process: Process, entry: Exec, row: int
    ) -> None:
        path = f"{entry.path}, " if entry.path else ""
        details, bare = f"{path}by {_caller(process, entry)}", ""
        if entry.outcome is not ExecOutcome.ASKED:
            untold = f"{details}, the error is not sent"
            told = f"{details}, {errno_name(entry.errno)}"
            details, bare = (told, untold) if entry.errno else (untold, "")
        line = found.setdefault(
            (_words(entry), details), ActivityLine(_words(entry), Behind(), details, bare=bare)
        )
        line.behind.add([row], [self._exec_rows[row]])

    def _met(self) -> Iterator[Process]:
        """The processes, in the order in which rows of them came."""
        return map(self._known.__getitem__, self._first)

    def _sessions(self) -> Iterator[ActivityLine]:
        tree = self._processes.tree
        for process in self._met():
            number = process.number
            if not tree.is_from_outside(process):
                continue
            text = processes_filter(tree, [process])
            behind = Behind(
                self._first[number], self._last[number], self._count[number], None, text=text
            )
            how = "" if process.is_exec_session else ", known by having no parent"
            how += ", tty" * process.has_tty
            how += f", audit ID {process.audit_id}" * bool(process.audit_id)
            yield ActivityLine(
                process.command_line or "(not told)",
                behind,
                f"pid {process.pid}{how}",
                session=number,
            )

    @property
    def untold_commands(self) -> int:
        """How many exec sessions came in of which nothing tells the first program's arguments."""
        is_first = self._processes.tree.is_from_outside
        return sum(is_first(each) and not each.first_args for each in self._known)

    @property
    def untold_sessions(self) -> bool:
        """Whether it is not known of some connection that it is asked who came in from outside."""
        conns = {self._processes.tree.spans.connection_of(each) for each in self._known}
        return not all(map(self._processes.asked.asks_all, conns))


def _exec_at(process: Process | None, number: int) -> Exec | None:
    """The exec of a program that began at a row."""
    programs = process.programs if process is not None else ()
    return next((each for each in programs if each.row == number), None)


def _words(entry: Exec) -> str:
    return shlex.join(entry.args) or entry.path or "(arguments not told)"


def _program(process: Process, number: int) -> str:
    """What a process ran at a row; "" if it is not known."""
    args = process.args_at(number)
    if args and args[0]:
        return args[0].lstrip("-").rpartition("/")[2] or args[0]
    # Its name is that of what it runs now.
    ran_later = any(each.begins > number for each in process.programs)
    return "" if ran_later else process.name


def _caller(process: Process, entry: Exec) -> str:
    """Who executed a program: a process is named after what it ran before, and one that ran
    nothing yet is a copy of its parent."""
    ran_before = any(each.row < entry.row for each in process.programs)
    caller = process if ran_before or process.parent is None else process.parent
    name = _program(caller, entry.begins - 1)
    return f"{name} (pid {caller.pid})" if name else f"pid {caller.pid}"
