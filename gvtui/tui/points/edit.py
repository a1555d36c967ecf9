"""What is staged for one target, against what is applied there; with undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.points.session import Session, SessionDiff, diff_sessions

if TYPE_CHECKING:
    from gvtui.points.session import Point

_MAX_HISTORY = 200


class Edit:
    """Two sessions: the one applied, and the one to apply."""

    def __init__(self, start: Session) -> None:
        """Begin with nothing staged.

        Args:
            start: what staging begins from while nothing is applied: mostly a session without
                points that knows where to send.
        """
        self.start = start
        self.applied: Session | None = None
        """What runs there as far as is known; None if nothing is known to run."""
        self.is_guess = False
        """Whether `applied` was only gathered from what the sandbox sends."""
        self._staged: Session | None = None
        self._history: list[Session | None] = []
        self._sides: dict[str, tuple[Session, dict[str, Point]]] = {}
        self._diff: tuple[Session | None, Session, SessionDiff] | None = None

    @property
    def staged(self) -> Session:
        """What is to run."""
        return self._staged or self.applied or self.start

    @property
    def is_staged(self) -> bool:
        """Whether anything was changed by hand."""
        return self._staged is not None

    @property
    def diff(self) -> SessionDiff:
        """What applying would change."""
        staged = self.staged
        known = self._diff
        if known is None or known[0] is not self.applied or known[1] is not staged:
            known = (self.applied, staged, diff_sessions(self.applied or self.start, staged))
            self._diff = known
        return known[2]

    def stage(self, session: Session) -> None:
        """Have another session to apply."""
        self._history.append(self._staged)
        del self._history[:-_MAX_HISTORY]
        self._staged = session
        self._drop_same()

    def undo(self) -> bool:
        """Go back by one edit, also behind what was applied since; False if there is none."""
        if not self._history:
            return False
        self._staged = self._history.pop()
        return True

    def discard(self) -> None:
        """Stage what is applied; `undo` brings the rest back."""
        if self._staged is not None:
            self._history.append(self._staged)
            self._staged = None

    def settle(self, sent: Session) -> None:
        """What was staged now runs, be it in other words; what was changed since stays staged."""
        if self._staged is not None and self._staged.points == sent.points:
            self._staged = None

    def take_applied(self, session: Session | None, *, is_guess: bool = False) -> None:
        """Take in what runs; what is staged stays, unless it is just that."""
        before = self.applied or self.start
        if self._history and diff_sessions(before, session or self.start):
            # Undo leads to what ran before, not to what runs now.
            self._history = [before if each is None else each for each in self._history]
        self.applied = session
        self.is_guess = is_guess and session is not None
        self._drop_same()

    def _drop_same(self) -> None:
        if self._staged is not None and not self.diff:
            self._staged = None

    def points(self, *, applied: bool = False) -> dict[str, Point]:
        """The points that are staged, or applied, by name."""
        session = (self.applied or self.start) if applied else self.staged
        key = "applied" if applied else "staged"
        known = self._sides.get(key)
        if known is None or known[0] is not session:
            known = (session, {point.name: point for point in session.points})
            self._sides[key] = known
        return known[1]
