"""What came of a change: what runs now, said so that nobody is left guessing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from gvtui.points.document import dump_session
from gvtui.points.session import Session, diff_sessions
from gvtui.trace.marks import GapMark, SessionMark
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.agent.containers import Container
    from gvtui.points.problems import Problem
    from gvtui.trace.marks import Mark


class State(Enum):
    """How a change ended."""

    APPLIED = "applied"
    """The new session runs; it was read back."""
    DELETED = "deleted"
    """No session runs, as wanted."""
    REFUSED = "refused"
    """Nothing has changed."""
    NEEDS_CONFIRMATION = "needs confirmation"
    """Nothing has changed: the session there is not gvtui's, so replacing it was not tried."""
    RESTORED = "restored"
    """The change failed after the former session was gone; that one was put back."""
    LOST = "lost"
    """The former session is gone and could not be put back: nothing is traced."""
    UNCERTAIN = "uncertain"
    """What runs cannot be told."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which points were lost, uncounted, while one session replaced another."""

    start_ns: int
    end_ns: int
    """Unix times in nanoseconds; the gap lies within, mostly much shorter."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a change to one sandbox's session."""

    container: Container
    state: State
    kept: str
    """What runs now, one sentence without its full stop."""
    session: Session | None = None
    """The session that runs now, if gvtui knows it."""
    former: Session | None = None
    """The session that ran before, if gvtui knows it."""
    error: str = ""
    """Why the change failed, one sentence without its full stop."""
    detail: str = ""
    """All that runsc said."""
    problems: tuple[Problem, ...] = ()
    """What the checks found; errors mean that runsc was not asked."""
    skipped_points: tuple[str, ...] = ()
    """Points that the runtime lacks and skipped under `ignore_missing`."""
    skipped_fields: tuple[str, ...] = ()
    """Fields likewise, as `point field`."""
    notes: tuple[str, ...] = ()
    """What was done otherwise than asked, such as a key left out for an old runsc."""
    gap: Gap | None = None
    pids: tuple[int, ...] = field(default=())
    """Pids of the runsc commands that may have connected, the last one first."""

    @property
    def applied(self) -> bool:
        """Whether things are as wanted."""
        return self.state in (State.APPLIED, State.DELETED)

    @property
    def needs_confirmation(self) -> bool:
        """Whether the same call with `replace_unknown` would go on."""
        return self.state is State.NEEDS_CONFIRMATION

    @property
    def runsc_pid(self) -> int | None:
        """Pid of the runsc that made the session which runs now: the peer's pid of its connection."""
        return self.pids[0] if self.pids else None

    @property
    def session_json(self) -> str:
        """The session that runs now, as its file would hold it; "" if it is not known."""
        return dump_session(self.session) if self.session else ""

    @property
    def sentence(self) -> str:
        """Error and result in one line."""
        return f"{self.error}; {self.kept}" if self.error else self.kept

    def as_dict(self) -> dict[str, Any]:
        """The outcome as plain values, for JSON."""
        return {
            "container_id": self.container.id,
            "sandbox_id": self.container.sandbox_id,
            "root": str(self.container.root),
            "state": self.state.value,
            "applied": self.applied,
            "kept": self.kept,
            "error": self.error,
            "detail": self.detail,
            "problems": [problem.as_dict() for problem in self.problems],
            "skipped_points": list(self.skipped_points),
            "skipped_fields": list(self.skipped_fields),
            "notes": list(self.notes),
            "runsc_pid": self.runsc_pid,
            "session": self.session.as_dict() if self.session else None,
        }

    def marks(self) -> list[Mark]:
        """What to note in the recording, so that a later reader knows what was on.

        Returns:
            A mark of the gap, if there was one, then one of the session that runs now. None if
            nothing has changed.
        """
        if self.state in (State.REFUSED, State.NEEDS_CONFIRMATION):
            return []
        return [*self._gap_marks(), self._session_mark()]

    def _gap_marks(self) -> list[GapMark]:
        gap = self.gap
        if gap is None:
            return []
        lasted = max(1, round((gap.end_ns - gap.start_ns) / 1e6))
        name = self.container.sandbox_id
        words = f"points of {name} are missing while its session was replaced"
        text = f"gap of at most {lasted} ms: {words}"
        return [GapMark(text, name, gap.start_ns, gap.end_ns)]

    def _session_mark(self) -> SessionMark:
        change = str(diff_sessions(self.former, self.session)) if self.session else ""
        count = len(self.session.points) if self.session else 0
        points = f", {counted(count, 'point')} ({change})" if count else ""
        return SessionMark(
            f"session {self.state.value} for {self.container.sandbox_id}{points}",
            self.state.value,
            self.container.sandbox_id,
            str(self.container.root),
            self.session_json,
            self.runsc_pid or 0,
            *((self.gap.start_ns, self.gap.end_ns) if self.gap else ()),
        )
