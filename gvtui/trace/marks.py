"""Trace marks: notes of gvtui's in a recording, beside the messages. Each kind is one class.

A mark is stored as a map with its `kind` and, mostly, a `text` for people. Anybody may have made a
recording, so a value that is missing or has the wrong type is read as zero or empty, and texts and
lists are cut to a maximal size.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from gvtui.trace.details import args_in, int_in, list_in, text_in
from gvtui.trace.losses import Loss
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PROCESSES = 20_000
"""How many processes are read from one mark."""

MAX_EXECS = 1 << 12
"""How many outcomes of execs one mark has."""

_MAX_SESSION = 1 << 20
"""How many characters of a session are read: one with all points and fields has a quarter."""

_MAX_VERSION = 200

Process = tuple[int, int]
"""The thread group id and start time of a process; zeros for none."""
NO_PROCESS: Process = (0, 0)


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
        return cls(int_in(details, "step_ns"))


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
    """How many points a sandbox has dropped, because somebody asked its runsc.

    A sandbox tells of its drops with its next message, so nothing tells of the last ones. What is
    more than its messages have told stands as a drop in front of this mark.
    """

    kind: ClassVar = "drops"

    dropped: int
    """Points since the connection, the row's own, began."""

    @property
    def text(self) -> str:
        """The mark for people."""
        return (
            f"asked, the sandbox says that it has dropped {counted(self.dropped, 'point')} so far"
        )

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> DropsMark:
        """The mark from what lies in the recording."""
        return cls(max(0, int_in(details, "dropped")))


MOST_OF_DROPS = 512
"""Bytes of the largest `DropsMark`."""


@dataclass(frozen=True, slots=True)
class DisputeMark:
    """A connection, the row's own, claims another sandbox's container ID.

    Rows tell that themselves (see `gvtui.trace.claims`), but for a recording that lacks the other
    sandbox's messages.
    """

    kind: ClassVar = "dispute"

    container_id: str

    @property
    def text(self) -> str:
        """The mark for people."""
        return f"connection claims to be {self.container_id}, which is another sandbox"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> DisputeMark:
        """The mark from what lies in the recording."""
        return cls(text_in(details, "container_id"))


MOST_OF_CONNECTION = 8 << 10
"""Bytes of the largest mark that tells something of its connection itself."""


@dataclass(frozen=True, slots=True)
class ProcfsEntry:
    """A running process of a sandbox, from the output of `runsc trace procfs`."""

    pid: int
    parent_pid: int
    start_ns: int
    name: str
    exe: str
    args: list[str] = field(default_factory=list)
    cwd: str = ""
    pipe_from: Process = NO_PROCESS
    """The process that writes into the pipe it reads from."""
    pipe_to: Process = NO_PROCESS
    """The process that reads from the pipe it writes to."""

    @classmethod
    def read(cls, values: object) -> ProcfsEntry:
        """Read a process from a mark; without a thread group id if the values make no sense."""
        if not isinstance(values, dict):
            return cls(0, 0, 0, "", "")
        return cls(
            int_in(values, "pid"),
            max(0, int_in(values, "parent_pid")),
            max(0, int_in(values, "start_ns")),
            text_in(values, "name"),
            text_in(values, "exe"),
            args_in(values, "args"),
            text_in(values, "cwd"),
            _read_process(values, "pipe_from"),
            _read_process(values, "pipe_to"),
        )


@dataclass(frozen=True, slots=True)
class ProcessesMark:
    """The running processes of a sandbox: all, or a part if there are too many for one mark."""

    kind: ClassVar = "processes"

    text: str
    container_id: str
    """ID of the sandbox."""
    taken_ns: int
    """When the sandbox was asked, Unix nanoseconds."""
    is_whole: bool
    """Whether all parts together have all processes."""
    part: int
    """From 1."""
    parts: int
    processes: tuple[ProcfsEntry, ...]

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {
            "kind": self.kind,
            **asdict(self),
            "processes": [asdict(entry) for entry in self.processes],
        }

    @classmethod
    def read(cls, details: dict[str, Any]) -> ProcessesMark:
        """Read the mark from its details; processes that make no sense are left out."""
        entries = map(ProcfsEntry.read, list_in(details, "processes")[:MAX_PROCESSES])
        return cls(
            text_in(details, "text"),
            text_in(details, "container_id"),
            int_in(details, "taken_ns"),
            details.get("is_whole") is True,
            int_in(details, "part", -1),
            int_in(details, "parts"),
            tuple(entry for entry in entries if entry.pid > 0),
        )


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
class ExcerptMark:
    """The recording has only chosen messages from here on."""

    kind: ClassVar = "excerpt"

    filter_text: str
    """The filter that chose them; "" for all that a flight recorder still had."""

    @property
    def text(self) -> str:
        """The mark for people."""
        chosen = f"met {self.filter_text}" if self.filter_text else "the flight recorder still had"
        return f"this recording has the messages that {chosen}"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> ExcerptMark:
        """The mark from what lies in the recording."""
        return cls(text_in(details, "filter_text"))


@dataclass(frozen=True, slots=True)
class ExecMark:
    """The outcomes of execs in an excerpt, for all exits without an error on the row's connection
    since its last such mark."""

    kind: ClassVar = "exec"

    outcomes: tuple[str, ...]
    """Each is `done`, `done later` (the exit was sent before the program was loaded), `failed` or
    `asked`."""

    @property
    def text(self) -> str:
        """The mark for people."""
        counts = {name: self.outcomes.count(name) for name in ("failed", "asked")}
        done = len(self.outcomes) - sum(counts.values())
        parts = [f"{count} {name}" for name, count in {"done": done, **counts}.items() if count]
        return f"outcomes of the execs above: {', '.join(parts) or 'not noted'}"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, "outcomes": list(self.outcomes)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> ExecMark:
        """The mark from what lies in the recording."""
        outcomes = list_in(details, "outcomes")[:MAX_EXECS]
        return cls(tuple(each if isinstance(each, str) else "" for each in outcomes))


@dataclass(frozen=True, slots=True)
class ExecOrderMark:
    """The order in which the row's connection sends execs, known from messages not in the
    recording."""

    kind: ClassVar = "exec order"

    order: str
    """`old` if an exec's exit is sent after the program is loaded, `new` if before, "" if
    unknown."""
    is_point_on: bool
    """Whether the point `sentry/execve` is certainly on."""

    @property
    def text(self) -> str:
        """The mark for people."""
        when = {"old": "after", "new": "before"}.get(self.order, "before or after")
        return f"the exit of an exec is sent {when} the program is loaded"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> ExecOrderMark:
        """The mark from what lies in the recording."""
        return cls(text_in(details, "order"), details.get("is_point_on") is True)


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


Mark = (
    SessionMark
    | GapMark
    | LostMark
    | RefusedMark
    | DropsMark
    | DisputeMark
    | ClockMark
    | ProcessesMark
    | BinaryMark
    | ExcerptMark
    | ExecMark
    | ExecOrderMark
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
        DisputeMark,
        ClockMark,
        ProcessesMark,
        BinaryMark,
        ExcerptMark,
        ExecMark,
        ExecOrderMark,
    )
}


def read_mark(details: dict[str, Any]) -> Mark:
    """Read a mark of any kind from its details; never raises."""
    kind = details.get("kind")
    return _READERS.get(kind if isinstance(kind, str) else "", NoteMark.read)(details)


def _read_process(holder: dict[str, Any], name: str) -> Process:
    ends = [each for each in list_in(holder, name) if isinstance(each, int)]
    return (ends[0], ends[1]) if len(ends) == 2 else NO_PROCESS
