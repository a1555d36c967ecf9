"""What the processes tell of rows: names, command lines and ancestors as they were at each row."""

from __future__ import annotations

import re
from collections import OrderedDict
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.filter.batch import UNKNOWN
from gvtui.query.filter.field import EXEC_SESSION, IN_CONTEXT, IS_EXEC_SESSION
from gvtui.query.filter.write import process_id
from gvtui.query.imagefacts import IMAGE_NUMBERS, IMAGE_TEXTS
from gvtui.query.processes.process import Evidence
from gvtui.query.rowids import RowIds
from gvtui.trace.row import Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import Unknown
from gvtui.wire.messagetype import MessageType
from gvtui.words import counted, noun_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from gvtui.query.processes.image import ProgramImage
    from gvtui.query.processes.process import Exec, Process
    from gvtui.query.processes.processes import Processes

_MAX_ANCESTORS = 1000
_MAX_WHOLE_BYTES = 4 << 20
_CUT = "…"
_ELEMENT = re.compile(r"(.+)\[([0-9]+)\]", re.ASCII)

Values = tuple[str, ...]


def session_value(top: Process) -> str:
    """An exec session, by its first process, as the filter language names it."""
    return process_id(top.container, top.pid, top.start_ns)


class ProcessFacts:
    """Answers for rows that `Processes` have read."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._whole: OrderedDict[int, list[str]] = OrderedDict()
        """Command lines that are too long to be kept with their processes, by row."""
        self._whole_bytes = 0
        self._unknown = RowIds()
        """The messages of which it was asked in vain whether they are of an exec session."""
        self.cut: set[int] = set()
        """The numbers of processes of whose command lines only the beginning was known."""
        self._texts: dict[str, Callable[[Process, int], Values | None]] = {
            "proc.cmdline": self._command_line,
            "proc.args": self._args,
            "proc.exe": self._exe,
            "proc.exepath": self._path,
            "proc.pname": self._of_parent(self._names),
            "proc.pcmdline": self._of_parent(self._command_line),
            "proc.pexepath": self._of_parent(self._path),
            "proc.aname": self._ancestors,
            EXEC_SESSION: self._session,
            **{name: self._of_image(find) for name, find in IMAGE_TEXTS.items()},
        }

    def texts(
        self, what: str, start: int, rows: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.intp], Sequence[Values]]:
        """See `FilterContext.texts`."""
        result = np.full(len(rows), -1, np.intp)
        known: dict[Values, int] = {}
        element = _ELEMENT.fullmatch(what)
        find = self._ancestor(int(element[2])) if element is not None else self._texts[what]
        for places, process in self._processes.tree.spans.runs(start, rows):
            changes = np.array(sorted(_changes(process)), np.int64)
            which = np.searchsorted(changes, places + start, "right")
            for index in np.unique(which).tolist():
                own = places[which == index]
                values = find(process, start + int(own[0]))
                if values is not None:
                    result[own] = known.setdefault(values, len(known))
        return result, list(known)

    def numbers(self, what: str, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """See `FilterContext.numbers`."""
        result = np.full(len(rows), UNKNOWN, np.int64)
        find = IMAGE_NUMBERS.get(what)
        for places, process in self._processes.tree.spans.runs(start, rows):
            if find is not None:
                self._take_images(result, start, places, process, find)
            elif what == "proc.duration":
                times = rows["time_ns"][places].astype(np.int64)
                began = process.start_ns or process.began_ns
                known = (times > 0) & (times >= began) & (began > 0)
                result[places] = np.where(known, times - began, UNKNOWN)
            elif what == IN_CONTEXT:
                self._take_told(result, rows, places, process)
            else:
                session = self.is_of_session(process)
                result[places] = UNKNOWN if session is None else int(session)
        if what in (IN_CONTEXT, IS_EXEC_SESSION):
            is_lacking = (result == UNKNOWN) & (rows["kind"] == Kind.MESSAGE)
            if what == IN_CONTEXT:
                is_lacking &= rows["type"] != MessageType.SENTRY_EXIT_NOTIFY_PARENT
            self._unknown.add((np.flatnonzero(is_lacking) + start).tolist())
        return result

    def _take_told(
        self,
        result: npt.NDArray[np.int64],
        rows: npt.NDArray[np.void],
        places: npt.NDArray[np.intp],
        process: Process,
    ) -> None:
        """What the context of messages tells of exec sessions: of a point that is not known to be
        asked, only that a process is of one."""
        asked = self._processes.asked.mask(rows, places, int(rows["conn"][places[0]]))
        result[places[asked]] = int(process.is_exec_session)

    def _take_images(
        self,
        result: npt.NDArray[np.int64],
        start: int,
        places: npt.NDArray[np.intp],
        process: Process,
        find: Callable[[ProgramImage], int | None],
    ) -> None:
        changes = np.array(sorted(_changes(process)), np.int64)
        which = np.searchsorted(changes, places + start, "right")
        for index in np.unique(which).tolist():
            own = places[which == index]
            image = self.image(process, start + int(own[0]))
            number = find(image) if image is not None else None
            if number is not None:
                result[own] = number

    def name(self, process: Process, row: int) -> str:
        """The name of a process at a row; "" if it is not known."""
        for each in _lineage(process):
            programs = each.programs
            ran = [entry for entry in programs if entry.begins <= row]
            if ran and ran[-1] is not programs[-1]:
                return ran[-1].name
            if ran or not programs:
                return each.name
            args = each.args_at(row)
            if each.parent is None:
                return args[0].rpartition("/")[2] if args else ""
        return ""

    def args(self, process: Process, row: int) -> list[str]:
        """The whole command line of a process at a row."""
        args, told = process.args_told(row)
        if not args or not args[-1].endswith(_CUT):
            return args
        if told < 0:
            self.cut.add(process.number)
            return args
        whole = self._whole.get(told)
        if whole is None:
            whole = self._read(told)
            self._whole[told] = whole
            self._whole_bytes += sum(map(len, whole))
            while self._whole_bytes > _MAX_WHOLE_BYTES and len(self._whole) > 1:
                _, former = self._whole.popitem(last=False)
                self._whole_bytes -= sum(map(len, former))
        if not whole:
            self.cut.add(process.number)
        return whole or args

    def cut_text(self) -> str:
        """What filters could not compare, or not whole, as a sentence without its end; "" for
        nothing."""
        if not self.cut:
            return self._unknown_text()
        many = len(self.cut)
        return (
            f"of {counted(many, 'command line')} the filter compared only the beginning: the "
            f"{noun_for(many, 'message that has it whole is', 'messages that have them whole are')} "
            "not in the trace any more"
        )

    def _unknown_text(self) -> str:
        many = self._unknown.count_before(self._processes.position)
        if not many:
            return ""
        return (
            f"of {counted(many, 'message')} the filter cannot know whether "
            f"{noun_for(many, 'its process is', 'their processes are')} of an exec session: nothing "
            f"tells that {noun_for(many, 'its point is', 'their points are')} asked for "
            "is_exec_session, which gVisor has since 2026"
        )

    def _read(self, row: int) -> list[str]:
        """The words in the message that told a command line; none if it cannot be read."""
        try:
            message = self._processes.trace.decoded(row).message
        except (WireError, IndexError):
            return []
        if isinstance(message, Unknown):
            return []
        return list(getattr(message, "argv", ()) or getattr(message, "args", ()))

    def _names(self, process: Process, row: int) -> Values | None:
        name = self.name(process, row)
        return (name,) if name else None

    def _command_line(self, process: Process, row: int) -> Values | None:
        args = self.args(process, row)
        name = self.name(process, row) or (args[0] if args else "")
        return (" ".join([name, *args[1:]]),) if args else None

    def _args(self, process: Process, row: int) -> Values | None:
        args = self.args(process, row)
        return (" ".join(args[1:]),) if args else None

    def _exe(self, process: Process, row: int) -> Values | None:
        args = self.args(process, row)
        return (args[0],) if args else None

    @staticmethod
    def program(process: Process, row: int) -> Exec | None:
        """The exec whose program a process is at a row, perhaps one of its ancestors'; None if none
        was seen."""
        for ancestor in _lineage(process):
            ran = [entry for entry in ancestor.programs if entry.begins <= row]
            if ran:
                return ran[-1]
            if ancestor.has_own_args:
                break
            row = min(row, max(ancestor.first_row, 0))
        return None

    def image(self, process: Process, row: int) -> ProgramImage | None:
        """What is told of the program that a process is at a row; None if nothing is."""
        entry = self.program(process, row)
        return entry.image if entry is not None else None

    def _path(self, process: Process, row: int) -> Values | None:
        entry = self.program(process, row)
        return (entry.path,) if entry is not None and entry.path.startswith("/") else None

    def _of_image(
        self, find: Callable[[ProgramImage], Values | None]
    ) -> Callable[[Process, int], Values | None]:
        def found(process: Process, row: int) -> Values | None:
            image = self.image(process, row)
            return find(image) if image is not None else None

        return found

    def _ancestors(self, process: Process, row: int) -> Values | None:
        names = tuple(filter(None, (self.name(each, row) for each in _parents(process))))
        return names if names or self._is_root(process) else None

    def _ancestor(self, number: int) -> Callable[[Process, int], Values | None]:
        def find(process: Process, row: int) -> Values | None:
            last = process
            for place, each in enumerate((process, *_parents(process))):
                last = each
                if place == number:
                    return self._names(each, row)
            return () if self._is_root(last) else None

        return find

    def _of_parent(
        self, find: Callable[[Process, int], Values | None]
    ) -> Callable[[Process, int], Values | None]:
        def found(process: Process, row: int) -> Values | None:
            if process.parent is None:
                return () if self._is_root(process) else None
            return find(process.parent, row)

        return found

    def _is_root(self, process: Process) -> bool:
        """Whether it is known that a process has no parent in the sandbox."""
        if process.parent is not None or process.parent_pid:
            return False
        is_first = process.source is Evidence.EVENT and process.is_start_told
        return is_first or self._processes.tree.is_from_outside(process)

    def is_of_session(self, process: Process) -> bool | None:
        """Whether a process was started from outside, or descends from one that was; None if it
        is not known."""
        tree = self._processes.tree
        if self.session_of(process) is not None:
            return True
        # What messages of it would say is known, if there are any.
        if process.first_row >= 0 and self._processes.asked.asks_all(
            tree.spans.connection_of(process)
        ):
            return False
        root = (process, *_parents(process))[-1]
        return False if self._is_root(root) else None

    def session_of(self, process: Process) -> Process | None:
        """The first process of the exec session that a process is of; None if it is of none, as
        far as known."""
        return self._processes.tree.session_of(process)

    def _session(self, process: Process, _: int) -> Values | None:
        """The first process of its exec session, as a value of the filter language."""
        top = self.session_of(process)
        if top is not None:
            return (session_value(top),)
        return () if self.is_of_session(process) is False else None


def _lineage(process: Process) -> Iterator[Process]:
    return islice(chain((process,), process.ancestors()), _MAX_ANCESTORS)


def _parents(process: Process) -> Iterator[Process]:
    return islice(process.ancestors(), _MAX_ANCESTORS)


def _changes(process: Process) -> set[int]:
    """The rows at which an answer for a process may change: its programs and its ancestors'."""
    rows = {entry.begins for entry in process.programs}
    for each in _parents(process):
        rows.update(entry.begins for entry in each.programs)
    return rows
