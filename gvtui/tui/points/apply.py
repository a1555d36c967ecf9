"""Commands that apply staged sessions to one or all sandboxes or to a file, and the last
question."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gvtui.agent.install import install_words
from gvtui.agent.outcome import State
from gvtui.agent.pod_init import start_words
from gvtui.agent.target import SessionOwner
from gvtui.decode.escape import escape
from gvtui.errors import GvtuiError
from gvtui.points.check import check_session
from gvtui.points.tuning import remote_sink
from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry, Text
from gvtui.tui.model.rowtext import word
from gvtui.tui.points.gone import gone_words
from gvtui.tui.points.preview import preview, safe_lines
from gvtui.tui.points.survey import Targets
from gvtui.tui.viewer import Feature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gvtui.agent.agent import OnExit
    from gvtui.agent.containers import Container
    from gvtui.agent.outcome import ChangeOutcome
    from gvtui.agent.target import Target, TargetSurvey
    from gvtui.points.session import Session
    from gvtui.tui.points.state import PointsState

_Change = tuple["Container", "Session"]

_LEAVE = (
    Entry("restore", "restore the sessions from before; end the others"),
    Entry("delete", "end them"),
    Entry("keep", "keep them: the sandboxes go on sending"),
    Entry("stay", "do not leave"),
)


class Applying(Feature):
    """Applies staged sessions, and asks at the end whether to keep or to restore."""

    prefix, heading = "points", "What is traced"

    @property
    def _targets(self) -> Targets:
        return self.viewer.feature(Targets)

    @property
    def _state(self) -> PointsState:
        return self._targets.state

    @command("Undo the last change of the staged session", "u")
    def undo(self) -> None:
        """Undo the last change of the staged session."""
        state = self._state
        if state.edit.undo():
            state.changed()
        else:
            self.viewer.tell("There is nothing to undo.")
        self._targets.show()

    @command("Drop all staged changes; undo restores them", "U")
    def discard(self) -> None:
        """Drop all staged changes."""
        self._state.edit.discard()
        self._state.changed()
        self._targets.show()

    @command("Apply the staged session", "a", footer="apply")
    def apply(self) -> None:
        """Start the staged session in the target on the screen."""
        state = self._state
        target = state.target
        if not self._may_apply():
            return
        if target is None and state.gone is not None:
            self.viewer.tell(gone_words(state.gone.title, state.edit), "warning")
        elif target is None:
            self.viewer.tell(state.problem or "There is no sandbox to apply this to.", "warning")
        elif target.owner is SessionOwner.FILE:
            self._write(target)
        elif target.container is not None:
            if not state.edit.diff and not state.is_unheard:
                key = self.viewer.commands.keys_of("points.switch")
                self.viewer.tell(f"Nothing is staged: in Points, {key} switches a point on or off.")
                return
            self._apply([(target.container, self._to_apply(state.edit.staged))])

    @command("Apply the staged session to all sandboxes", "A")
    def apply_all(self) -> None:
        """Start the session staged for the target on the screen in all sandboxes."""
        state = self._state
        if not self._may_apply():
            return
        session = self._to_apply(state.edit.staged)
        changes = [(each.container, session) for each in state.targets if each.container]
        if changes:
            self._apply(changes)
        else:
            self.viewer.tell(state.problem or "There is no sandbox to apply this to.", "warning")

    def start_anew(self, changes: list[_Change]) -> None:
        """Start sessions once more that run already, so that their sandboxes connect here."""
        if self._may_apply():
            self._apply(changes, replace_unknown=True)

    def _may_apply(self) -> bool:
        if not self._targets.may_stage():
            return False
        if self._state.busy:
            self.viewer.tell("A change is under way; wait for its end.", "warning")
            return False
        return self.viewer.keeper is not None

    def _to_apply(self, session: Session) -> Session:
        """The session with this viewer's socket as its sink."""
        endpoint = str(self._state.endpoint)
        if endpoint in session.endpoints:
            return session
        return session.with_sinks(remote_sink(endpoint))

    def _apply(self, changes: list[_Change], *, replace_unknown: bool = False) -> None:
        state, keeper = self._state, self.viewer.keeper
        assert keeper is not None
        self._targets.changed()
        count = f"{len(changes)} sandboxes" if len(changes) > 1 else ""
        state.busy = f"applying to {count or word(changes[0][0].short)} …"
        state.changed()
        monitor = self.viewer.monitor

        def note(outcome: ChangeOutcome) -> None:
            """Note the change in the recording."""
            if monitor is not None and not monitor.dead:
                for mark in outcome.marks():
                    monitor.monitor.send_mark(mark)

        def work() -> tuple[list[ChangeOutcome], TargetSurvey]:
            outcomes = []
            for container, session in changes:
                if monitor is not None and not monitor.dead:
                    monitor.monitor.tell_changing(container.sandbox_id)
                outcome = keeper.apply(container, session, replace=replace_unknown)
                outcomes.append(outcome)
                note(outcome)
            return outcomes, keeper.survey()

        self.viewer.in_thread(work, partial(self._take_outcomes, changes), self._failed)

    def _failed(self, error: Exception) -> None:
        self._state.busy = ""
        self._state.say(f"Not applied: {word(str(error))}.", "alarm", str(error))
        self._targets.look()

    def _take_outcomes(
        self, changes: list[_Change], found: tuple[list[ChangeOutcome], TargetSurvey]
    ) -> None:
        outcomes, survey = found
        state = self._state
        state.busy = ""
        self._targets.changed()
        for (container, sent), outcome in zip(changes, outcomes, strict=True):
            if outcome.applied:
                state.edit_of(container.sandbox_key).settle(sent)
        self._targets.take(survey)
        asked = [
            change
            for change, outcome in zip(changes, outcomes, strict=True)
            if outcome.needs_confirmation
        ]
        if len(outcomes) == 1:
            words, look, detail = words_of(outcomes[0])
        else:
            words = summary_of(outcomes)
            look = "good" if all(outcome.applied for outcome in outcomes) else "bad"
            detail = "\n\n".join(
                f"{outcome.container.sandbox_id}: {words_of(outcome)[2]}" for outcome in outcomes
            )
        state.say("" if asked else words, look, detail)
        if asked:
            self._ask_to_replace(asked, outcomes)
        elif look != "good":
            key = self.viewer.commands.keys_of("points.said")
            self.viewer.tell(f"{words} {key} in Points shows all that runsc said.", "warning")
        self._targets.show()

    def _ask_to_replace(self, changes: list[_Change], outcomes: list[ChangeOutcome]) -> None:
        short = ", ".join(word(container.short) for container, _ in changes[:5])
        kept = next(outcome.kept for outcome in outcomes if outcome.needs_confirmation)
        question = (
            f"{short}: there is a session already that this gvtui did not make.\n\n"
            f"If you leave it, {kept}.\n"
        )
        answers = (
            Entry("leave", "leave the session that runs"),
            Entry("replace", "replace it with the staged session"),
        )

        def left() -> None:
            edits = [self._state.edit_of(container.sandbox_key) for container, _ in changes]
            # Another viewer may have made just what was staged here.
            is_staged = any(edit.is_staged for edit in edits)
            left = "the new session is still staged" if is_staged else "nothing is staged any more"
            self._state.say(f"Nothing was changed; {left}.")
            self._targets.show()

        def answered(answer: str) -> None:
            if answer == "replace":
                self._apply(changes, replace_unknown=True)
            else:
                left()

        self.viewer.choose(Choice(question, answers, answered, cancelled=left))

    def _write(self, target: Target) -> None:
        """Write the session file."""
        keeper, state = self.viewer.keeper, self._state
        assert keeper is not None
        assert keeper.file is not None
        self._targets.changed()
        edit = state.edit_of(target.key)
        try:
            key = self.viewer.commands.keys_of("points.apply")
            if keeper.file.changed_outside():
                keeper.read_file_again()
                words, look = (
                    f"Somebody else has changed the file; it was read again. Check it, then press {key}.",
                    "bad",
                )
            else:
                keeper.write(edit.staged)
                edit.settle(edit.staged)
                install = self.viewer.commands.keys_of("points.install")
                how, traced = start_words(keeper.file, state.catalogue)
                words = f"Written{':' if traced else ', but'} {escape(how)}. {install} tells how."
                look = "good" if traced else "bad"
        except GvtuiError as error:
            state.say(f"Not written: {word(str(error))}.", "alarm", str(error))
        else:
            state.take_targets(
                keeper.file_target() if each.key == target.key else each for each in state.targets
            )
            state.say(words, look)
        self._targets.show()

    def preview(self) -> None:
        """Show what applying would change, with all problems."""
        state = self._state
        edit = state.edit
        session = edit.staged
        problems = check_session(session, state.catalogue)
        title = f"What applying changes: {edit.diff}   (checked against {state.catalogue.source})"
        body = preview(edit.applied or edit.start, session, problems, edit.is_guess)
        self.viewer.read(Text(title, body, line="points.preview"))

    def said(self) -> None:
        """Show all output of runsc on the last change."""
        detail = self._state.detail or "No change has been made yet."
        self.viewer.read(
            Text("The outcome of the last change", [safe_lines(detail)], line="points.said")
        )

    def install(self) -> None:
        """Show how containers are started with the session file."""
        keeper = self.viewer.keeper
        if keeper is None or keeper.file is None:
            self._read_install(
                "Start gvtui with --session-file FILE to edit a pod init file: containers that "
                "start later are then traced from their first moment on. This needs neither root "
                "nor runsc here."
            )
            return
        runsc = next((each.runsc.path for each in keeper.containers), "runsc")
        self.viewer.in_thread(partial(install_words, keeper.file.path, runsc), self._read_install)

    def _read_install(self, words: str) -> None:
        self.viewer.read(
            Text("Containers that start later", [safe_lines(words)], line="points.install")
        )

    def may_leave(self, leave: Callable[[], None]) -> bool:
        """Ask what to do with sessions that gvtui made, if there are any."""
        keeper = self.viewer.keeper
        if keeper is None or keeper.policy != "ask" or not keeper.has_made:
            return True
        made = [word(each.container.short) for each in keeper.agent.registry.all()]
        question = (
            f"gvtui has made the sessions of {', '.join(made[:8])}. What should happen to them?\n"
        )
        policies: dict[str, OnExit] = {"restore": "restore", "delete": "delete", "keep": "keep"}

        def answered(answer: str) -> None:
            if answer in policies:
                keeper.policy = policies[answer]
                leave()

        self.viewer.choose(Choice(question, _LEAVE, answered))
        return False


def words_of(outcome: ChangeOutcome) -> tuple[str, str, str]:
    """An outcome for the screen: a sentence, the name of its style, and all details."""
    parts = [outcome.sentence, *outcome.notes]
    skipped = (*outcome.skipped_points, *outcome.skipped_fields)
    parts += [f"skipped {', '.join(skipped[:5])}"] if skipped else []
    look = "good" if outcome.applied else "alarm"
    if outcome.state in (State.RESTORED, State.NEEDS_CONFIRMATION):
        look = "bad"
    lines = [*parts, "", *(f"{each.severity}: {each}" for each in outcome.problems)]
    detail = "\n".join([*lines, outcome.detail])
    sentence = escape(". ".join(_capital(part) for part in parts if part))
    return f"{sentence}.", look, detail


def _capital(sentence: str) -> str:
    """A sentence with a capital letter, unless it begins with a name such as `points[0]`."""
    first = sentence.partition(" ")[0]
    return sentence[:1].upper() + sentence[1:] if first.isalpha() else sentence


def summary_of(outcomes: Iterable[ChangeOutcome]) -> str:
    """The outcomes of a change to several sandboxes, in one sentence."""
    found = list(outcomes)
    done = sum(outcome.applied for outcome in found)
    failed = [outcome for outcome in found if not outcome.applied]
    words = f"Applied to {done} of {len(found)} sandboxes."
    for outcome in failed[:3]:
        words += f" {word(outcome.container.short)}: {escape(outcome.sentence)}."
    return words
