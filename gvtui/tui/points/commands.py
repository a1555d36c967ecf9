"""Commands that stage points from the stream: the selected row's, or its process's files."""

from __future__ import annotations

from functools import partial

from gvtui.points.catalogue import ending_points, sibling_of
from gvtui.points.more import MORE, more_of_process
from gvtui.query.filter.field import PID
from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry
from gvtui.tui.model.rowtext import word
from gvtui.tui.model.who import process_of
from gvtui.tui.points.needs import untraced_events
from gvtui.tui.points.survey import PANES, Targets
from gvtui.tui.viewer import Feature
from gvtui.words import counted

_SMALL, LARGE = PANES


class Choosing(Feature):
    """Shows the Points pane, and stages points for the selected row."""

    prefix, heading = "points", "What is traced"

    @property
    def _targets(self) -> Targets:
        return self.viewer.feature(Targets)

    @command("Choose what is traced; again: as a large tab", "o", footer="points")
    def show(self) -> None:
        """Go to the Points pane; again: to the large one, and back."""
        viewer = self.viewer
        self._reveal_untraced()
        if viewer.parts.is_narrow:
            viewer.show_pane("stream" if viewer.pane == LARGE else LARGE)
        elif viewer.pane == LARGE:
            viewer.show_pane("stream")
            viewer.focus_pane(_SMALL)
        elif viewer.focused_pane == _SMALL:
            viewer.show_pane(LARGE)
        else:
            viewer.parts.show("sidebar")
            viewer.focus_pane(_SMALL)

    def _reveal_untraced(self) -> None:
        model = self.model
        if model.condition is not None and not model.view.count and model.view.complete:
            state = self._targets.state
            events = untraced_events(model.condition.text, state)
            found = [spec for spec in state.catalogue if spec.event in events]
            if found:
                state.reveal(found[0].name)

    @command("Stop tracing this row's point", "s")
    def stop(self) -> None:
        """Stage the selected row's point to be switched off."""
        row = self.viewer.selected_message()
        if row is None or not self._targets.choose_of(row):
            return
        state = self._targets.state
        name = self.model.trace.string(row.point)
        names = [name]
        sibling = sibling_of(name)
        if self.model.whole_calls and sibling:
            names.append(sibling)
        names = [each for each in names if each in state.edit.points()]
        if not names:
            self.viewer.tell(f"{word(name)} is off already, or staged to be.", "warning")
            return
        state.switch(names, False)
        state.reveal(name)
        where = state.target.title if state.target else ""
        self.viewer.tell(f"Staged for {where}: {' and '.join(map(word, names))} off. {self._how()}")
        self._targets.show()

    @command("Stage calls and events, by their names, to be traced")
    def trace(self, *names: str) -> None:
        """Stage the points that tell how calls ended, and events, and show them."""
        if not self._targets.may_stage():
            return
        self._targets.choose_connected()
        state = self._targets.state
        on = state.edit.points()
        added: list[str] = []
        lacking: list[str] = []
        for name in names:
            own = ending_points(state.catalogue, name)
            if not own:
                lacking.append(name)
            elif not any(each in on for each in own):
                added.append(own[0])
        if not added:
            words = f"gVisor has no point for {' '.join(lacking)}" if lacking else "All are on"
            self.viewer.tell(f"{words}: nothing is staged.", "warning")
            return
        state.switch(added, True)
        state.only_on, state.pattern = False, ""
        state.reveal(added[0])
        where = state.target.title if state.target else "the session"
        self.viewer.tell(
            f"Staged for {where}: {counted(len(added), 'point')} more ({state.edit.diff}). "
            f"{self._how()}"
        )
        self._targets.show()
        self.viewer.show_pane(LARGE)

    @command("Trace this process's files, sockets, ...", "M")
    def more(self) -> None:
        """Ask which further points to trace for the selected row's process, and stage them."""
        row = self.viewer.selected_message()
        cursor = self.model.cursor
        if row is None or cursor is None or not self._targets.choose_of(row):
            return
        name = word(self.model.trace.process_name(cursor))
        pid = f" (pid {row.pid})" if row.pid else ""
        question = (
            f"Trace of the process {name or '?'}{pid}:\n\ngVisor traces whole sandboxes. So the "
            "points are staged for its sandbox, and the stream is narrowed to the process.\n"
        )
        entries = [Entry(key, words) for key, words in MORE]
        process = process_of(self.model, cursor)
        self.viewer.choose(Choice(question, entries, partial(self._stage_more, *process)))

    def _stage_more(self, expression: str, words: str, answer: str) -> None:
        state = self._targets.state
        before = len(state.edit.points())
        state.stage(more_of_process(answer, state.edit.staged, state.catalogue))
        state.grouping = "component" if answer in ("paths", "decoded", "all") else "purpose"
        if state.grouping == "purpose":
            state.cursor = answer
        state.changed()
        if expression:
            self.model.chips.put(expression, PID, label=words)
            self.viewer.refilter()
        added = len(state.edit.points()) - before
        where = state.target.title if state.target else ""
        self.viewer.tell(
            f"Staged for {where}: {added} more points ({state.edit.diff}). {self._how()}"
        )
        self._targets.show()

    def _how(self) -> str:
        keys_of = self.viewer.commands.keys_of
        return f"{keys_of('points.apply')} applies, {keys_of('points.undo')} undoes."
