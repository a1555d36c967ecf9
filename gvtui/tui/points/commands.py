"""Commands that stage points from the stream: the selected row's, or its process's files."""

from __future__ import annotations

from functools import partial

from gvtui.points.catalogue import sibling_of
from gvtui.points.more import MORE, more_of_process
from gvtui.query.filter.field import PID
from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry
from gvtui.tui.model.rowtext import word
from gvtui.tui.points.needs import untraced_events
from gvtui.tui.points.survey import PANES, Targets
from gvtui.tui.viewer import Feature

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
        process = self.model.process_of(cursor)
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
