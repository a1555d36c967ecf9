"""Keys that choose what is traced, and the upkeep of the Points pane while the viewer runs."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.widgets import ContentSwitcher, Static

from gvtui.agent.targets import Owner, Target
from gvtui.decode.ids import short_id
from gvtui.points.catalogue import sibling_of
from gvtui.points.more import MORE, more_of_process
from gvtui.query.filter.fields import PID
from gvtui.query.numbers.points import Tally
from gvtui.tui.kit.asking import Choice, Entry
from gvtui.tui.model.rowtext import word
from gvtui.tui.points.apply import PointsApply
from gvtui.tui.points.needs import lacking_fields, untraced_events
from gvtui.tui.points.pane import LARGE, PointsPane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.agent.targets import Key
    from gvtui.trace.marks import SessionMark
    from gvtui.trace.reader import Trace
    from gvtui.trace.row import Row

_CALLS_NEED = ("thread_id", "time")
"""Context fields that pairs of enter and exit, and durations, come from."""
_LOOK_SECONDS = 0.5
_COUNT_SECONDS = 0.008
"""Time for counting in one go."""
_SURVEY_SECONDS, _IDLE_SURVEY_SECONDS = 5.0, 30.0
"""How often sandboxes are looked for: while the pane shows, and while it does not."""


class PointsActions(PointsApply):
    """The Points pane's part of the app."""

    def __init__(self, trace: Trace, **options: Any) -> None:  # noqa: ANN401
        """See `ViewerBase`."""
        super().__init__(trace, **options)
        self.needs_line = Static("", id="needs", markup=False)
        """Says what the filter needs and no session collects."""
        self._tally = Tally(trace)
        self._ended: set[int] = set()
        self._connections = 0
        self._recorded = 0
        """How many of a recording's session marks the pane has taken in."""
        self._unheard: Key | None = None

    def on_mount(self) -> None:
        """Begin to look after the pane."""
        self.every(_LOOK_SECONDS, self.look_after)
        self.look_after()

    def look_after(self) -> None:
        """Count what has come, and look for sandboxes when it is time."""
        model, state = self.model, self.model.points
        trace = model.trace
        if self._tally.trace is not trace:
            self._tally = Tally(trace)
            self._ended.clear()
            self._recorded = 0
        self._tally.advance(_COUNT_SECONDS)
        if not model.is_live:
            self._take_recorded()
        self._notice_connections()
        target = state.target
        connections = self._connections_of(target.key) if target else None
        if target is not None and target.owner in (Owner.FILE, Owner.RECORDED):
            connections = None
        state.counts = self._tally.by_point(connections)
        state.rates = self._tally.rates(model.now_ns, connections) if model.is_live else {}
        state.take_guess(state.counts)
        self._notice_silence(target, connections)
        self._say_needs()
        if self._survey_is_due():
            self.start_survey()
        for pane in self.screen_stack[0].query(PointsPane):
            if pane.display:
                pane.news()

    def _survey_is_due(self) -> bool:
        if self.keeper is None or self.surveying or self.model.points.busy:
            return False
        visible = any(pane.display for pane in self.screen_stack[0].query(PointsPane))
        pause = _SURVEY_SECONDS if visible else _IDLE_SURVEY_SECONDS
        return self.survey_wanted or time.monotonic() - self.surveyed_at >= pause

    def _take_recorded(self) -> None:
        """Show the sessions that were noted in a recording as they were last."""
        if self._recorded == len(self._tally.marks):
            return
        self._recorded = len(self._tally.marks)
        state = self.model.points
        sessions: dict[Key, Target] = {}
        for mark in self._tally.marks:
            target = recorded_target(mark)
            sessions[target.key] = target
        state.take_targets(sessions.values())

    def _notice_connections(self) -> None:
        """Look for sandboxes when one comes or goes; tell if a session of gvtui's has ended."""
        connections = self.model.trace.connections
        if len(connections) != self._connections:
            self._connections = len(connections)
            self.survey_wanted = True
        for connection in connections.values():
            if connection.connected or connection.conn in self._ended:
                continue
            self._ended.add(connection.conn)
            self.survey_wanted = True
            if self.keeper is not None and connection.peer_pid:
                lost = self.keeper.agent.connection_closed(connection.peer_pid)
                if lost is not None:
                    short = word(short_id(lost.container.sandbox_id))
                    words = (
                        f"gvtui's session for {short} has ended: another monitor has replaced it, "
                        "or the sandbox is gone."
                    )
                    self.model.points.say(words, "bad")
                    self.tell(words, "warning")

    def _notice_silence(self, target: Target | None, connections: set[int] | None) -> None:
        """See whether a session of gvtui's has a connection to this monitor."""
        state, known = self.model.points, self.model.trace.connections
        silent = (
            target is not None
            and target.owner in (Owner.OURS, Owner.EARLIER)
            and not state.busy
            and not any(known[conn].connected for conn in connections or ())
        )
        before, self._unheard = self._unheard, target.key if target and silent else None
        # A connection just made may be a moment behind runsc's word.
        silent = silent and before == self._unheard
        if silent != state.is_unheard:
            state.is_unheard = silent
            state.changed()

    def _connections_of(self, key: Key) -> set[int]:
        if self.keeper is None:
            return set(self.model.trace.connections)
        return {
            connection.conn
            for connection in self.model.trace.connections.values()
            if self.keeper.key_of(connection) == key
        }

    def _say_needs(self) -> None:
        """Say what filter and calls need and the sessions do not collect."""
        model = self.model
        by_filter = self._lacks(model.condition.needs if model.condition is not None else ())
        by_calls = self._lacks(_CALLS_NEED)
        offer = "  F stages it, a applies." if self._changeable() else ""
        model.calls_lack = tuple(by_calls) if offer else ()
        words = ""
        if by_filter:
            words = f" ! This filter needs {_listed(by_filter)}"
        elif model.whole_calls and by_calls:
            what = "Pairs and durations" if "thread_id" in by_calls else "Durations"
            words = f" ! {what} of calls need {_listed(by_calls)}"
        words += offer if words else ""
        if words != str(self.needs_line.content):
            self.needs_line.update(words)
            self.needs_line.set_class(bool(words), "open")
        shows_calls = model.whole_calls or self.screen_stack[0].query_one("#numbers").display
        self._lacking = tuple({**by_filter, **(by_calls if shows_calls else {})})

    def _changeable(self) -> list[Target]:
        """The sandboxes whose sessions can be given more fields."""
        state = self.model.points
        if state.refusal:
            return []
        return [
            target
            for target in state.targets
            if target.owner is not Owner.FILE and state.edit_of(target.key).staged.points
        ]

    def _lacks(self, needs: Iterable[str]) -> dict[str, str]:
        return lacking_fields(needs, self.model.points, self._tally, self._connections_of)

    def action_add_needed(self) -> None:
        """Stage the context fields that the filter needs, and those that shown calls need."""
        state = self.model.points
        self._say_needs()
        fields = self._lacking
        if not fields:
            self.tell("Nothing on the screen needs a field that is not collected.")
            return
        if not self._may_stage():
            return
        targets = self._changeable()
        if not targets:
            self.tell(state.problem or "No sandbox is known here whose session could be changed.")
            return
        where = [target.title for target in targets if state.add_context(fields, target.key)]
        if where:
            words = (
                f"Staged: {', '.join(fields)} on all points of {_list_of(where)}. a applies it here"
            )
            more = "; in Points, c goes to the next sandbox." if where[1:] else "."
            self.tell(words + more)
        else:
            self.tell(
                f"{', '.join(fields)}: staged already, or no point here offers it.", "warning"
            )
        self.look_after()

    def action_tab(self, pane_id: str) -> None:
        """Show another tab; the large pane takes the place of the small one."""
        super().action_tab(pane_id)
        self.screen_stack[0].query_one("#points", PointsPane).give_place(pane_id == LARGE)

    def action_points(self) -> None:
        """Go to the Points pane; once more: have it large, and small again."""
        screen = self.screen_stack[0]
        tabs = screen.query_one("#tabs", ContentSwitcher)
        small = screen.query_one("#points", PointsPane)
        self._reveal_untraced()
        if screen.has_class("-narrow"):
            self.action_tab("stream" if tabs.current == LARGE else LARGE)
        elif tabs.current == LARGE:
            self.action_tab("stream")
            # Behind the stream, which asks for the keyboard too.
            self.call_later(screen.set_focus, small)
        elif self.focused is small:
            self.action_tab(LARGE)
        else:
            screen.remove_class("no-sidebar")
            screen.set_focus(small)

    def _reveal_untraced(self) -> None:
        model = self.model
        if model.condition is not None and not model.view.count and model.view.complete:
            state = model.points
            events = untraced_events(model.condition.text, state)
            found = [spec for spec in state.catalogue if spec.event in events]
            if found:
                state.reveal(found[0].name)

    def _choose_target_of(self, row: Row) -> bool:
        """Show the target that a row came from; False if nothing can be staged there."""
        if not self._may_stage():
            return False
        connection = self.model.trace.connections.get(row.conn)
        key = self.keeper.key_of(connection) if self.keeper and connection else None
        if key is not None and self.model.points.choose(key):
            self._guess_now(key)
            return True
        self.tell(
            "Which sandbox this row came from is not known, or gvtui may not change it: "
            "choose one in the Points pane with c.",
            "warning",
        )
        return False

    def _guess_now(self, key: Key) -> None:
        state = self.model.points
        state.take_guess(self._tally.by_point(self._connections_of(key)))

    def action_stop_point(self) -> None:
        """Stage the selected row's point off."""
        row = self.selected_message()
        if row is None or not self._choose_target_of(row):
            return
        state = self.model.points
        name = self.model.trace.string(row.point)
        names = [name]
        sibling = sibling_of(name)
        if self.model.whole_calls and sibling:
            names.append(sibling)
        names = [each for each in names if each in state.edit.points()]
        if not names:
            self.tell(f"{word(name)} is off already, or staged to be.", "warning")
            return
        state.switch(names, False)
        state.reveal(name)
        where = state.target.title if state.target else ""
        self.tell(f"Staged for {where}: {' and '.join(map(word, names))} off. a applies, u undoes.")
        self.look_after()

    def action_more_of_process(self) -> None:
        """Ask what else of the selected row's process to trace, and stage it."""
        row = self.selected_message()
        cursor = self.model.cursor
        if row is None or cursor is None or not self._choose_target_of(row):
            return
        name = word(self.model.trace.process_name(cursor))
        pid = f" (pid {row.pid})" if row.pid else ""
        question = (
            f"Trace of the process {name or '?'}{pid}:\n\ngVisor traces whole sandboxes. So the "
            "points are staged for its sandbox, and the stream is narrowed to the process.\n"
        )
        entries = [Entry(key, words) for key, words in MORE]
        process = self.model.process_of(cursor)
        self.choose(Choice(question, entries, partial(self._stage_more, *process)))

    def _stage_more(self, expression: str, words: str, answer: str) -> None:
        state = self.model.points
        before = len(state.edit.points())
        state.stage(more_of_process(answer, state.edit.staged, state.catalogue))
        state.grouping = "component" if answer in ("paths", "decoded", "all") else "purpose"
        if state.grouping == "purpose":
            state.cursor = answer
        state.changed()
        if expression:
            self.model.chips.put(expression, PID, label=words)
            self.apply_chips()
        added = len(state.edit.points()) - before
        where = state.target.title if state.target else ""
        self.tell(
            f"Staged for {where}: {added} more points ({state.edit.diff}). a applies, u undoes."
        )
        self.look_after()

    def on_points_pane_refused(self) -> None:
        """Tell why nothing can be staged."""
        self._may_stage()

    def on_points_pane_asked(self, message: PointsPane.Asked) -> None:
        """Do what a key of the pane asks for."""
        getattr(self, f"points_{message.what}")()


def _list_of(names: list[str]) -> str:
    """Names as a person lists them, not too many."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def _listed(lacking: dict[str, str]) -> str:
    """Fields, and why one of them is thought to be lacking."""
    return f"{', '.join(lacking)}: {next(iter(lacking.values()))}."


def recorded_target(mark: SessionMark) -> Target:
    """What a session mark of a recording says ran."""
    from gvtui.points.document import SessionError, parse_document

    title = word(mark.container_id or "sandbox")
    try:
        session = parse_document(mark.session).session
    except SessionError:
        session = None
    place = f"recorded {mark.root}"
    return Target((place, title), short_id(title), Owner.RECORDED, applied=session)
