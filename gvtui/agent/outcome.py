"""The outcome of changing a session: whether it worked, and which session runs now."""

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
    """The new session runs; gvtui has read it back."""
    DELETED = "deleted"
    """The session has been deleted, as wanted."""
    REFUSED = "refused"
    """Nothing has changed."""
    NEEDS_CONFIRMATION = "needs confirmation"
    """Nothing has changed: the session there is not gvtui's, so replacing it was not tried."""
    RESTORED = "restored"
    """The change failed after the former session had been deleted; gvtui has restored it."""
    LOST = "lost"
    """The former session is deleted and could not be restored: nothing is traced."""
    UNCERTAIN = "uncertain"
    """gvtui could not find out which session runs."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time span in which points were lost, uncounted, while one session replaced another."""

    start_ns: int
    end_ns: int
    """Both are Unix times in nanoseconds; the gap lies between them and is mostly much shorter."""


@dataclass(frozen=True, slots=True)
class ChangeOutcome:
    """The outcome of one change to one sandbox's session."""

    container: Container
    state: State
    kept: str
    """Which session runs now, one sentence without its full stop."""
    session: Session | None = None
    """The session that runs now, if gvtui knows it."""
    former: Session | None = None
    """The session that ran before, if gvtui knows it."""
    error: str = ""
    """Why the change failed, one sentence without its full stop."""
    detail: str = ""
    """All that runsc said."""
    problems: tuple[Problem, ...] = ()
    """Problems that the checks found; if one is an error, runsc was not asked."""
    skipped_points: tuple[str, ...] = ()
    """Points that the runtime lacks and, because of `ignore_missing`, has skipped."""
    skipped_fields: tuple[str, ...] = ()
    """Fields that it lacks and has skipped, as `point field`."""
    notes: tuple[str, ...] = ()
    """Deviations from the request, such as a key that was left out for an old runsc."""
    gap: Gap | None = None
    pids: tuple[int, ...] = field(default=())
    """Pids of the runsc commands that may have connected, the last one first."""

    @property
    def applied(self) -> bool:
        """Whether the change was made."""
        return self.state in (State.APPLIED, State.DELETED)

    @property
    def needs_confirmation(self) -> bool:
        """Whether the same call with `replace_unknown` would be carried out."""
        return self.state is State.NEEDS_CONFIRMATION

    @property
    def runsc_pid(self) -> int | None:
        """The pid of the runsc that made the running session: the peer of its connection."""
        return self.pids[0] if self.pids else None

    @property
    def session_json(self) -> str:
        """The text of a session file for the running session; "" if the session is not known."""
        return dump_session(self.session) if self.session else ""

    @property
    def sentence(self) -> str:
        """The error, if any, and which session runs now, in one line."""
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
        """The trace marks for the recording, so that a later reader knows which session ran.

        Returns:
            A mark of the gap, if there was one, then a mark of the session that runs now. Empty if
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
