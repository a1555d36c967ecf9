"""The table of a process's descriptors: which number stands for which description."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class FdEntry:
    """What one descriptor stands for; never changed, since copies of tables share it. (To make a
    frozen one takes three times as long.)"""

    description: int
    """The description's number."""
    is_cloexec: bool
    """Whether an exec closes it."""
    since: int
    """The row that made the descriptor; -1 if it was not seen."""


class DescriptorTable:
    """Descriptors by number. Processes that share their files have one table together."""

    def __init__(self) -> None:
        self.entries: dict[int, FdEntry] = {}
        self.owners: dict[int, None] = {}
        """The numbers of the processes whose table it is, in the order in which they got it."""

    def get(self, fd: int) -> int:
        """The number of the description that a descriptor stands for; 0 if it is not known."""
        entry = self.entries.get(fd)
        return entry.description if entry is not None else 0

    def put(self, fd: int, entry: FdEntry) -> int:
        """Have a descriptor stand for a description.

        Returns:
            The number of the description that it stood for before; 0 if none is known.
        """
        former = self.entries.get(fd)
        self.entries[fd] = entry
        return former.description if former is not None else 0

    def close(self, fd: int) -> int:
        """Remove a descriptor; returns what it stood for, 0 if that is not known."""
        entry = self.entries.pop(fd, None)
        return entry.description if entry is not None else 0

    def within(self, first: int, last: int) -> list[int]:
        """The descriptors from `first` to `last`, both included."""
        return [fd for fd in self.entries if first <= fd <= last]

    def set_cloexec(self, fd: int, *, is_cloexec: bool) -> None:
        """Set whether an exec closes a descriptor, if it is known."""
        entry = self.entries.get(fd)
        if entry is not None:
            self.entries[fd] = FdEntry(entry.description, is_cloexec, entry.since)

    def closed_by_exec(self, row: int) -> list[int]:
        """The descriptors that an exec closes which took effect at a row."""
        return [fd for fd, entry in self.entries.items() if entry.is_cloexec and entry.since < row]

    def copy(self) -> DescriptorTable:
        """A table with the same entries, and no owner."""
        table = DescriptorTable()
        table.entries = dict(self.entries)
        return table
