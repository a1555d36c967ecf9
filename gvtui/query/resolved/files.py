"""The open files and working directories of all processes of a trace.

It does what a kernel does with tables of descriptors, for the calls that are told to it, and knows
nothing of messages. What it was not told it does not know: a descriptor without an entry may be
open all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from gvtui.query.resolved.changes import FilesChanges
from gvtui.query.resolved.description import Description, kind_of
from gvtui.query.resolved.descriptions import Descriptions
from gvtui.query.resolved.table import DescriptorTable, FdEntry


@dataclass(slots=True)
class WorkingFolder:
    """A working directory, which processes may share."""

    path: str = ""
    """Absolute; "" if it is not known."""


@dataclass(slots=True)
class ProcessFiles:
    """What one process has open, and where it works."""

    number: int
    table: DescriptorTable
    cwd: WorkingFolder


class OpenFiles:
    """Descriptors and working directories by process, changed by what processes do."""

    def __init__(self, descriptions: Descriptions | None = None) -> None:
        self.descriptions = descriptions if descriptions is not None else Descriptions()
        self.changes = FilesChanges()
        """What has changed, in order, until the reader takes it away."""
        self._processes: dict[int, ProcessFiles] = {}

    def __contains__(self, process: object) -> bool:
        return process in self._processes

    def known(self) -> list[int]:
        """The numbers of all processes that have not ended."""
        return list(self._processes)

    def get(self, process: int) -> ProcessFiles | None:
        """The files of a process; None if nothing is known of them."""
        return self._processes.get(process)

    def of(self, process: int) -> ProcessFiles:
        """The files of a process, which begin as not known."""
        known = self._processes.get(process)
        if known is None:
            table = DescriptorTable()
            table.owners[process] = None
            known = self._processes[process] = ProcessFiles(process, table, WorkingFolder())
        return known

    def find(self, process: int, fd: int) -> Description | None:
        """What a descriptor stands for; None if it is not known."""
        files = self._processes.get(process)
        return None if files is None else self.descriptions.get(files.table.get(fd))

    def put(
        self, process: int, fd: int, number: int, row: int, *, cloexec: bool = False, since: int = 0
    ) -> None:
        """From after a row on, a descriptor stands for a description: opened, or duplicated.

        Args:
            process: whose descriptor it is.
            fd: the descriptor.
            number: the description's number.
            row: the row that tells.
            cloexec: whether an exec closes it.
            since: below 0 if what made the descriptor was not seen: it stands for the same as far
                back as is known.
        """
        table = self.of(process).table
        self.descriptions.use(number)
        former = table.put(fd, FdEntry(number, cloexec, -1 if since < 0 else row))
        if former:
            self.descriptions.leave(former, row)
        since_row = self.changes.last_row(process, fd) if since < 0 else row
        self._note(table, since_row, fd, number)

    def put_new(
        self, process: int, fd: int, number: int, row: int, *, cloexec: bool = False
    ) -> None:
        """From after a row on, a descriptor stands for a description that the row has made, and
        that nothing else stands for."""
        table = self.of(process).table
        self.descriptions.use_new(number)
        former = table.put(fd, FdEntry(number, cloexec, row))
        if former:
            self.descriptions.leave(former, row)
        self._note(table, row, fd, number)

    def close(self, process: int, fd: int, row: int) -> int:
        """A descriptor was closed; returns what it stood for, 0 if that is not known."""
        table = self.of(process).table
        number = table.close(fd)
        if number:
            self.descriptions.leave(number, row)
            self._note(table, row, fd, 0)
        return number

    def close_range(self, process: int, first: int, last: int, row: int) -> None:
        """All descriptors in a range were closed."""
        for fd in self.of(process).table.within(first, last):
            self.close(process, fd, row)

    def fork(
        self, parent: int, child: int, row: int, *, shares_files: bool, shares_cwd: bool
    ) -> None:
        """A process was created by another one; what is known of the child already stays."""
        files = self.of(parent)
        known = self._processes.get(child)
        own = known.table.entries if known is not None else {}
        cwd = files.cwd if shares_cwd else WorkingFolder(files.cwd.path)
        if known is not None and known.cwd.path:
            cwd = known.cwd
        if shares_files and not own:
            if known is not None:
                del known.table.owners[child]
            table = files.table
        else:
            table = files.table.copy()
            for number in table.entries.values():
                self.descriptions.use(number.description)
            for fd, entry in own.items():
                former = table.put(fd, entry)
                if former:
                    self.descriptions.leave(former, row)
        table.owners[child] = None
        self._processes[child] = ProcessFiles(child, table, cwd)
        for fd, entry in table.entries.items():
            self.changes.numbers.extend((row, child, fd, entry.description, len(table.entries)))

    def unshare(self, process: int) -> None:
        """A process gets a table of its own, with what the shared one has."""
        files = self.of(process)
        if len(files.table.owners) < 2:
            return
        del files.table.owners[process]
        files.table = files.table.copy()
        files.table.owners[process] = None
        for entry in files.table.entries.values():
            self.descriptions.use(entry.description)

    def unshare_cwd(self, process: int) -> None:
        """A process gets a working directory of its own."""
        files = self.of(process)
        files.cwd = WorkingFolder(files.cwd.path)

    def exec(self, process: int, row: int) -> None:
        """A process runs a new program: descriptors made before with O_CLOEXEC are closed."""
        if process not in self._processes:
            return
        self.unshare(process)
        for fd in self.of(process).table.closed_by_exec(row):
            self.close(process, fd, row)

    def end(self, process: int, row: int) -> None:
        """A process has ended, and with it its descriptors, unless others share them."""
        files = self._processes.pop(process, None)
        if files is None:
            return
        del files.table.owners[process]
        if not files.table.owners:
            for entry in files.table.entries.values():
                self.descriptions.leave(entry.description, row)

    def lose(self, process: int, row: int) -> None:
        """What a process did is not known for a while: none of its descriptors is known."""
        files = self._processes.get(process)
        if files is None:
            return
        for fd in list(files.table.entries):
            self.forget(process, fd, row)
        files.cwd.path = ""

    def forget(self, process: int, fd: int, row: int) -> None:
        """From after a row on, it is not known what a descriptor stands for, nor what became of
        what it stood for before."""
        description = self.descriptions.get(self.close(process, fd, row))
        if description is not None and not description.is_open:
            description.is_lost = True

    def restore(self, process: int, fd: int, entry: FdEntry | None, row: int) -> None:
        """A descriptor stands for what it stood for before a row that did not do what was taken in
        for it: an entry of the table, or None for what is not known."""
        if entry is None:
            self.close(process, fd, row)
            return
        table = self.of(process).table
        self.descriptions.use(entry.description)
        former = table.put(fd, entry)
        if former:
            self.descriptions.leave(former, row)
        self._note(table, row, fd, entry.description)

    def meet(self, process: int, fd: int, row: int, told: str) -> Description:
        """Describe a descriptor whose opening was not seen; the caller puts it into the table.

        Args:
            process: whose descriptor it is.
            fd: the descriptor.
            row: the first row that uses it; below 0 for none.
            told: what the sandbox says that it is; "" if it does not.
        """
        return self.descriptions.create(
            kind_of(told),
            path=told if told.startswith("/") else "",
            told=told,
            process=process,
            fd=fd,
            first_row=row,
            last_row=row,
        )

    def _note(self, table: DescriptorTable, row: int, fd: int, number: int) -> None:
        count = len(table.entries)
        for owner in table.owners:
            self.changes.numbers.extend((row, owner, fd, number, count))
