"""Changes a sandbox's session so that a failed change leaves the former session running.

`runsc trace create --force` deletes the running session before it reads the new one. So after a
failure gvtui reads back what runs, and restores the former session if it knows its points.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gvtui.agent.outcome import ChangeOutcome, Gap, State
from gvtui.agent.plain import unknown_key
from gvtui.agent.running import has_ended
from gvtui.agent.runsc import RunscCall, RunscError, SessionStatus
from gvtui.points.check import check_session
from gvtui.points.document import pod_init_document
from gvtui.points.problems import refusals
from gvtui.points.session import SESSION_NAME, Point, Session, keep_in_step
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.agent.containers import Container
    from gvtui.points.catalogue import Catalogue
    from gvtui.points.problems import Problem


@dataclass
class Transaction:
    """One change of one sandbox's session; an object is used once."""

    container: Container
    former: Session | None = None
    """The session believed to run, to be restored on failure; None if gvtui does not know it."""
    former_is_own: bool = False
    """Whether gvtui made the running session, and so may replace it without asking."""
    catalogue: Catalogue | None = None
    """The points that the sandbox offers; None if they could not be read."""
    replace_unknown: bool = False
    """Whether the user has agreed to lose a session that gvtui did not make."""
    on_start: Callable[[int], None] | None = None
    """Called with the pid of each runsc that will connect."""
    timeout: float | None = None
    _calls: list[RunscCall] = field(default_factory=list, init=False)
    _notes: list[str] = field(default_factory=list, init=False)
    _problems: tuple[Problem, ...] = field(default=(), init=False)
    had_session: bool = field(default=False, init=False)
    """Whether a session ran before the change."""

    def apply(self, session: Session) -> ChangeOutcome:
        """Start a session, or replace the running one."""
        problem = self._why_not()
        if problem:
            return self._outcome(State.REFUSED, "nothing has changed", error=problem)
        session = self._prepare(session)
        wrong = refusals(self._problems)
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            return self._unchanged(f"{wrong[0]}{more}")
        try:
            self.had_session = bool(self._sessions())
        except RunscError as error:
            return self._unchanged(str(error), error.detail)
        if self.had_session and not self.former_is_own and not self.replace_unknown:
            kept = (
                "the session there goes on; gvtui did not make it and cannot read its points, so "
                "replacing it may end another monitor's view"
            )
            if self.former is not None:
                kept = (
                    "the session there goes on; it is what gvtui made there earlier, unless "
                    "another monitor has replaced it since"
                )
            return self._outcome(
                State.NEEDS_CONFIRMATION,
                kept,
                error="the sandbox has a session already",
            )
        try:
            session, call = self._create(session)
        except RunscError as error:
            return self._unchanged(str(error), error.detail)
        if not call.succeeded:
            return self._after_failure(call)
        return self._after_success(session)

    def delete(self) -> ChangeOutcome:
        """End the session."""
        try:
            self.had_session = bool(self._sessions())
            if self.had_session and not self.former_is_own and not self.replace_unknown:
                return self._outcome(
                    State.NEEDS_CONFIRMATION,
                    "the session there goes on; gvtui did not make it",
                    error="the sandbox has a session of another monitor",
                )
            if self.had_session:
                self.container.runsc.delete_session(self.container.root, self.container.sandbox_id)
            left = self._sessions()
        except RunscError as error:
            kept = "whether the session still runs cannot be told"
            return self._unanswered(kept, str(error), error.detail)
        if left:
            return self._outcome(
                State.REFUSED, "a session still runs", error="the session was not deleted"
            )
        kept = "no session runs" if self.had_session else "there was no session"
        return self._outcome(State.DELETED, kept)

    def _why_not(self) -> str:
        if not self.container.can_be_traced:
            status = self.container.status or "in an unknown state"
            return f"{self.container.id} is {status}, not running"
        return ""

    def _prepare(self, session: Session) -> Session:
        session, changed = keep_in_step(session)
        if changed:
            count = counted(len(changed), "raw point")
            self._notes.append(f"{count} given the context fields of the other side")
        if self.catalogue is None:
            self._notes.append("the runtime's points could not be read, so nothing was checked")
        else:
            self._problems = tuple(check_session(session, self.catalogue))
        return session

    def _create(self, session: Session) -> tuple[Session, RunscCall]:
        """Ask runsc for the session; leave out keys that it refuses because it is too old."""
        while True:
            call = self._call(session, force=self.had_session)
            key = None if call.succeeded else unknown_key(call.stderr)
            if key == "options" and session.options is not None:
                session = replace(session, options=None)
            elif key == "ignore_missing" and session.ignore_missing:
                session = self._without_missing(replace(session, ignore_missing=False))
            else:
                return session, call
            self._notes.append(f"this runsc does not know {key!r}; it was left out")

    def _call(self, session: Session, *, force: bool) -> RunscCall:
        # runsc's refusal names the unknown key only if the session is under `trace_session`.
        call = self.container.runsc.create_session(
            self.container.root,
            self.container.sandbox_id,
            pod_init_document(session).text(),
            force=force,
            on_start=self.on_start,
            timeout=self.timeout,
        )
        self._calls.append(call)
        return call

    def _without_missing(self, session: Session) -> Session:
        if self.catalogue is None:
            return session
        kept = []
        for point in session.points:
            spec = self.catalogue.get(point.name)
            if spec is not None:
                kept.append(
                    Point(
                        point.name,
                        tuple(
                            each for each in point.optional_fields if each in spec.optional_fields
                        ),
                        tuple(each for each in point.context_fields if each in spec.context_fields),
                    )
                )
        return replace(session, points=tuple(kept))

    def _after_success(self, session: Session) -> ChangeOutcome:
        try:
            now = self._sessions()
        except RunscError as error:
            kept = "runsc said that the session was made, but the sandbox no longer answers"
            return self._unanswered(kept, str(error), error.detail)
        if not any(status.name == SESSION_NAME for status in now):
            return self._put_back("runsc said that the session was made, but there is none", "")
        skipped_points, skipped_fields = self._skipped(session)
        if skipped_points or skipped_fields:
            count = len(skipped_points) + len(skipped_fields)
            self._notes.append(
                f"the runtime lacks {count} of the points and fields and skipped them"
            )
        count = len(session.point_names.difference(skipped_points))
        kept = f"the new session runs, with {counted(count, 'point')}"
        outcome = self._outcome(State.APPLIED, kept, session=session)
        return replace(outcome, skipped_points=skipped_points, skipped_fields=skipped_fields)

    def _after_failure(self, call: RunscCall) -> ChangeOutcome:
        error = call.error(self.container.sandbox_id, str(self.container.root))
        why, detail = str(error), error.detail
        try:
            now = self._sessions()
        except RunscError as lost:
            was = "whether the former session still runs" if self.had_session else "what runs"
            kept = f"{was} cannot be told: {lost}"
            return self._unanswered(kept, why, f"{detail}\n{lost.detail}")
        if not self.had_session:
            if not now:
                return self._unchanged(why, detail)
            if call.answered:
                kept = "a session that another monitor has just made runs"
                return self._outcome(State.REFUSED, kept, error=why, detail=detail)
            kept = "a session is there now, most likely the new one, but runsc did not confirm it"
            return self._outcome(State.UNCERTAIN, kept, error=why, detail=detail)
        if now and call.answered:
            return self._unchanged(why, detail)
        if now and self.former is None:
            kept = "a session runs; whether the former or the new one cannot be told"
            return self._outcome(State.UNCERTAIN, kept, error=why, detail=detail)
        return self._put_back(why, detail)

    def _put_back(self, why: str, detail: str) -> ChangeOutcome:
        if not self.had_session:
            return self._outcome(State.LOST, "no session runs", error=why, detail=detail)
        if self.former is None:
            return self._outcome(
                State.LOST,
                "nothing is traced: the former session is gone, and gvtui, which did not make it, "
                "cannot put it back",
                error=why,
                detail=detail,
            )
        failure = self._restore(self.former)
        if failure is not None:
            return self._not_put_back(failure, why, detail)
        kept = "the former session was deleted on the way and has been put back"
        if not self.former_is_own:
            kept = (
                "the session there was deleted on the way; the one that gvtui made there last has "
                "been put back, which is the same unless another monitor has replaced it since"
            )
        return self._outcome(
            State.RESTORED,
            f"{kept}; points between are lost",
            session=self.former,
            error=why,
            detail=detail,
        )

    def _restore(self, former: Session) -> RunscError | None:
        try:
            call = self._call(former, force=True)
            if not call.succeeded:
                return call.error(self.container.sandbox_id, str(self.container.root))
            if not self._sessions():
                return RunscError("runsc said that it was made, but there is none")
        except RunscError as error:
            return error
        return None

    def _not_put_back(self, failure: RunscError, why: str, detail: str) -> ChangeOutcome:
        detail = f"{detail}\n{failure.detail}"
        try:
            now = self._sessions()
        except RunscError as error:
            return self._unanswered(f"what runs cannot be told: {error}", why, detail)
        if now:
            kept = (
                "a session runs: the former one, unless runsc was stopped in the moment of "
                f"replacing it; making sure of that failed: {failure}"
            )
            return self._outcome(State.UNCERTAIN, kept, error=why, detail=detail)
        kept = (
            f"nothing is traced: the former session is gone, and putting it back failed: {failure}"
        )
        return self._outcome(State.LOST, kept, error=why, detail=detail)

    def _unanswered(self, kept: str, why: str, detail: str) -> ChangeOutcome:
        """The outcome if the sandbox does not answer: lost if it has ended, else uncertain."""
        if has_ended(self.container):
            return self._outcome(
                State.LOST, "nothing is traced: the sandbox has ended", error=why, detail=detail
            )
        return self._outcome(State.UNCERTAIN, kept, error=why, detail=detail)

    def _skipped(self, session: Session) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if self.catalogue is None or not session.ignore_missing:
            return (), ()
        points, fields = [], []
        for point in session.points:
            spec = self.catalogue.get(point.name)
            if spec is None:
                points.append(point.name)
                continue
            offered = {*spec.optional_fields, *spec.context_fields}
            wanted = (*point.optional_fields, *point.context_fields)
            fields += [f"{point.name} {name}" for name in wanted if name not in offered]
        return tuple(points), tuple(fields)

    def _sessions(self) -> list[SessionStatus]:
        return self.container.runsc.list_sessions(self.container.root, self.container.sandbox_id)

    def _unchanged(self, why: str, detail: str = "") -> ChangeOutcome:
        if self.had_session:
            kept = "the former session goes on"
        elif self._calls:
            kept = "there is no session, as before"
        else:
            kept = "nothing has changed"
        former = self.former if self.had_session else None
        return self._outcome(State.REFUSED, kept, session=former, error=why, detail=detail)

    def _outcome(
        self,
        state: State,
        kept: str,
        *,
        session: Session | None = None,
        error: str = "",
        detail: str = "",
    ) -> ChangeOutcome:
        made = list(reversed(self._calls))
        gap = None
        if made and self.had_session and state is not State.REFUSED:
            gap = Gap(made[-1].started_ns, made[0].ended_ns)
        return ChangeOutcome(
            self.container,
            state,
            kept,
            session=session,
            former=self.former,
            problems=self._problems,
            notes=tuple(self._notes),
            gap=gap,
            pids=tuple(call.pid for call in made),
            error=error,
            detail=detail,
        )
