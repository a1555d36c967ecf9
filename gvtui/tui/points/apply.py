"""Applying what is staged: to one sandbox or all, to a file; presets; and putting things right at the end."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gvtui.agent.outcome import State
from gvtui.agent.pod_init import how_to_install, start_words
from gvtui.agent.targets import Owner
from gvtui.decode.escape import escape
from gvtui.decode.ids import short_id
from gvtui.errors import GvtuiError
from gvtui.points.check import check_session
from gvtui.points.presets import PRESETS, build_preset
from gvtui.points.tuning import TUNINGS, remote_sink, tuning_of, with_tuning
from gvtui.tui.kit.asking import Choice, Entry, Problem, Question, Text
from gvtui.tui.live.commands import TraceActions
from gvtui.tui.model.rowtext import word
from gvtui.tui.points.preview import preview, safe_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.agent.agent import OnExit
    from gvtui.agent.containers import Container
    from gvtui.agent.outcome import Outcome
    from gvtui.agent.targets import Keeper, Survey, Target
    from gvtui.points.session import Session

_Change = tuple["Container", "Session"]

_LEAVE = (
    Entry("restore", "put back what was there before, or end them where nothing was"),
    Entry("delete", "end them"),
    Entry("keep", "keep them: the sandboxes go on, and send to nobody"),
    Entry("stay", "do not leave"),
)
_SAVED = "saved:"


class PointsApply(TraceActions):
    """What becomes of staged sessions."""

    keeper: Keeper | None = None
    """The hold on runsc; None for a recording."""
    leave_policy: OnExit | None = None
    """What the user wants of gvtui's sessions at the end; None while not asked."""
    surveying = False
    survey_wanted = True
    surveyed_at = 0.0
    """When sandboxes were last looked for, by the monotonic clock."""
    _lacking: tuple[str, ...] = ()
    _changes_made = 0
    """A survey that began before a change knows nothing of it."""

    def look_after(self) -> None:
        """Have the pane take in what is new."""
        raise NotImplementedError

    def _may_stage(self) -> bool:
        refusal = self.model.points.refusal
        if refusal:
            self.tell(refusal, "warning")
        return not refusal

    def start_survey(self) -> None:
        """Look for sandboxes, in a thread."""
        self.surveying, self.survey_wanted = True, False
        survey = partial(self._survey, self._changes_made)
        self.run_worker(survey, thread=True, group="survey", exit_on_error=False)

    def _survey(self, changes_made: int) -> None:
        assert self.keeper is not None
        try:
            survey = self.keeper.survey()
        finally:
            self.surveyed_at = time.monotonic()
            self.surveying = False
        self.from_thread(self._take_survey, survey, changes_made)

    def _take_survey(self, survey: Survey, changes_made: int) -> None:
        if changes_made != self._changes_made:
            self.survey_wanted = True
        else:
            self._take_targets(survey)
            self.look_after()

    def _take_targets(self, survey: Survey) -> None:
        keeper, state = self.keeper, self.model.points
        targets = list(survey.targets)
        if keeper is not None and keeper.file is not None:
            error = survey.file_error
            if survey.file is not None:
                # What another has written is not taken from under what is staged.
                if state.edit_of(keeper.file_target().key).is_staged:
                    error = "somebody else has changed this file; a reads it again"
                else:
                    keeper.file = survey.file
            targets.insert(0, keeper.file_target(error))
        state.take_targets(targets, survey.problem, survey.catalogue)

    def action_undo(self) -> None:
        """Take the last change of what is staged back."""
        state = self.model.points
        if state.edit.undo():
            state.changed()
        else:
            self.tell("There is nothing to undo.")
        self.look_after()

    def action_discard(self) -> None:
        """Stage what is applied."""
        self.model.points.edit.discard()
        self.model.points.changed()
        self.look_after()

    def action_apply(self) -> None:
        """Have the target shown run what is staged."""
        state = self.model.points
        target = state.target
        if not self._may_apply():
            return
        if target is None:
            self.tell(state.problem or "There is no sandbox to apply this to.", "warning")
        elif target.owner is Owner.FILE:
            self._write(target)
        elif target.container is not None:
            if not state.edit.diff and not state.is_unheard:
                self.tell("Nothing is staged: in Points, space switches a point on or off.")
                return
            self._apply([(target.container, self._to_apply(state.edit.staged))])

    def action_apply_all(self) -> None:
        """Have all sandboxes run what is staged for the target shown."""
        state = self.model.points
        if not self._may_apply():
            return
        session = self._to_apply(state.edit.staged)
        changes = [(each.container, session) for each in state.targets if each.container]
        if changes:
            self._apply(changes)
        else:
            self.tell(state.problem or "There is no sandbox to apply this to.", "warning")

    def _may_apply(self) -> bool:
        if not self._may_stage():
            return False
        if self.model.points.busy:
            self.tell("A change is under way; wait for its end.", "warning")
            return False
        return self.keeper is not None

    def _to_apply(self, session: Session) -> Session:
        """The session, sent to this viewer whatever it was made for."""
        endpoint = str(self.model.points.endpoint)
        if endpoint in session.endpoints:
            return session
        return session.with_sinks(remote_sink(endpoint))

    def _apply(self, changes: list[_Change], *, replace_unknown: bool = False) -> None:
        state = self.model.points
        self._changes_made += 1
        count = f"{len(changes)} sandboxes" if len(changes) > 1 else ""
        state.busy = f"applying to {count or word(short_id(changes[0][0].sandbox_id))} …"
        state.changed()
        self.run_worker(
            partial(self._apply_in_thread, changes, replace_unknown),
            thread=True,
            group="apply",
            exit_on_error=False,
        )

    def _apply_in_thread(self, changes: list[_Change], replace_unknown: bool) -> None:
        keeper = self.keeper
        assert keeper is not None
        outcomes: list[Outcome] = []
        try:
            for container, session in changes:
                outcome = keeper.apply(container, session, replace=replace_unknown)
                outcomes.append(outcome)
                self.note(outcome)
            survey = keeper.survey()
        except BaseException:
            self.model.points.busy = ""
            raise
        self.from_thread(self._take_outcomes, changes, outcomes, survey)

    def note(self, outcome: Outcome) -> None:
        """Have the recording say what has changed."""
        if self.monitor is not None and not self.monitor.dead:
            for mark in outcome.marks():
                self.monitor.monitor.send_mark(mark)

    def _take_outcomes(
        self, changes: list[_Change], outcomes: list[Outcome], survey: Survey
    ) -> None:
        state = self.model.points
        state.busy = ""
        self._changes_made += 1
        for (container, sent), outcome in zip(changes, outcomes, strict=True):
            if outcome.applied:
                state.edit_of(container.sandbox_key).settle(sent)
        self._take_targets(survey)
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
            self.tell(f"{words} i in Points shows all that runsc said.", "warning")
        self.look_after()

    def _ask_to_replace(self, changes: list[_Change], outcomes: list[Outcome]) -> None:
        short = ", ".join(word(short_id(container.sandbox_id)) for container, _ in changes[:5])
        kept = next(outcome.kept for outcome in outcomes if outcome.needs_confirmation)
        question = (
            f"{short}: there is a session already that this gvtui did not make.\n\n"
            f"If you leave it, {kept}.\n"
        )
        answers = (
            Entry("leave", "leave it as it is"),
            Entry("replace", "replace it with what is staged"),
        )

        def left() -> None:
            self.model.points.say("Left as it was; the change is still staged.")
            self.look_after()

        def answered(answer: str) -> None:
            if answer == "replace":
                self._apply(changes, replace_unknown=True)
            else:
                left()

        self.choose(Choice(question, answers, answered, cancelled=left))

    def _write(self, target: Target) -> None:
        """Write the session file."""
        keeper, state = self.keeper, self.model.points
        assert keeper is not None
        assert keeper.file is not None
        self._changes_made += 1
        edit = state.edit_of(target.key)
        try:
            if keeper.file.changed_outside():
                keeper.read_file_again()
                words, look = (
                    "Somebody else has changed the file; it was read again. Look, then a.",
                    "bad",
                )
            else:
                keeper.write(edit.staged)
                edit.settle(edit.staged)
                how, traced = start_words(keeper.file, state.catalogue)
                words = f"Written{':' if traced else ', but'} {escape(how)}. y tells how."
                look = "good" if traced else "bad"
        except GvtuiError as error:
            state.say(f"Not written: {word(str(error))}.", "alarm", str(error))
        else:
            state.take_targets(
                keeper.file_target() if each.key == target.key else each for each in state.targets
            )
            state.say(words, look)
        self.look_after()

    def points_preview(self) -> None:
        """Show what applying would change, and all that is to say about it."""
        state = self.model.points
        edit = state.edit
        session = edit.staged
        problems = check_session(session, state.catalogue)
        title = f"What applying changes: {edit.diff}   (checked against {state.catalogue.source})"
        body = preview(edit.applied or edit.start, session, problems, edit.is_guess)
        self.read(Text(title, body))

    def points_said(self) -> None:
        """Show all that runsc said about the last change."""
        detail = self.model.points.detail or "No change has been made yet."
        self.read(Text("What came of the last change", [safe_lines(detail)]))

    def points_install(self) -> None:
        """Show how containers get the session file."""
        if self.keeper is None or self.keeper.file is None:
            words = (
                "Start gvtui with --session-file FILE to edit a pod init file: containers that "
                "start later are then traced from their first moment on. This needs neither root "
                "nor runsc here."
            )
        else:
            runsc = next((each.runsc.path for each in self.keeper.containers), "runsc")
            words = how_to_install(self.keeper.file.path, runsc)
        self.read(Text("Containers that start later", [safe_lines(words)]))

    def points_load(self) -> None:
        """Choose a preset, or a session that was saved, to stage."""
        if not self._may_stage():
            return
        library = self.keeper.library if self.keeper else None
        answers = [
            Entry(name, f"{preset.title}: {preset.description}") for name, preset in PRESETS.items()
        ]
        saved = library.names() if library else []
        answers += [Entry(f"{_SAVED}{name}", f"saved: {word(name)}") for name in saved]
        self.choose(Choice("Stage a preset, or what you saved:\n", answers, self._load))

    def _load(self, answer: str) -> None:
        state = self.model.points
        sinks = state.edit.staged.sinks
        if answer.startswith(_SAVED):
            assert self.keeper is not None
            assert self.keeper.library is not None
            try:
                loaded = self.keeper.library.load(answer.removeprefix(_SAVED))
            except GvtuiError as error:
                self.tell(str(error), "error")
                return
            session = replace(state.edit.staged, points=loaded.points)
        else:
            session = build_preset(answer, state.catalogue, sinks=sinks)
            session = replace(state.edit.staged, points=session.points)
        state.stage(session)
        self.look_after()

    def points_save(self) -> None:
        """Ask for a name to keep what is staged under."""
        library = self.keeper.library if self.keeper else None
        if library is None:
            self.tell("There is no place to keep sessions in.", "warning")
            return
        if not self._may_stage():
            return

        def done(text: str) -> Problem | None:
            if not text.strip():
                return None
            try:
                library.save(text.strip(), self.model.points.edit.staged)
            except GvtuiError as error:
                return Problem(str(error))
            self.tell(f"Saved as {word(text.strip())}; L in Points stages it again.")
            return None

        self.prompt.ask(Question("save as", done, hint="a name of your own"))

    def points_tuning(self) -> None:
        """Switch between losing nothing and costing least."""
        if not self._may_stage():
            return
        state = self.model.points
        session = state.edit.staged
        tunings = list(TUNINGS.values())
        now = next((tuning_of(sink) for sink in session.sinks if sink.endpoint), None)
        tuning = tunings[(tunings.index(now) + 1) % len(tunings)] if now else tunings[0]
        sinks = [with_tuning(sink, tuning) if sink.endpoint else sink for sink in session.sinks]
        state.stage(session.with_sinks(*sinks))
        state.say(f"Staged: {tuning.title}. {tuning.cost}.")
        self.look_after()

    async def action_quit(self) -> None:
        """Leave; first ask about sessions that gvtui made, if there are any."""
        keeper = self.keeper
        if keeper is None or keeper.policy != "ask" or not keeper.has_made:
            self.exit()
            return
        made = [word(short_id(each.container.sandbox_id)) for each in keeper.agent.registry.all()]
        question = f"gvtui has made the sessions of {', '.join(made[:8])}. What of them?\n"
        self.choose(Choice(question, _LEAVE, self._leave))

    def _leave(self, answer: str) -> None:
        policies: dict[str, OnExit] = {"restore": "restore", "delete": "delete", "keep": "keep"}
        if answer in policies:
            self.leave_policy = policies[answer]
            self.exit()


def words_of(outcome: Outcome) -> tuple[str, str, str]:
    """An outcome in words for the screen: a sentence, its look, and all that is known."""
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
    """A sentence with its first letter large, unless it begins with a name such as `points[0]`."""
    first = sentence.partition(" ")[0]
    return sentence[:1].upper() + sentence[1:] if first.isalpha() else sentence


def summary_of(outcomes: Iterable[Outcome]) -> str:
    """The outcomes of a change to several sandboxes, in one sentence."""
    found = list(outcomes)
    done = sum(outcome.applied for outcome in found)
    failed = [outcome for outcome in found if not outcome.applied]
    words = f"Applied to {done} of {len(found)} sandboxes."
    for outcome in failed[:3]:
        words += f" {escape(short_id(outcome.container.sandbox_id))}: {escape(outcome.sentence)}."
    return words
