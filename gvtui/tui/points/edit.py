"""The staged session of one target beside the applied one, with undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.points.session import Session, SessionDiff, diff_sessions

if TYPE_CHECKING:
    from gvtui.points.session import Point

_MAX_HISTORY = 200


class Edit:
    """The applied session of a target, and the staged one that is to replace it."""

    def __init__(self, start: Session) -> None:
        """Make an edit without changes.

        Args:
            start: the session that staging starts from while none is applied: mostly one without
                points but with a sink.
        """
        self.start = start
        self.applied: Session | None = None
        """The session that runs; None if none is known to run."""
        self.is_guess = False
        """Whether `applied` is only deduced from the messages of the sandbox."""
        self._staged: Session | None = None
        self._history: list[Session | None] = []
        self._sides: dict[str, tuple[Session, dict[str, Point]]] = {}
        self._diff: tuple[Session | None, Session, SessionDiff] | None = None

    @property
    def staged(self) -> Session:
        """The session to apply."""
        return self._staged or self.applied or self.start

    @property
    def is_staged(self) -> bool:
        """Whether the user has staged a change."""
        return self._staged is not None

    @property
    def diff(self) -> SessionDiff:
        """The difference between the applied and the staged session."""
        staged = self.staged
        known = self._diff
        if known is None or known[0] is not self.applied or known[1] is not staged:
            known = (self.applied, staged, diff_sessions(self.applied or self.start, staged))
            self._diff = known
        return known[2]

    def stage(self, session: Session) -> None:
        """Stage another session."""
        self._history.append(self._staged)
        del self._history[:-_MAX_HISTORY]
        self._staged = session
        self._drop_same()

    def undo(self) -> bool:
        """Undo one change, even one that has been applied since; False if there is none."""
        if not self._history:
            return False
        self._staged = self._history.pop()
        return True

    def discard(self) -> None:
        """Drop all staged changes; `undo` restores them."""
        if self._staged is not None:
            self._history.append(self._staged)
            self._staged = None

    def settle(self, sent: Session) -> None:
        """Take `sent`, the session that was staged, as the applied one; later changes stay
        staged."""
        if self._staged is not None and self._staged.points == sent.points:
            self._staged = None

    def take_applied(self, session: Session | None, *, is_guess: bool = False) -> None:
        """Set the applied session; staged changes are kept unless they equal it."""
        before = self.applied or self.start
        if self._history and diff_sessions(before, session or self.start):
            # Undo goes back to the session that ran before, not to the one that runs now.
            self._history = [before if each is None else each for each in self._history]
        self.applied = session
        self.is_guess = is_guess and session is not None
        self._drop_same()

    def _drop_same(self) -> None:
        if self._staged is not None and not self.diff:
            self._staged = None

    def points(self, *, applied: bool = False) -> dict[str, Point]:
        """The points of the staged or the applied session, by name."""
        session = (self.applied or self.start) if applied else self.staged
        key = "applied" if applied else "staged"
        known = self._sides.get(key)
        if known is None or known[0] is not session:
            known = (session, {point.name: point for point in session.points})
            self._sides[key] = known
        return known[1]
