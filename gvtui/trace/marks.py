"""Trace marks: notes of gvtui's in a recording, beside the messages. Each kind is one class.

A mark is stored as a map with its `kind` and, mostly, a `text` for people. Anybody may have made a
recording, so a value that is missing or has the wrong type is read as zero or empty, and texts and
lists are cut to a maximal size.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from gvtui.trace.carried import CarriedMark
from gvtui.trace.details import int_in, text_in
from gvtui.trace.excerpts import DisputeMark, ExcerptMark, ExecMark, ExecOrderMark
from gvtui.trace.losses import Loss
from gvtui.trace.names import NamesMark
from gvtui.trace.origin import OriginMark
from gvtui.trace.procfs import ProcessesMark
from gvtui.trace.thinned import ThinnedMark
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable


_MAX_SESSION = 1 << 20
"""How many characters of a session are read: one with all points and fields has a quarter."""

_MAX_VERSION = 200


@dataclass(frozen=True, slots=True)
class SessionMark:
    """A trace session of a sandbox has changed."""

    kind: ClassVar = "session"

    text: str
    state: str
    """The outcome of the change, such as `applied`; see `gvtui.agent.outcome.State`."""
    container_id: str
    """ID of the sandbox."""
    root: str
    """The root directory of its runsc."""
    session: str
    """The session that runs now, as the text of a session file; "" if it is not known."""
    pid: int = 0
    """The pid of the runsc that made the session; 0 if there is none."""
    gap_start_ns: int = 0
    gap_end_ns: int = 0
    """Points were lost between these Unix times in nanoseconds; zeros if none were."""

    @property
    def gap(self) -> GapMark | None:
        """The gap by itself; None if there was none."""
        if not self.gap_start_ns:
            return None
        return GapMark(self.text, self.container_id, self.gap_start_ns, self.gap_end_ns)

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        details = {"kind": self.kind, **asdict(self)}
        if not (self.gap_start_ns or self.gap_end_ns):
            del details["gap_start_ns"], details["gap_end_ns"]
        return details

    @classmethod
    def read(cls, details: dict[str, Any]) -> SessionMark:
        """The mark from what lies in the recording."""
        return cls(
            text_in(details, "text"),
            text_in(details, "state"),
            text_in(details, "container_id"),
            text_in(details, "root"),
            text_in(details, "session", _MAX_SESSION),
            int_in(details, "pid"),
            int_in(details, "gap_start_ns"),
            int_in(details, "gap_end_ns"),
        )


@dataclass(frozen=True, slots=True)
class GapMark:
    """Points of a sandbox are missing in a time span; their number is not known."""

    kind: ClassVar = "gap"

    text: str
    container_id: str
    """ID of the sandbox."""
    start_ns: int
    end_ns: int
    """Unix times."""

    @property
    def span(self) -> tuple[str, int, int]:
        """What marks of one gap have in common."""
        return self.container_id, self.start_ns, self.end_ns

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> GapMark:
        """The mark from what lies in the recording."""
        return cls(
            text_in(details, "text"),
            text_in(details, "container_id"),
            int_in(details, "start_ns"),
            int_in(details, "end_ns"),
        )


@dataclass(frozen=True, slots=True)
class LostMark:
    """Messages that came before this, and since the mark before, are in no row; or none could come."""

    kind: ClassVar = "lost"

    messages: int
    since_ns: int
    """When it began, Unix time."""
    until_ns: int = 0
    """When it was over, Unix time; 0 in recordings that do not tell."""
    why: str = ""
    """One of the reasons of `gvtui.trace.losses`, or the kernel's; "" in such recordings."""
    bytes: int = 0
    """Bytes that were not taken, where messages could not be counted."""

    @property
    def text(self) -> str:
        """The mark for people."""
        return Loss(self.messages, self.since_ns, self.until_ns, self.why, self.bytes).words()

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> LostMark:
        """The mark from what lies in the recording."""
        loss = Loss.read(details)
        return cls(loss.messages, loss.since_ns, loss.until_ns, loss.why, loss.bytes)


@dataclass(frozen=True, slots=True)
class ClockMark:
    """The clock of the machine was set: times before and after do not follow each other."""

    kind: ClassVar = "clock"

    step_ns: int
    """By how much; below zero if it was set back."""
    shift: int = 0
    """What was added to the numbers of the connections whose times it concerns, where recordings
    were merged; see `gvtui.trace.origin`."""

    @property
    def text(self) -> str:
        """The mark for people."""
        way = "forward" if self.step_ns > 0 else "back"
        return f"the clock of this machine was set {way} by {abs(self.step_ns) / 1e9:,.1f} s"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> ClockMark:
        """The mark from what lies in the recording."""
        return cls(int_in(details, "step_ns"), max(0, int_in(details, "shift")))


@dataclass(frozen=True, slots=True)
class RefusedMark:
    """Connections or requests were refused because a limit was reached."""

    kind: ClassVar = "refused"

    count: int
    """How many, since the last mark of the same limit."""
    limit: str
    """The limit's name, as in `gvtui.limits`, or another word for the rule."""
    text: str

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> RefusedMark:
        """The mark from what lies in the recording."""
        return cls(
            max(0, int_in(details, "count")), text_in(details, "limit"), text_in(details, "text")
        )


@dataclass(frozen=True, slots=True)
class DropsMark:
    """How many points a sandbox has dropped: somebody asked its runsc, or messages told it that a
    copy lacks.

    A sandbox tells of its drops with its next message, so nothing tells of the last ones. What is
    more than its messages have told stands as a drop in front of this mark.
    """

    kind: ClassVar = "drops"

    dropped: int
    """Points since the connection, the row's own, began."""
    is_least: bool = False
    """Whether it may be more: the session has several sinks, and nothing tells which is ours."""
    is_left_out: bool = False
    """Whether messages told it that this recording lacks, and nobody asked."""

    @property
    def text(self) -> str:
        """The mark for people."""
        points = counted(self.dropped, "point")
        if self.is_left_out:
            return f"messages that this recording lacks tell that {points} were dropped so far"
        if self.is_least:
            return (
                f"asked, the sandbox says that it has dropped at least {points} so far; its session "
                "has several remote sinks"
            )
        return f"asked, the sandbox says that it has dropped {points} so far"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> DropsMark:
        """The mark from what lies in the recording."""
        return cls(
            max(0, int_in(details, "dropped")),
            details.get("is_least") is True,
            details.get("is_left_out") is True,
        )


@dataclass(frozen=True, slots=True)
class GoneMark:
    """The sandbox of the row's connection runs no more, and its first process told no exit."""

    kind: ClassVar = "gone"

    pid: int
    """The pid that the process had on its machine."""
    is_runsc: bool = False
    """Whether it was the attached runsc that ran the sandbox until its end, not the sandbox's own
    process."""

    @property
    def text(self) -> str:
        """The mark for people."""
        what = "runsc, the sandbox's parent, process" if self.is_runsc else "the sandbox's process"
        return (
            f"{what} {self.pid} has gone, and no exit of the first process inside was told: killed "
            "from outside or for want of memory, or ended without a session that traces exits"
        )

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> GoneMark:
        """The mark from what lies in the recording."""
        return cls(max(0, int_in(details, "pid")), details.get("is_runsc") is True)


MOST_OF_DROPS = 512
"""Bytes of the largest `DropsMark`."""


MOST_OF_CONNECTION = 8 << 10
"""Bytes of the largest mark that tells something of its connection itself."""


@dataclass(frozen=True, slots=True)
class BinaryMark:
    """The runsc binary that runs the sandbox of the row's connection."""

    kind: ClassVar = "binary"

    path: str
    version: str
    """The version that it reports, such as `20260905.0`; "" if it was not asked."""
    is_exec_exit_last: bool
    """Whether it certainly sends the exit of an exec after the attempt to load the program."""

    @property
    def text(self) -> str:
        """The mark for people."""
        return f"the sandbox runs {self.path}" + (f", version {self.version}" * bool(self.version))

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> BinaryMark:
        """The mark from what lies in the recording."""
        return cls(
            text_in(details, "path"),
            text_in(details, "version", _MAX_VERSION),
            details.get("is_exec_exit_last") is True,
        )


@dataclass(frozen=True, slots=True)
class NoteMark:
    """A plain text, or a mark of a kind that this gvtui does not know."""

    text: str
    kind: str = ""

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text} if self.kind else {"text": self.text}

    @classmethod
    def read(cls, details: dict[str, Any]) -> NoteMark:
        """The mark from what lies in the recording."""
        return cls(text_in(details, "text"), text_in(details, "kind"))


ALARM = "alarm"
"""The kind of a `NoteMark` that tells of something which may have cost messages."""

MOST_OF_ALARM = 8 << 10
"""Bytes of the largest mark that is read as an alarm."""

Mark = (
    SessionMark
    | GapMark
    | LostMark
    | RefusedMark
    | DropsMark
    | GoneMark
    | DisputeMark
    | ClockMark
    | ProcessesMark
    | CarriedMark
    | BinaryMark
    | NamesMark
    | OriginMark
    | ExcerptMark
    | ExecMark
    | ExecOrderMark
    | ThinnedMark
    | NoteMark
)

_READERS: dict[str, Callable[[dict[str, Any]], Mark]] = {
    each.kind: each.read
    for each in (
        SessionMark,
        GapMark,
        LostMark,
        RefusedMark,
        DropsMark,
        GoneMark,
        DisputeMark,
        ClockMark,
        ProcessesMark,
        CarriedMark,
        BinaryMark,
        NamesMark,
        OriginMark,
        ExcerptMark,
        ExecMark,
        ExecOrderMark,
        ThinnedMark,
    )
}


def read_mark(details: dict[str, Any]) -> Mark:
    """Read a mark of any kind from its details; never raises."""
    kind = details.get("kind")
    return _READERS.get(kind if isinstance(kind, str) else "", NoteMark.read)(details)


_ALARMS = (GapMark, LostMark, RefusedMark, DisputeMark, ClockMark)


def is_alarm(mark: Mark) -> bool:
    """Whether a mark tells that messages or connections are missing, that the clock was set, or
    that a connection claims another's container."""
    return isinstance(mark, _ALARMS) or (isinstance(mark, NoteMark) and mark.kind == ALARM)
