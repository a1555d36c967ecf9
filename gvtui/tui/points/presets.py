"""Commands that stage a whole preset, saved session or tuning, and save the staged session."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from gvtui.errors import GvtuiError
from gvtui.points.edit import join
from gvtui.points.leftout import left_out
from gvtui.points.presets import PRESETS, build_preset
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS
from gvtui.points.tuning import TUNINGS, tuning_of, with_tuning
from gvtui.tui.kit.asking import Choice, Entry, Mistake, Question
from gvtui.tui.model.rowtext import word
from gvtui.tui.points.survey import Targets
from gvtui.tui.viewer import Feature
from gvtui.words import counted, sentence

if TYPE_CHECKING:
    from gvtui.points.library import Library

_SAVED = "saved:"


class Presets(Feature):
    """Stages presets and saved sessions, saves the staged session, changes the tuning."""

    @property
    def _targets(self) -> Targets:
        return self.viewer.feature(Targets)

    @property
    def _library(self) -> Library | None:
        keeper = self.viewer.keeper
        return keeper.library if keeper is not None else None

    def load(self, how: Literal["replace", "add"] = "replace") -> None:
        """List the presets and saved sessions, and stage the chosen one: in the place of the
        staged points, or with them."""
        if not self._targets.may_stage():
            return
        library = self._library
        answers = [
            Entry(name, f"{preset.title}: {preset.description}") for name, preset in PRESETS.items()
        ]
        saved = library.names() if library else []
        answers += [Entry(f"{_SAVED}{name}", f"saved: {word(name)}") for name in saved]
        question = "Stage a preset or a saved session" + (
            ":\n" if how == "replace" else ", with what is staged already:\n"
        )
        line = "points.load" if how == "replace" else "points.load add"
        self.viewer.choose(Choice(question, answers, partial(self._load, how), line=line))

    def _load(self, how: str, answer: str) -> None:
        state = self._targets.state
        staged = state.edit.staged
        notes: list[str] = []
        if answer.startswith(_SAVED):
            assert self._library is not None
            try:
                loaded = self._library.load(answer.removeprefix(_SAVED))
            except GvtuiError as error:
                self.viewer.tell(str(error), "error")
                return
        else:
            loaded = build_preset(answer, state.catalogue)
            absent = left_out([answer], state.catalogue, DEFAULT_CONTEXT_FIELDS)
            notes.append(absent.words(state.catalogue.source))
        if how == "add":
            joined, doubled = join(staged, [loaded], state.catalogue)
            state.stage(joined)
            if doubled:
                words = counted(len(doubled), "raw point is", "raw points are")
                notes.append(f"{words} left out: the decoded points of the same calls are on")
        else:
            state.stage(replace(staged, points=loaded.points))
        told = [sentence(note) for note in notes if note]
        if told:
            state.say(" ".join(told))
        self._targets.show()

    def save(self) -> None:
        """Ask for a name, and save the staged session."""
        library = self._library
        if library is None:
            self.viewer.tell("Sessions cannot be saved here.", "warning")
            return
        if not self._targets.may_stage():
            return

        def done(text: str) -> Mistake | None:
            if not text.strip():
                return None
            try:
                library.save(text.strip(), self._targets.state.edit.staged)
            except GvtuiError as error:
                return Mistake(str(error))
            key = self.viewer.commands.keys_of("points.load")
            self.viewer.tell(f"Saved as {word(text.strip())}; {key} in Points stages it again.")
            return None

        self.viewer.ask(Question("save as", done, hint="a name of your own"))

    def tuning(self) -> None:
        """Stage the next tuning: the program waits while the monitor is slow, or points are
        lost."""
        if not self._targets.may_stage():
            return
        state = self._targets.state
        session = state.edit.staged
        tunings = list(TUNINGS.values())
        now = next((tuning_of(sink) for sink in session.sinks if sink.endpoint), None)
        tuning = tunings[(tunings.index(now) + 1) % len(tunings)] if now else tunings[0]
        sinks = [with_tuning(sink, tuning) if sink.endpoint else sink for sink in session.sinks]
        state.stage(session.with_sinks(*sinks))
        state.say(f"Staged: {tuning.title}. {tuning.cost}.")
        self._targets.show()
