"""The processes of a sandbox as they were before the oldest row of a trace, as a mark holds them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from gvtui.trace.details import args_in, int_in, list_in, text_in
from gvtui.words import counted

MAX_CARRIED = 20_000
"""How many processes are read from one mark."""

_MAX_ID = 1024
"""How many characters a container ID may have; runsc allows no more."""


@dataclass(slots=True)
class CarriedProcess:
    """A process of which events have told before the oldest row."""

    pid: int
    start_ns: int = 0
    """The start time, Unix nanoseconds; 0 if not collected."""
    parent_pid: int = 0
    container_id: str = ""
    """As its messages tell it."""
    name: str = ""
    args: list[str] = field(default_factory=list)
    cwd: str = ""
    began_ns: int = 0
    """When an event told of its start, Unix nanoseconds; 0 if none did."""
    is_start_told: bool = False
    is_exec_session: bool = False
    has_ended: bool = False
    end_ns: int = 0
    exit_status: int | None = None
    """The wait status; None while it runs."""

    @classmethod
    def read(cls, values: object) -> CarriedProcess:
        """Read a process from a mark; without a thread group id if the values make no sense."""
        if not isinstance(values, dict):
            return cls(0)
        status = values.get("exit_status")
        return cls(
            int_in(values, "pid"),
            max(0, int_in(values, "start_ns")),
            max(0, int_in(values, "parent_pid")),
            text_in(values, "container_id", _MAX_ID),
            text_in(values, "name"),
            args_in(values, "args"),
            text_in(values, "cwd"),
            max(0, int_in(values, "began_ns")),
            values.get("is_start_told") is True,
            values.get("is_exec_session") is True,
            values.get("has_ended") is True,
            max(0, int_in(values, "end_ns")),
            int_in(values, "exit_status") if status is not None else None,
        )

    def details(self) -> dict[str, Any]:
        """The process as it lies in the recording: what says nothing is left out."""
        return {name: value for name, value in asdict(self).items() if value not in (0, "", [])} | (
            {"exit_status": 0} if self.exit_status == 0 else {}
        )


@dataclass(frozen=True, slots=True)
class CarriedMark:
    """The processes of the row's connection when the oldest row came: a flight recorder has let
    the rows go that told of them."""

    kind: ClassVar = "carried"

    processes: tuple[CarriedProcess, ...]
    """Those that ran, and of those that had ended the parents of others, and the last ones; each
    after its parent."""
    ended: int = 0
    """How many had ended before."""
    is_cut: bool = False
    """Whether more ran than could be noted."""

    @property
    def running(self) -> int:
        """How many ran."""
        return sum(not process.has_ended for process in self.processes)

    @property
    def text(self) -> str:
        """The mark for people."""
        many = "at least " * self.is_cut + counted(
            self.running, "process that ran already", "processes that ran already"
        )
        return f"earlier rows were let go: {many}, {self.ended:,} that had ended"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {
            "kind": self.kind,
            "text": self.text,
            "processes": [process.details() for process in self.processes],
            "ended": self.ended,
            "is_cut": self.is_cut,
        }

    @classmethod
    def read(cls, details: dict[str, Any]) -> CarriedMark:
        """Read the mark from its details; processes that make no sense are left out."""
        entries = map(CarriedProcess.read, list_in(details, "processes")[:MAX_CARRIED])
        return cls(
            tuple(entry for entry in entries if entry.pid > 0),
            max(0, int_in(details, "ended")),
            details.get("is_cut") is True,
        )


def carried_in(head: dict[str, Any]) -> list[tuple[int, CarriedMark]]:
    """What a segment's header tells of the processes of each connection."""
    told = []
    for each in list_in(head, "processes"):
        match each:
            case [int(conn), dict(details)]:
                told.append((conn, CarriedMark.read(details)))
    return told
